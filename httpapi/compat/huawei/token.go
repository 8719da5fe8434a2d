package huawei

import (
	"encoding/base64"
	"strings"
	"time"

	"annals/httpapi/auth"
)

// tokenLifetime is how long a token is valid: the vendor's "Obtaining a User Token Through Password Authentication".
const tokenLifetime = 24 * time.Hour

// scope is what a token is for: one project, or, as its zero value, the domain with all projects that its credential reaches.
type scope struct {
	one     bool
	project string
}

func (s scope) has(project string) bool { return !s.one || s.project == project }

// text is the scope in a token.
func (s scope) text() string {
	if !s.one {
		return "d"
	}
	return "p" + base64.RawURLEncoding.EncodeToString([]byte(s.project))
}

func scopeOf(text string) (s scope) {
	encoded, one := strings.CutPrefix(text, "p")
	project, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if !one || err != nil {
		return scope{}
	}
	return scope{true, string(project)}
}

// token is one that was sent: its scope, a dot, and a pass that is good for that scope only. Nothing that it says is to be believed unless it is
// Proven.
type token struct {
	auth.Pass
	keyID string
	scope scope
}

func makeToken(c *auth.Credential, s scope, expires time.Time) string {
	return s.text() + "." + c.MakePass(tokenPurpose(s.text()), expires)
}

func (h *Handler) openToken(text string) (t token, err error) {
	text, pass, _ := strings.Cut(text, ".")
	t.scope = scopeOf(text)
	t.keyID, _, _ = strings.Cut(pass, ".")
	t.Pass, err = h.auth.OpenPass(auth.Huawei, tokenPurpose(text), pass)
	return t, err
}

func tokenPurpose(scope string) string { return "token\x00" + scope }
