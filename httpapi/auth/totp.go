package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"annals/engine"
	"annals/httpapi/reply"
)

const (
	totpStep   = 30 * time.Second
	totpSkew   = 1 // steps that a clock may be wrong by
	totpDigits = 6
	totpIssuer = "Annals"
)

// totpKind is the kind of the secrets that codes are computed from, sealed under the master key. The key is the account's ID, the secret in
// base32.
const totpKind = "totp"

// totpRecord is what an account says of its second factor (RFC 6238, as all apps have it: SHA-1, 6 digits, 30 s).
type totpRecord struct {
	Confirmed time.Time `json:"confirmed,omitzero"` // zero: shown, but no code has proved yet that the app has it
	LastStep  int64     `json:"last_step,omitzero"` // of the last code that was taken: no code is taken twice
}

// on reports whether a second factor is asked for.
func (t *totpRecord) on() bool { return t != nil && !t.Confirmed.IsZero() }

// errNoFactorKey is for who signs in with a code while the master key is not there.
var errNoFactorKey = reply.NoMasterKey("the server cannot check an app's codes now, because its master key is missing or is another one: use a " +
	"recovery code, or have an administrator put the key back or take the second factor away")

// factorSecret opens the secret of an account that has a second factor, or has begun one.
func (a *Auth) factorSecret(id string) (string, error) {
	plain, err := a.secrets.unseal(totpKind, id)
	switch {
	case errors.Is(err, errNoKey):
		return "", errNoFactorKey
	case errors.Is(err, engine.ErrNotFound):
		return "", fmt.Errorf("%w: the second factor of account %s has no secret", engine.ErrDamaged, id)
	}
	return string(plain), err
}

// forgetFactor removes the secret of an account that has no second factor any more. That it is off already is what counts: a secret that is
// left is removed at the next start.
func (a *Auth) forgetFactor(acc *account) {
	a.accounts.changing.Lock() // nobody begins another one meanwhile
	defer a.accounts.changing.Unlock()
	if acc.value.Load().TOTP != nil {
		return
	}
	if err := a.secrets.forget(totpKind, acc.id); err != nil {
		a.logger.Warn("the secret of a removed second factor is still there; the next start tries again", "account", acc.id, "err", err)
	}
}

// step returns the step whose code this is, if it is one that may be taken now. All steps that might be are computed, whichever it is.
func (t *totpRecord) step(secret, code string, now time.Time) (found int64, ok bool, err error) {
	current := now.Unix() / int64(totpStep/time.Second)
	for step := current - totpSkew; step <= current+totpSkew; step++ {
		want, err := hotp.GenerateCode(secret, uint64(step))
		if err != nil {
			return 0, false, fmt.Errorf("compute second factor: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > t.LastStep {
			found, ok = step, true
		}
	}
	return found, ok, nil
}

// parseCode returns a code without the spaces that people and apps put into it, or "" when it is none.
func parseCode(text string) string {
	code := strings.ReplaceAll(text, " ", "")
	if len(code) != totpDigits || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code
}

// TOTPKey is a second factor to be, for an authenticator app. It is shown once.
type TOTPKey struct {
	Secret string `json:"secret"`
	URI    string `json:"uri"` // the same, as a QR code has it
}

// BeginTOTP makes a second factor for the caller's account, and returns it. It is not asked for until ConfirmTOTP; beginning again replaces
// it. The password keeps who has found a browser signed in from shutting its owner out.
func (a *Auth) BeginTOTP(r *http.Request, by Caller, password string) (TOTPKey, error) {
	acc := a.accounts.find(by.ID)
	if err := a.ownPassword(r, acc, actionSecondFactorOn, "password", password); err != nil {
		return TOTPKey{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: acc.value.Load().Login, Rand: rand.Reader})
	if err != nil {
		return TOTPKey{}, fmt.Errorf("make second factor: %w", err)
	}
	err = a.accounts.change(acc, func(rec *accountRecord) error {
		if rec.TOTP.on() {
			return reply.WrongState("the account has a second factor; remove that one first")
		}
		rec.TOTP = &totpRecord{}
		return a.secrets.seal(totpKind, acc.id, []byte(key.Secret()))
	})
	if err != nil {
		return TOTPKey{}, fmt.Errorf("begin second factor: %w", err)
	}
	return TOTPKey{Secret: key.Secret(), URI: key.URL()}, nil
}

// ConfirmTOTP has the second factor that was begun asked for from now on, once a code proves that the app has it, and returns the recovery
// codes, which are shown once.
func (a *Auth) ConfirmTOTP(r *http.Request, by Caller, code string) (recovery []string, err error) {
	digits := parseCode(code)
	if digits == "" {
		return nil, fieldError("code", "is not %d digits", totpDigits)
	}
	recovery, hashes := newRecoveryCodes()
	now := a.now().UTC()
	err = a.tryFactor(r, by, false, actionSecondFactorOn, engine.OpEdit, func(rec *accountRecord) error {
		if rec.TOTP == nil || rec.TOTP.on() {
			return reply.WrongState("no second factor waits to be confirmed; begin with POST /api/v1/account/totp")
		}
		step, err := a.rightStep(by.ID, rec.TOTP, digits, now)
		rec.TOTP, rec.Recovery = &totpRecord{Confirmed: now, LastStep: step}, hashes
		return err
	})
	if errors.Is(err, errSecondFactor) {
		return nil, fieldError("code", "is not the app's; is the clock of this server and of the app right?")
	}
	if err != nil {
		return nil, err
	}
	a.note(r.Context(), actionSecondFactorOn, engine.OpEdit, by.Actor())
	return recovery, nil
}

// RemoveTOTP takes the second factor away from the caller's account. It takes the password, or else a code or recovery code.
func (a *Auth) RemoveTOTP(r *http.Request, by Caller, password, code string) error {
	acc := a.accounts.find(by.ID)
	if !acc.value.Load().TOTP.on() {
		return reply.WrongState("the account has no second factor")
	}
	remove := func(rec *accountRecord) error {
		rec.TOTP, rec.Recovery = nil, nil
		return nil
	}
	var err error
	if code != "" {
		err = a.useFactor(r, by, code, actionSecondFactorOff, engine.OpEdit, remove)
	} else if err = a.ownPassword(r, acc, actionSecondFactorOff, "password", password); err == nil {
		err = a.accounts.change(acc, remove)
	}
	if errors.Is(err, errSecondFactor) {
		return fieldError("code", "is wrong, has been used or is too old")
	}
	if err != nil {
		return err
	}
	a.forgetFactor(acc)
	a.note(r.Context(), actionSecondFactorOff, engine.OpEdit, by.Actor())
	return nil
}

// useFactor takes a code of the app or a recovery code, uses it up, and changes the account by fn, in one step. It fails with errSecondFactor
// when the code is wrong.
func (a *Auth) useFactor(r *http.Request, by Caller, text, action, operation string, fn func(*accountRecord) error) error {
	code, recovery := parseCode(text), parseRecovery(text)
	if code == "" && recovery == nil {
		return fieldError("code", "is neither the app's %d digits nor a recovery code", totpDigits)
	}
	now := a.now()
	return a.tryFactor(r, by, recovery != nil, action, operation, func(rec *accountRecord) error {
		if err := a.useCode(by.ID, rec, code, recovery, now); err != nil {
			return err
		}
		return fn(rec)
	})
}

// useCode uses a code up in an account's record: the app's, or the recovery code of a hash.
func (a *Auth) useCode(id string, rec *accountRecord, code string, recovery []byte, now time.Time) error {
	if !rec.TOTP.on() {
		return errSecondFactor
	}
	if recovery != nil {
		return rec.useRecovery(recovery)
	}
	step, err := a.rightStep(id, rec.TOTP, code, now)
	used := *rec.TOTP
	used.LastStep = step
	rec.TOTP = &used
	return err
}

// rightStep returns the step whose code this is, or fails with errSecondFactor.
func (a *Auth) rightStep(id string, t *totpRecord, code string, now time.Time) (int64, error) {
	secret, err := a.factorSecret(id)
	if err != nil {
		return 0, err
	}
	step, ok, err := t.step(secret, code, now)
	if err == nil && !ok {
		err = errSecondFactor
	}
	return step, err
}

// tryFactor changes the caller's account by fn, which looks at a code and fails with errSecondFactor when it is wrong. A try counts for the
// network, and one of the app's codes for the account, until a code is right; one that was not looked at does not count.
func (a *Auth) tryFactor(r *http.Request, by Caller, recovery bool, action, operation string, fn func(*accountRecord) error) error {
	network := networkOf(r)
	err := a.guards.tryFactor(network, by.ID, recovery, a.now())
	if err == nil {
		switch err = a.accounts.change(a.accounts.find(by.ID), fn); {
		case err == nil:
			a.guards.rightFactor(network, by.ID)
			return nil
		case !errors.Is(err, errSecondFactor):
			a.guards.voidFactor(network, by.ID, recovery)
		}
	}
	a.noteTry(r, action, operation, by.Actor(), err)
	return err
}
