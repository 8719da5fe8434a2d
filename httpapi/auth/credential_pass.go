package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Pass is a text that lets whoever holds it in by a credential until it expires: an access token that was given for a secret, or the signature of
// a link. It is signed with the credential's secret, so nothing is kept of it, it outlives a restart, and it ends with the credential.
type Pass struct {
	*Credential
	Proven  bool // the pass was made for this credential and purpose. What else it says is only to be believed then
	Expired bool // Proven, but its time is over
	Expires time.Time
}

// MakePass makes a pass. Purpose is what it is good for, and in a link's case for which thing: it is no part of the text, and OpenPass must be
// given the same. Make it only for who has been checked.
func (c *Credential) MakePass(purpose string, expires time.Time) string {
	head := fmt.Sprintf("%s.%d.%s", c.use.keyID, expires.Unix(), rand.Text()[:12])
	return head + "." + base64.RawURLEncoding.EncodeToString(c.passMAC(purpose, head))
}

// OpenPass returns what a pass says. One that is made up is returned as well, as Credential returns unknown keys: Check refuses it. The error
// says that none can be checked now.
func (a *Auth) OpenPass(kind, purpose, text string) (Pass, error) {
	head, mac := text, ""
	if dot := strings.LastIndexByte(text, '.'); dot >= 0 {
		head, mac = text[:dot], text[dot+1:]
	}
	keyID, rest, _ := strings.Cut(head, ".")
	c, err := a.Credential(kind, keyID)
	if err != nil {
		return Pass{}, err
	}
	sent, err := base64.RawURLEncoding.Strict().DecodeString(mac)
	// The decoder skips line ends. A pass has one spelling, so that who remembers one knows it again.
	p := Pass{Credential: c, Proven: hmac.Equal(c.passMAC(purpose, head), sent) && err == nil && !strings.ContainsAny(mac, "\r\n")}
	if p.Proven {
		unix, _, _ := strings.Cut(rest, ".")
		seconds, err := strconv.ParseInt(unix, 10, 64)
		if err != nil {
			return Pass{}, fmt.Errorf("read a pass of our own: %w", err)
		}
		p.Expires = time.Unix(seconds, 0).UTC()
		p.Expired = !a.now().Before(p.Expires)
	}
	return p, nil
}

// passMAC signs a pass. No vendor's signature is of a text that begins so.
func (c *Credential) passMAC(purpose, head string) []byte {
	mac := hmac.New(sha256.New, c.Secret.Bytes())
	fmt.Fprintf(mac, "annals pass\x00%s\x00%s\x00%s", c.use.kind, purpose, head)
	return mac.Sum(nil)
}

type admissionKey struct{}

// WithAdmission has admit asked about every caller that a credential lets in: whether it may come in now.
func WithAdmission(ctx context.Context, admit func(Caller) error) context.Context {
	return context.WithValue(ctx, admissionKey{}, admit)
}

func admitted(ctx context.Context, c Caller) error {
	if admit, ok := ctx.Value(admissionKey{}).(func(Caller) error); ok {
		return admit(c)
	}
	return nil
}
