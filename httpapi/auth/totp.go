package auth

import (
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
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
