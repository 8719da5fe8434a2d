package auth

import (
	"errors"
	"net/http/httptest"
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
	rec := &totpRecord{Secret: secret}
	f := func(at time.Duration, code string, want bool) {
		t.Helper()
		step, ok, err := rec.step(code, start.Add(at))
		if err != nil || ok != want {
			t.Errorf("%s after %v: %v, %v", code, at, ok, err)
		}
		if ok {
			rec = &totpRecord{Secret: secret, LastStep: step}
		}
	}
	const code = "081804" // of RFC 6238, the last 6 of 8 digits
	f(0, "081805", false)
	f(0, "", false)
	f(-60*time.Second, code, false)
	f(31*time.Second, code, false)
	f(30*time.Second, code, true)
	f(30*time.Second, code, false)
	rec = &totpRecord{Secret: secret}
	f(-59*time.Second, code, true)
	later, err := totp.GenerateCode(secret, start.Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	f(30*time.Second, later, true)
	f(30*time.Second, code, false) // of the step before
	if _, _, err := (&totpRecord{Secret: "1"}).step("000000", start); err == nil {
		t.Error("a secret that is none")
	}
}

// FuzzCode: what is taken for a code or a recovery code is one, and neither is the other.
func FuzzCode(f *testing.F) {
	for _, seed := range []string{"", "123456", "123 456", "12345６", "abcd-efgh-ijkl-mnop", "ABCDEFGHIJKLMNOP", "00000000", "ABCD EFGH 2345 6717"} {
		f.Add(seed)
	}
	rec := &totpRecord{Secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}
	now := time.Unix(1_111_111_109, 0)
	f.Fuzz(func(t *testing.T, text string) {
		code := parseCode(text)
		if code != "" && (len(code) != totpDigits || parseCode(code) != code || parseRecovery(text) != nil) {
			t.Errorf("%q is taken for the code %q", text, code)
		}
		if _, ok, err := rec.step(text, now); err != nil || ok && parseCode(text) != text {
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
