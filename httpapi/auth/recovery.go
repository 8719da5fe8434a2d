package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"slices"
	"strings"
)

// Recovery codes stand in for a lost authenticator app, each once. One has 80 random bits: nobody guesses one, with or without its hash.
const (
	recoveryCodes = 10
	recoveryChars = 16 // of base32
	recoveryGroup = 4
)

// newRecoveryCodes returns a set of codes, as people read them, and their hashes.
func newRecoveryCodes() (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		code := rand.Text()[:recoveryChars]
		var groups []string
		for group := range slices.Chunk([]byte(code), recoveryGroup) {
			groups = append(groups, string(group))
		}
		codes, hashes = append(codes, strings.Join(groups, "-")), append(hashes, hashSecret(code))
	}
	return codes, hashes
}

// parseRecovery returns the hash of a recovery code, however it is spaced and whatever its case, or nil when the text is none.
func parseRecovery(text string) []byte {
	code := strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(text))
	if len(code) != recoveryChars || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return nil
	}
	return hashSecret(code)
}

// useRecovery uses a code up, if it is one of the account's.
func (r *accountRecord) useRecovery(hash []byte) error {
	left := slices.DeleteFunc(slices.Clone(r.Recovery), func(h []byte) bool { return subtle.ConstantTimeCompare(h, hash) == 1 })
	if len(left) == len(r.Recovery) {
		return errSecondFactor
	}
	r.Recovery = left
	return nil
}
