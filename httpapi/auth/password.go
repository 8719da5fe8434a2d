package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"

	"annals/httpapi/reply"
)

// Limits of a password.
const (
	MinPasswordChars = 12
	MaxPasswordBytes = 1024

	minDifferentChars = 5
)

// checkPassword refuses a new password that is guessed first. There is no list of common ones: hardly any of those is as long.
func checkPassword(field, password string, r *accountRecord) error {
	if len(password) > MaxPasswordBytes {
		return fieldError(field, "is %d bytes, the limit is %d", len(password), MaxPasswordBytes)
	}
	folded, err := precis.OpaqueString.String(password)
	if err != nil && password != "" || !utf8.ValidString(password) {
		return fieldError(field, "has a character that is none to type, such as a control character")
	}
	if n := utf8.RuneCountInString(folded); n < MinPasswordChars {
		return fieldError(field, "is %d characters long, the least is %d", n, MinPasswordChars)
	}
	different := make(map[rune]bool)
	for _, c := range folded {
		different[c] = true
	}
	if len(different) < minDifferentChars {
		return fieldError(field, "has %d different characters, the least is %d", len(different), minDifferentChars)
	}
	for _, known := range []string{r.Login, r.Email, r.Name} {
		if strings.EqualFold(folded, known) {
			return fieldError(field, "is the login, the name or the e-mail address")
		}
	}
	return nil
}

// argonCost is what one hash of a password costs, whoever computes it.
type argonCost struct {
	memoryKiB, passes uint32
	lanes             uint8
}

// cost of new hashes: 32 MiB, 2 passes, one lane, beyond OWASP's 19 MiB and 2 passes. BenchmarkPassword measures it: 51 ms of processor time on
// an Intel Xeon of two cores (2026-11-25). Hashes of another cost are still checked, and replaced at the next sign-in; until then the time
// that an answer takes tells such an account from an unknown one.
var cost = argonCost{memoryKiB: 32 << 10, passes: 2, lanes: 1}

const (
	saltBytes = 16
	hashBytes = 32

	// hashPatience is how long a sign-in waits for its turn.
	hashPatience = 5 * time.Second
)

// hashesAtOnce leaves half of the processors to the log, and bounds memory: each takes a core, and cost.memoryKiB.
func hashesAtOnce() int { return min(max(runtime.GOMAXPROCS(0)/2, 1), 4) }

// hasher computes and checks hashes of passwords, a few at a time.
type hasher struct {
	cost     argonCost
	turns    chan struct{}
	patience time.Duration
	computed atomic.Int64
	dummy    string // a hash that no password has
}

func newHasher() *hasher {
	h := &hasher{cost: cost, turns: make(chan struct{}, hashesAtOnce()), patience: hashPatience}
	h.setCost(cost)
	return h
}

func (h *hasher) setCost(c argonCost) {
	nothing := make([]byte, saltBytes+hashBytes)
	h.cost, h.dummy = c, formatHash(c, nothing[:saltBytes], nothing[saltBytes:])
}

// make returns a new hash of a password.
func (h *hasher) make(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: the program ends instead
	sum, err := h.compute(ctx, h.cost, password, salt)
	if err != nil {
		return "", err
	}
	return formatHash(h.cost, salt, sum), nil
}

// check reports whether the password has the hash, and whether that has another cost than new ones. Without a hash it computes one all the
// same, so that the time it takes does not tell whether there is one.
func (h *hasher) check(ctx context.Context, password, hash string) (ok, old bool, err error) {
	has := hash != ""
	if !has {
		hash = h.dummy
	}
	c, salt, want, err := parseHash(hash)
	if err != nil {
		return false, false, fmt.Errorf("read password hash: %w", err)
	}
	sum, err := h.compute(ctx, c, password, salt)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1 && has, c != h.cost, nil
}

func (h *hasher) compute(ctx context.Context, c argonCost, password string, salt []byte) ([]byte, error) {
	patience := time.NewTimer(h.patience)
	defer patience.Stop()
	select {
	case h.turns <- struct{}{}:
	case <-patience.C:
		return nil, reply.TooMany(h.patience, "too many people sign in at once; try again in a moment")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.turns }()
	h.computed.Add(1)
	return argon2.IDKey([]byte(foldPassword(password)), salt, c.passes, c.memoryKiB, c.lanes, hashBytes), nil
}

// foldPassword makes one of what keyboards send differently for the same characters, by PRECIS (RFC 8265). What that does not take, such as
// a control character, was never taken as a password and is hashed as it is.
func foldPassword(password string) string {
	if folded, err := precis.OpaqueString.String(password); err == nil {
		return folded
	}
	return password
}

// A hash is written as a PHC string: $argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>, the latter two in base64 without padding.
const hashFormat = "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s"

func formatHash(c argonCost, salt, sum []byte) string {
	return fmt.Sprintf(hashFormat, c.memoryKiB, c.passes, c.lanes, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// Limits of a stored hash's cost, so that no record makes a sign-in take all memory or time.
const (
	maxHashMemoryKiB = 256 << 10
	maxHashPasses    = 16
	maxHashLanes     = 16
)

// parseHash reads what formatHash writes, and nothing else.
func parseHash(text string) (c argonCost, salt, sum []byte, err error) {
	var saltText, sumText string
	if rest, ok := strings.CutPrefix(text, "$argon2id$v=19$"); ok {
		parts := strings.Split(rest, "$")
		if len(parts) == 3 {
			_, _ = fmt.Sscanf(parts[0], "m=%d,t=%d,p=%d", &c.memoryKiB, &c.passes, &c.lanes)
			saltText, sumText = parts[1], parts[2]
		}
	}
	salt, saltErr := base64.RawStdEncoding.Strict().DecodeString(saltText)
	sum, sumErr := base64.RawStdEncoding.Strict().DecodeString(sumText)
	switch {
	case saltErr != nil || sumErr != nil || len(salt) != saltBytes || len(sum) != hashBytes || formatHash(c, salt, sum) != text:
		return c, nil, nil, errors.New("it is not written as one")
	case c.memoryKiB < 8 || c.memoryKiB > maxHashMemoryKiB || c.passes < 1 || c.passes > maxHashPasses || c.lanes < 1 || c.lanes > maxHashLanes:
		return c, nil, nil, fmt.Errorf("it would cost %d KiB, %d passes, %d lanes", c.memoryKiB, c.passes, c.lanes)
	}
	return c, salt, sum, nil
}
