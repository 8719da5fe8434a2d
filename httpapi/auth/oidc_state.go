package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

const (
	signInTime      = 10 * time.Minute // from leaving for the provider to coming back
	maxReturnBytes  = 1024             // of the path to go on to. The cookie has to stay below a browser's 4096 bytes
	maxUsedSignIns  = 16 << 10
	signInCookie    = "annals-oidc"
	hostOnlyCookies = "__Host-" // a browser takes such a cookie over TLS and from the host itself only, not from a neighbour below the same domain
)

// trip is a sign-in on its way to the provider and back, as the browser keeps it.
type trip struct {
	State    string    `json:"state"`    // comes back from the provider, so that the answer is to this browser's question
	Nonce    string    `json:"nonce"`    // comes back in the ID token, so that the token is for this sign-in
	Verifier string    `json:"verifier"` // PKCE's: only who has it can use the code
	Return   string    `json:"return"`   // a path of ours
	Started  time.Time `json:"started"`
}

// sealer keeps sign-ins that are under way in the browsers' cookies, encrypted and authenticated. A map in the server would have to be
// bounded, and then anyone could push out other people's sign-ins by starting many; so nothing is kept of one that is only started. The key
// lives as long as the process: after a restart a sign-in that was under way starts again.
type sealer struct {
	aead cipher.AEAD
}

func newSealer() (sealer, error) {
	key := make([]byte, 32)
	rand.Read(key) // never fails: the program ends instead
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

func (s sealer) seal(t trip) (string, error) {
	plain, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, nil)), nil
}

func (s sealer) open(text string) (t trip, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return t, false
	}
	plain, err := s.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return t, false
	}
	return t, json.Unmarshal(plain, &t) == nil
}

// usedOnce remembers which sign-ins have come back, so that each comes back once. When there are too many the oldest is forgotten: a
// flood keeps nobody out, and what is left against a second use then is that the provider takes a code once and a cookie lasts minutes.
type usedOnce struct {
	mu   sync.Mutex // guards what follows
	seen map[string]bool
	ring []string // in the order in which they came
	next int
}

// take reports whether the state is used for the first time.
func (u *usedOnce) take(state string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.seen[state] {
		return false
	}
	if u.seen == nil {
		u.seen = make(map[string]bool)
	}
	if len(u.ring) < maxUsedSignIns {
		u.ring = append(u.ring, state)
	} else {
		delete(u.seen, u.ring[u.next])
		u.ring[u.next] = state
		u.next = (u.next + 1) % maxUsedSignIns
	}
	u.seen[state] = true
	return true
}

// cookie is where the browser keeps a sign-in. It comes back with a link from the provider's site (Lax) and is out of scripts' reach. An
// empty value removes it.
func (o *OIDC) cookie(value string) *http.Cookie {
	c := &http.Cookie{Name: o.cookieName, Value: value, Path: "/", MaxAge: int(signInTime.Seconds()), Secure: o.secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// localPath returns a path and query of this server, as a browser is sent there; what could lead anywhere else becomes "/". Browsers take a
// backslash for a slash and leave out tabs and line breaks, so these are not in it.
func localPath(s string) string {
	path, _, _ := strings.Cut(s, "?")
	if len(s) > maxReturnBytes || !strings.HasPrefix(s, "/") || strings.Contains(path, "//") || strings.Contains(s, `\`) ||
		!utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "/"
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || len(u.String()) > maxReturnBytes {
		return "/"
	}
	return u.String()
}
