package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
)

const (
	testClient = "annals"
	testSecret = "client-secret-0123456789"
)

// issuer is an OpenID Connect provider: discovery, keys, the code flow with PKCE, and userinfo. It signs in whom user says, without asking, and
// does what the standards want of a provider, besides what a test has it do wrong.
type issuer struct {
	*httptest.Server
	redirect string           // what is registered for the client
	now      func() time.Time // when tokens are issued

	mu      sync.Mutex              // guards what follows
	user    map[string]any          // claims in the ID token
	info    map[string]any          // what userinfo answers; nil: it has none
	doc     map[string]any          // changes to the discovery document
	change  func(c map[string]any)  // the last hand on an ID token's claims
	sign    func(c []byte) string   // instead of the newest key
	instead map[string]http.Handler // by path, instead of what it would do
	keys    []jose.JSONWebKey       // the newest last
	codes   map[string]*issuedCode  // never removed, so that a second use is seen
	access  map[string]string       // subjects by access token
	asked   map[string]int          // requests by path
	secrets []string                // all that must not show up anywhere
}

type issuedCode struct {
	challenge, nonce, redirect string
	used                       bool
}

func newIssuer(t testing.TB) *issuer {
	p := &issuer{now: time.Now, user: map[string]any{"sub": "u-1"}, codes: map[string]*issuedCode{}, access: map[string]string{}, asked: map[string]int{}}
	p.rotate(t, jose.RS256)
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// rotate makes a new key, and forgets the old ones.
func (p *issuer) rotate(t testing.TB, alg jose.SignatureAlgorithm) {
	t.Helper()
	var key crypto.PrivateKey
	var err error
	if alg == jose.RS256 {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = []jose.JSONWebKey{{Key: key, KeyID: rand.Text(), Algorithm: string(alg), Use: "sig"}}
}

// set changes the issuer between requests.
func (p *issuer) set(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fn()
}

func (p *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked[r.URL.Path]++
	instead := p.instead[r.URL.Path]
	p.mu.Unlock()
	if instead != nil {
		instead.ServeHTTP(w, r)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answerJSON(w, 200, p.document())
	case "/keys":
		set := jose.JSONWebKeySet{}
		for _, k := range p.keys {
			set.Keys = append(set.Keys, k.Public())
		}
		answerJSON(w, 200, set)
	case "/authorize":
		p.authorize(w, r)
	case "/token":
		p.token(w, r)
	case "/userinfo":
		if _, ok := p.access[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; !ok {
			http.Error(w, "no such access token", http.StatusUnauthorized)
			return
		}
		answerJSON(w, 200, p.info)
	default:
		http.NotFound(w, r)
	}
}

func (p *issuer) document() map[string]any {
	doc := map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256", "none"}}
	if p.info != nil {
		doc["userinfo_endpoint"] = p.URL + "/userinfo"
	}
	maps.Copy(doc, p.doc)
	return doc
}

func (p *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != testClient || q.Get("redirect_uri") != p.redirect || q.Get("response_type") != "code" || q.Get("state") == "" ||
		!strings.Contains(" "+q.Get("scope")+" ", " openid ") || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 {
		http.Error(w, "not a request that this provider takes: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.codes[code] = &issuedCode{challenge: q.Get("code_challenge"), nonce: q.Get("nonce"), redirect: q.Get("redirect_uri")}
	p.secrets = append(p.secrets, code, q.Get("state"), q.Get("nonce"))
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}, "session_state": {"x"}, "some_vendors_own": {"1", "2"}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *issuer) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if p.doc["token_endpoint_auth_methods_supported"] != nil { // then it is said to be the form, and nothing else is taken
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	c := p.codes[r.PostFormValue("code")]
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case r.Method != "POST" || id != testClient || secret != testSecret:
		answerJSON(w, 401, map[string]string{"error": "invalid_client", "error_description": "you sent " + secret})
	case r.PostFormValue("grant_type") != "authorization_code" || c == nil || c.used || c.redirect != r.PostFormValue("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge:
		answerJSON(w, 400, map[string]string{"error": "invalid_grant"})
	default:
		c.used = true
		access := rand.Text()
		p.access[access] = p.user["sub"].(string)
		raw := p.idToken(c.nonce, access)
		p.secrets = append(p.secrets, access, raw, r.PostFormValue("code_verifier"))
		answerJSON(w, 200, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": raw})
	}
}

func (p *issuer) idToken(nonce, access string) string {
	now, sum := p.now(), sha256.Sum256([]byte(access))
	c := map[string]any{"iss": p.URL, "aud": testClient, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": nonce,
		"at_hash": base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])}
	maps.Copy(c, p.user)
	if p.change != nil {
		p.change(c)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	if p.sign != nil {
		return p.sign(payload)
	}
	key := p.keys[len(p.keys)-1]
	return signWith(jose.SignatureAlgorithm(key.Algorithm), key, payload)
}

func signWith(alg jose.SignatureAlgorithm, key any, payload []byte) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, nil)
	if err != nil {
		panic(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return text
}

// unsigned writes a token of the algorithm none, which the library that signs does not know.
func unsigned(payload []byte) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("%v: %v", v, err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}
