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

// totpRecord is a second factor: what an authenticator app and we both know (RFC 6238, as all apps have it: SHA-1, 6 digits, 30 s).
type totpRecord struct {
	Secret    string    `json:"secret"`             // base32. It has to be kept as it is, unlike a password: a code is computed from it
	Confirmed time.Time `json:"confirmed,omitzero"` // zero: shown, but no code has proved yet that the app has it
	LastStep  int64     `json:"last_step,omitzero"` // of the last code that was taken: no code is taken twice
}

// on reports whether a second factor is asked for.
func (t *totpRecord) on() bool { return t != nil && !t.Confirmed.IsZero() }

// step returns the step whose code this is, if it is one that may be taken now. All steps that might be are computed, whichever it is.
func (t *totpRecord) step(code string, now time.Time) (found int64, ok bool, err error) {
	current := now.Unix() / int64(totpStep/time.Second)
	for step := current - totpSkew; step <= current+totpSkew; step++ {
		want, err := hotp.GenerateCode(t.Secret, uint64(step))
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
		rec.TOTP = &totpRecord{Secret: key.Secret()}
		return nil
	})
	return TOTPKey{Secret: key.Secret(), URI: key.URL()}, err
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
	err = a.accounts.change(a.accounts.find(by.ID), func(rec *accountRecord) error {
		if rec.TOTP == nil || rec.TOTP.on() {
			return reply.WrongState("no second factor waits to be confirmed; begin with POST /api/v1/account/totp")
		}
		step, ok, err := rec.TOTP.step(digits, now)
		if err != nil {
			return err
		}
		if !ok {
			return fieldError("code", "is not the app's; is the clock of this server and of the app right?")
		}
		rec.TOTP, rec.Recovery = &totpRecord{Secret: rec.TOTP.Secret, Confirmed: now, LastStep: step}, hashes
		return nil
	})
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
	a.note(r.Context(), actionSecondFactorOff, engine.OpEdit, by.Actor())
	return nil
}

// useFactor takes a code of the app or a recovery code, uses it up, and changes the account by fn, in one step. It fails with errSecondFactor
// when the code is wrong. A try counts for the network, and one of the app's codes for the account, until a code is right.
func (a *Auth) useFactor(r *http.Request, by Caller, text, action, operation string, fn func(*accountRecord) error) error {
	code, recovery := parseCode(text), parseRecovery(text)
	if code == "" && recovery == nil {
		return fieldError("code", "is neither the app's %d digits nor a recovery code", totpDigits)
	}
	now := a.now()
	err := a.guards.tryFactor(networkOf(r), by.ID, recovery != nil, now)
	if err == nil {
		err = a.accounts.change(a.accounts.find(by.ID), func(rec *accountRecord) error {
			if err := rec.useFactor(code, recovery, now); err != nil {
				return err
			}
			return fn(rec)
		})
	}
	if err != nil {
		a.noteTry(r, action, operation, by.Actor(), err)
		return err
	}
	a.guards.rightFactor(networkOf(r), by.ID)
	return nil
}

// useFactor uses a code up: the app's, or the recovery code of a hash.
func (r *accountRecord) useFactor(code string, recovery []byte, now time.Time) error {
	if !r.TOTP.on() {
		return errSecondFactor
	}
	if recovery != nil {
		return r.useRecovery(recovery)
	}
	step, ok, err := r.TOTP.step(code, now)
	if err != nil {
		return err
	}
	if !ok {
		return errSecondFactor
	}
	used := *r.TOTP
	used.LastStep = step
	r.TOTP = &used
	return nil
}
