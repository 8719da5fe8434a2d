package auth

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// enrol gives an account a second factor, and returns its secret and the recovery codes.
func (d *doors) enrol(t testing.TB, login string) (secret string, recovery []string) {
	t.Helper()
	b := d.browser()
	b.signIn(login, goodPassword)
	caller, _ := b.admit(Self)
	key, err := d.BeginTOTP(b.request(), caller, goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(key.URI, "otpauth://totp/Annals:"+login+"?") || !strings.Contains(key.URI, "secret="+key.Secret) {
		t.Errorf("URI %s", key.URI)
	}
	recovery, err = d.ConfirmTOTP(b.request(), caller, d.code(t, key.Secret))
	if err != nil {
		t.Fatal(err)
	}
	return key.Secret, recovery
}

func (d *doors) code(t testing.TB, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, d.clock)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// A code is taken for as long as RFC 6238 advises, and once: neither it nor an earlier one is taken again.
func TestTOTPStep(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // RFC 6238's
	start := time.Unix(1_111_111_109, 0)              // a second before its step ends
	rec := &totpRecord{}
	f := func(at time.Duration, code string, want bool) {
		t.Helper()
		step, ok, err := rec.step(secret, code, start.Add(at))
		if err != nil || ok != want {
			t.Errorf("%s after %v: %v, %v", code, at, ok, err)
		}
		if ok {
			rec = &totpRecord{LastStep: step}
		}
	}
	const code = "081804" // of RFC 6238, the last 6 of 8 digits
	f(0, "081805", false)
	f(0, "", false)
	f(-60*time.Second, code, false)
	f(31*time.Second, code, false)
	f(30*time.Second, code, true)
	f(30*time.Second, code, false)
	rec = &totpRecord{}
	f(-59*time.Second, code, true)
	later, err := totp.GenerateCode(secret, start.Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	f(30*time.Second, later, true)
	f(30*time.Second, code, false) // of the step before
	if _, _, err := rec.step("1", "000000", start); err == nil {
		t.Error("a secret that is none")
	}
}

// FuzzCode: what is taken for a code or a recovery code is one, and neither is the other.
func FuzzCode(f *testing.F) {
	for _, seed := range []string{"", "123456", "123 456", "12345６", "abcd-efgh-ijkl-mnop", "ABCDEFGHIJKLMNOP", "00000000", "ABCD EFGH 2345 6717"} {
		f.Add(seed)
	}
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	now := time.Unix(1_111_111_109, 0)
	f.Fuzz(func(t *testing.T, text string) {
		code := parseCode(text)
		if code != "" && (len(code) != totpDigits || parseCode(code) != code || parseRecovery(text) != nil) {
			t.Errorf("%q is taken for the code %q", text, code)
		}
		if _, ok, err := new(totpRecord).step(secret, text, now); err != nil || ok && parseCode(text) != text {
			t.Errorf("%q opens: %v, %v", text, ok, err)
		}
		account := &accountRecord{TOTP: &totpRecord{Confirmed: now}, Recovery: [][]byte{hashSecret("ABCDEFGHIJKLMNOP")}}
		if hash := parseRecovery(text); hash != nil && account.useRecovery(hash) == nil &&
			strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(text)) != "ABCDEFGHIJKLMNOP" {
			t.Errorf("%q is a recovery code", text)
		}
	})
}

// Of many who send one code at once, one gets in: the app's, and a recovery code.
func TestCodesAtOnce(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	secret, recovery := d.enrol(t, "amy")
	d.clock = d.clock.Add(totpStep)
	d.guards.factors.rule.free, d.guards.networks.rule.free = 1000, 1000
	for _, code := range []string{d.code(t, secret), recovery[0]} {
		var in atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			b := d.browser()
			b.signIn("amy", goodPassword)
			caller := b.is(t, Pending, 200)
			all.Go(func() {
				if _, err := d.SecondFactor(httptest.NewRecorder(), b.request(), caller, code); err == nil {
					in.Add(1)
				} else if !errors.Is(err, errSecondFactor) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("%d got in with one code", in.Load())
		}
	}
}

func TestRecoveryCodesAreUsedUp(t *testing.T) {
	codes, hashes := newRecoveryCodes()
	rec := &accountRecord{TOTP: &totpRecord{Confirmed: time.Unix(1, 0)}, Recovery: hashes}
	for i, code := range codes {
		if err := rec.useRecovery(parseRecovery(code)); err != nil || len(rec.Recovery) != len(codes)-1-i {
			t.Errorf("%s: %v, %d are left", code, err, len(rec.Recovery))
		}
		if err := rec.useRecovery(parseRecovery(code)); !errors.Is(err, errSecondFactor) {
			t.Errorf("%s again: %v", code, err)
		}
	}
	if len(hashes) != recoveryCodes {
		t.Error("the record that it was is changed")
	}
}

// The secret that codes are computed from is kept sealed and nowhere else, and is gone with the second factor, on whichever way that goes.
func TestFactorSecretIsSealed(t *testing.T) {
	d := openDoors(t)
	amy := d.person(t, "amy")
	ways := map[string]func(b *browser, caller Caller, secret string) error{
		"password": func(b *browser, caller Caller, _ string) error {
			return d.RemoveTOTP(b.request(), caller, goodPassword, "")
		},
		"code": func(b *browser, caller Caller, secret string) error {
			return d.RemoveTOTP(b.request(), caller, "", d.code(t, secret))
		},
		"reset": func(*browser, Caller, string) error {
			_, link, err := d.ResetAccount(root, amy.ID, true)
			d.use(t, link)
			return err
		},
	}
	for way, remove := range ways {
		d.clock = d.clock.Add(time.Hour)
		secret, recovery := d.enrol(t, "amy")
		for _, kind := range []string{accountKind, sessionKind, secretKind} {
			if err := d.log.Records().Each(kind, func(id string, value []byte) bool {
				for _, hidden := range []string{secret, recovery[0], strings.ReplaceAll(recovery[0], "-", "")} {
					if strings.Contains(string(value), hidden) {
						t.Errorf("%s: the record %s %s has it: %s", way, kind, id, value)
					}
				}
				return true
			}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.RotateMasterKey(); err != nil {
			t.Fatal(err)
		}
		d.reopen(t)
		d.clock = d.clock.Add(totpStep)
		b := d.browser()
		b.signIn("amy", goodPassword)
		w := httptest.NewRecorder()
		if _, err := d.SecondFactor(w, b.request(), b.is(t, Pending, 200), d.code(t, secret)); err != nil {
			t.Fatal(err)
		}
		b.keep(w)
		d.clock = d.clock.Add(totpStep)
		if err := remove(b, b.is(t, Self, 200), secret); err != nil {
			t.Errorf("%s: %v", way, err)
		}
		if ids := d.secrets.ids(totpKind); len(ids) != 0 {
			t.Errorf("%s: secrets of %v are left", way, ids)
		}
	}
}

// Without the master key nobody signs in with a code, and is told so; that is no failed try. A recovery code works, and a reset.
func TestSecondFactorWithoutMasterKey(t *testing.T) {
	d := openDoors(t)
	amy := d.person(t, "amy")
	secret, recovery := d.enrol(t, "amy")
	d.clock = d.clock.Add(totpStep)
	path := filepath.Join(d.dir, MasterKeyFile)
	if err := os.Rename(path, path+".kept"); err != nil {
		t.Fatal(err)
	}
	d.reopen(t)
	d.told()
	enter := func(code string) (b *browser, err error) {
		b = d.browser()
		b.signIn("amy", goodPassword)
		w := httptest.NewRecorder()
		_, err = d.SecondFactor(w, b.request(), b.is(t, Pending, 200), code)
		b.keep(w)
		return b, err
	}
	for range 2 * factorRule.free {
		if _, err := enter(d.code(t, secret)); statusOf(err) != 503 || !strings.Contains(err.Error(), "recovery code") {
			t.Fatal(err)
		}
	}
	b, err := enter(recovery[0])
	if err != nil {
		t.Fatal(err)
	}
	caller := b.is(t, Self, 200)
	if told := d.told(); len(told) != 1 {
		t.Errorf("told %q", told)
	}
	if err := d.RemoveTOTP(b.request(), caller, "", d.code(t, secret)); statusOf(err) != 503 {
		t.Error(err)
	}
	if _, _, err := d.ResetAccount(root, amy.ID, true); err != nil || d.secrets.trouble() != nil {
		t.Errorf("%v, %v", err, d.secrets.trouble())
	}
}

// Who has found a browser signed in guesses no faster at a second factor that was begun and not confirmed.
func TestConfirmIsGuarded(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	b := d.browser()
	b.signIn("amy", goodPassword)
	caller := b.is(t, Self, 200)
	if _, err := d.BeginTOTP(b.request(), caller, goodPassword); err != nil {
		t.Fatal(err)
	}
	for range factorRule.free {
		_, err := d.ConfirmTOTP(b.request(), caller, "000000")
		wantField(t, err, "code")
	}
	if _, err := d.ConfirmTOTP(b.request(), caller, "000000"); statusOf(err) != 429 {
		t.Error(err)
	}
}

// A server that dies between the end of a second factor and that of its secret leaves one that belongs to nothing: the next start removes it.
func TestOrphanedFactorSecretsGo(t *testing.T) {
	d := openDoors(t)
	on, off := d.person(t, "on"), d.person(t, "off")
	d.enrol(t, "on")
	if err := d.secrets.seal(totpKind, off.ID, []byte("x")); err != nil {
		t.Fatal(err)
	}
	d.reopen(t)
	if ids := d.secrets.ids(totpKind); len(ids) != 1 || ids[0] != on.ID {
		t.Errorf("secrets of %v are left", ids)
	}
}
