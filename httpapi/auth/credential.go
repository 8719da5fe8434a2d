package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/google/uuid"

	"annals/engine"
	"annals/httpapi/reply"
)

// The kinds of credentials: whose clients they are for. Each is a key ID, which is public and finds the record, and a secret, which both sides
// know: a client proves that it does by a signature, or by sending it.
const (
	Huawei    = "huawei"    // AK and SK, which signs
	Layer7    = "layer7"    // OAuth client ID and secret, which is sent
	EnOS      = "enos"      // appKey and appSecret, which signs
	Flashduty = "flashduty" // app_key, which is sent: the key ID and the secret in one, see SplitAppKey
)

// CredentialKinds are the kinds there are.
var CredentialKinds = []string{Huawei, Layer7, EnOS, Flashduty}

// newKeyID draws a key ID that looks like the vendor's.
func newKeyID(kind string) string {
	random := make([]byte, 16)
	rand.Read(random) // never fails: the program ends instead
	switch kind {
	case Huawei:
		return rand.Text()[:20]
	case EnOS:
		return uuid.NewString()
	case Layer7:
		return "l7xx" + hex.EncodeToString(random)
	}
	return hex.EncodeToString(random[:appKeyIDDigits/2])
}

// newSecret draws a secret: 200 bits, in capitals and digits, which every vendor's clients take. All are of one length, so that the time that a
// comparison takes says nothing.
func newSecret() Secret { return NewSecret(rand.Text()[:20] + rand.Text()[:20]) }

const appKeyIDDigits = 16

// SplitAppKey splits a Flashduty app_key, which is key ID and secret in one text.
func SplitAppKey(appKey string) (keyID, secret string) {
	n := min(len(appKey), appKeyIDDigits)
	return appKey[:n], appKey[n:]
}

// Secret is a secret in clear. However it is printed or logged, only Bytes shows it.
type Secret struct{ bytes []byte }

// NewSecret returns text that is a secret.
func NewSecret(text string) Secret { return Secret{[]byte(text)} }

// Bytes returns the secret, to compute a signature with. They are the Secret's own.
func (s Secret) Bytes() []byte { return s.bytes }

// Empty reports whether there is none.
func (s Secret) Empty() bool { return len(s.bytes) == 0 }

// Equal reports in constant time whether text is the secret.
func (s Secret) Equal(text string) bool {
	return !s.Empty() && subtle.ConstantTimeCompare(s.bytes, []byte(text)) == 1
}

const hidden = "[secret]"

// String implements fmt.Stringer.
func (Secret) String() string { return hidden }

// Format implements fmt.Formatter, for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Credential is one that a request names, on the way to being checked.
type Credential struct {
	Secret Secret

	auth  *Auth
	entry *entry // stranger, when the request gets in by none
	use   keyUse // without the network
}

// keyUse is a key ID as it was sent, and from where. That is what is locked after failures, so that nobody locks out another who uses the key elsewhere.
type keyUse struct {
	kind, keyID string
	network     netip.Addr
}

// maxKeyIDBytes is more than any key ID has.
const maxKeyIDBytes = 64

// stranger stands in for a credential that is unknown, revoked or expired, or is of another kind.
var stranger = newEntry("", new(record))

// Credential returns the credential with the key ID. One that is unknown, revoked or expired is returned as well, with a secret that nobody knows:
// whoever asks computes its signature with it, finds that it does not fit, and is refused by Check in the same words and the same time. An
// error says that no credential can be checked now, whichever it is.
func (a *Auth) Credential(kind, keyID string) (*Credential, error) {
	if a.broken != nil {
		return nil, a.broken
	}
	if err := a.secrets.trouble(); err != nil {
		return nil, err
	}
	e := a.credentials.find(keyID)
	if e == nil {
		e = stranger
	}
	if r := e.value.Load(); r.Kind != kind || !r.valid(a.now()) {
		e = stranger
	}
	plain, err := a.secrets.unsealOrDecoy(credentialKind, e.id)
	if err != nil {
		return nil, err
	}
	return &Credential{Secret: Secret{plain}, auth: a, entry: e, use: keyUse{kind: kind, keyID: strings.Clone(keyID[:min(len(keyID), maxKeyIDBytes)])}}, nil
}

// Check lets the request behind ctx in by the credential, with the right that it needs, when proven: its sender has shown that it knows the
// secret. It refuses with a *reply.Problem: 401 whatever is wrong with the credential or the proof, 403 when the right is not held, 429 after
// too many failures with the key ID from that network, known or not, proven or not.
func (c *Credential) Check(ctx context.Context, proven bool, need Right) (Caller, error) {
	a, use, now := c.auth, c.use, c.auth.now()
	use.network = reply.Network(reply.Client(ctx))
	if wait := a.guards.uses.paused(use, now); wait > 0 {
		return Caller{}, lockedOut{reply.TooMany(wait, fmt.Sprintf("the key has failed %d times in a row from this address", keyRule.free))}
	}
	if !proven || c.entry == stranger {
		before, _ := a.guards.uses.take(use, now)
		if before == 0 && a.guards.uses.paused(use, now) > 0 && c.entry != stranger { // this one locks it
			a.record(ctx, c.lockEvent())
		}
		return Caller{}, reply.Unauthorized("the key is not known, has expired or was revoked, or the request is not signed with its secret")
	}
	a.guards.uses.forget(use)
	c.entry.used.Store(now.UnixNano())
	caller, err := c.entry.value.Load().admit(c.entry.id, need)
	noteCaller(ctx, caller)
	if err == nil {
		err = admitted(ctx, caller)
	}
	if err != nil {
		return Caller{}, err
	}
	return caller, nil
}

// lockedOut is a problem because of failures before.
type lockedOut struct{ *reply.Problem }

// Unwrap has the problem found.
func (l lockedOut) Unwrap() error { return l.Problem }

// IsLocked reports whether Check has refused because of failures before. Its 429 is about how often the credential is used otherwise.
func IsLocked(err error) bool {
	_, locked := errors.AsType[lockedOut](err)
	return locked
}

// lockEvent tells the server's own log that a credential is locked. A lock of what is no credential is not worth an event.
func (c *Credential) lockEvent() *engine.Event {
	name := c.entry.value.Load().Name
	return &engine.Event{Action: "credential.lock", Operation: engine.OpLogin, Result: engine.Failure,
		Error:     &engine.EventError{Code: "401", Message: fmt.Sprintf("%d failures in a row", keyRule.free)},
		Actor:     engine.Actor{ID: c.entry.id, Name: name, Type: credentialKind},
		Resources: []engine.Resource{{Type: credentialKind, ID: c.entry.id, Name: name}}}
}
