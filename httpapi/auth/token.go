package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// A token is text: annals_<key ID>_<secret>, both in lower-case hex. The prefix lets secret scanners know one when they see it. The key ID
// (64 random bits) finds the record and is no secret. The secret has 256 bits from the system's generator: nobody guesses it, with or
// without its hash, so a fast hash is enough; a slow one, made for passwords, would only slow every request.
const (
	tokenPrefix = "annals_"
	idBytes     = 8
	secretBytes = 32

	idDigits     = 2 * idBytes
	secretDigits = 2 * secretBytes
)

// oldDigits is the length of what followed the prefix before tokens were records: 32 random bytes. The first 8 of them are such a token's
// key ID and the other 24, still 192 bits, its secret.
const oldDigits = 64

// newToken draws a token.
func newToken() (id, secret string) {
	random := make([]byte, idBytes+secretBytes)
	rand.Read(random) // never fails: the program ends instead
	return hex.EncodeToString(random[:idBytes]), hex.EncodeToString(random[idBytes:])
}

func formatToken(id, secret string) string { return tokenPrefix + id + "_" + secret }

// parseToken splits a token. What is none gives an empty ID, which no record has.
func parseToken(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	switch {
	case !ok:
		return "", "", false
	case len(rest) == idDigits+1+secretDigits && rest[idDigits] == '_':
		id, secret = rest[:idDigits], rest[idDigits+1:]
	case len(rest) == oldDigits:
		id, secret = rest[:idDigits], rest[idDigits:]
	}
	if id == "" || !isHex(id) || !isHex(secret) {
		return "", "", false
	}
	return id, secret, true
}

// isHex accepts one spelling only, so that a token is the same text everywhere.
func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
