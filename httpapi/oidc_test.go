package httpapi

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"annals/httpapi/auth"
)

// The paths are not there when nobody can sign in that way, whatever is sent to them.
func TestNoOIDC(t *testing.T) {
	s := newServer(t, Options{})
	get := func(path string) (int, string) {
		r := s.request(t, "GET", path, "")
		r.Header.Set("X-Request-ID", "same")
		resp, body := s.do(t, r)
		return resp.StatusCode, body
	}
	_, absent := get("/auth/oidc")
	for _, path := range []string{auth.OIDCStartPath, auth.OIDCStartPath + "?return=/x", auth.OIDCCallbackPath, auth.OIDCCallbackPath + "?state=x&code=y&z=%"} {
		if status, body := get(path); status != 404 || body != absent {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// TestOIDCRoutes signs somebody in through the real routes and holds every answer against the contract. What all can go wrong is tested in auth.
func TestOIDCRoutes(t *testing.T) {
	p := newTestProvider(t)
	var log bytes.Buffer
	s := newServer(t, Options{})
	s.api.logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mapping, err := auth.ParseMapping("* = reader@shop")
	if err != nil {
		t.Fatal(err)
	}
	o := auth.OIDCOptions{Issuer: p.URL, ClientID: "annals", ClientSecret: "x", PublicURL: s.URL, Mapping: mapping}
	begin := func() {
		if s.api.oidc, err = auth.NewOIDC(s.api.access, o); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	client := s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if client.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	f := func(path string, want int, parts ...string) (location *url.URL) {
		t.Helper()
		r := s.request(t, "GET", path, "")
		r.Header.Del("Authorization")
		resp, body := s.do(t, r)
		if resp.StatusCode != want || resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %d %v %s", path, resp.StatusCode, resp.Header, body)
		}
		for _, part := range parts {
			if !strings.Contains(body, part) {
				t.Errorf("%s: no %s in %s", path, part, body)
			}
		}
		location, _ = resp.Location()
		return location
	}
	p.down.Store(true)
	f(auth.OIDCStartPath, 503, "sign-in-unavailable", "cannot be reached")
	p.down.Store(false)
	begin() // what was tried in vain is not tried again at once
	f(auth.OIDCStartPath+"?retrun=/x", 400, `"field":"retrun"`)
	f(auth.OIDCStartPath+"?return=/x&return=/y", 400, `"field":"return"`)
	f(auth.OIDCCallbackPath, 400, `"field":"state"`)
	f(auth.OIDCCallbackPath+"?state=hush-1&state=hush-2", 400, `"field":"state"`)
	f(auth.OIDCCallbackPath+"?%", 400)
	f(auth.OIDCCallbackPath+"?state=hush-1&code=hush-2&session_state=x&vendors_own=1&vendors_own=2", 401, "start it again")

	f("/api/v1/tenants", 401)
	to := f(auth.OIDCStartPath+"?return=/api/v1/tenants?x=1", 302)
	if to.Host != strings.TrimPrefix(p.URL, "http://") || to.Path != "/authorize" {
		t.Fatalf("sent to %s", to)
	}
	p.nonce = to.Query().Get("nonce")
	back := f(auth.OIDCCallbackPath+"?code=hush-3&vendors_own=1&state="+to.Query().Get("state"), 303)
	if back.RequestURI() != "/api/v1/tenants?x=1" {
		t.Errorf("goes on to %s", back)
	}
	f("/api/v1/tenants", 200)
	f("/api/v1/tokens", 403)
	f(auth.OIDCCallbackPath+"?code=hush-3&state="+to.Query().Get("state"), 401)
	s.Close() // an answer is out before its line is written
	for _, secret := range []string{"hush", to.Query().Get("state"), p.nonce} {
		if strings.Contains(log.String(), secret) || !strings.Contains(log.String(), "path="+auth.OIDCCallbackPath) {
			t.Errorf("%s in the log: %s", secret, log.String())
		}
	}
}

// testProvider is the part of a provider that the server itself speaks to. It takes any code.
type testProvider struct {
	*httptest.Server
	down  atomic.Bool
	nonce string // of the next ID token
	key   jose.JSONWebKey
}

func newTestProvider(t *testing.T) *testProvider {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &testProvider{key: jose.JSONWebKey{Key: private, KeyID: "k", Algorithm: string(jose.ES256)}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *testProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if p.down.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"%[1]s/authorize","token_endpoint":"%[1]s/token","jwks_uri":"%[1]s/keys",
			"id_token_signing_alg_values_supported":["ES256"]}`, p.URL)
	case "/keys":
		json.MarshalWrite(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.key.Public()}})
	case "/token":
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, nil)
		if err != nil {
			panic(err)
		}
		signed, err := signer.Sign(fmt.Appendf(nil, `{"iss":%q,"aud":"annals","sub":"u-1","nonce":%q,"exp":%d}`, p.URL, p.nonce, testNow.Add(time.Hour).Unix()))
		if err != nil {
			panic(err)
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(w, `{"access_token":"a","token_type":"Bearer","id_token":%q}`, token)
	}
}

// TestProviderButton: the sign-in page offers the provider where there is one, and a sign-in there that fails is answered with a page.
func TestProviderButton(t *testing.T) {
	s := newServer(t, Options{})
	v := &visitor{server: s}
	v.get(t, "/sign-in", 200)
	if v.attribute("a.wide", "href") != "" {
		t.Error("a provider is offered that is not there")
	}
	mapping, err := auth.ParseMapping("* = reader@shop")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := auth.NewOIDC(s.api.access, auth.OIDCOptions{Issuer: "http://127.0.0.1:1", ClientID: "annals", ClientSecret: "x", PublicURL: s.URL, Mapping: mapping})
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = New(Options{Log: s.log, Auth: s.api.access, OIDC: provider, Now: s.api.now, Logger: s.api.logger})
	v.get(t, "/sign-in?return=%2Fevents%3Fq%3Dx", 200)
	if got := v.attribute("a.wide", "href"); got != "/auth/oidc/start?return=%2Fevents%3Fq%3Dx" {
		t.Errorf("leads to %s", got)
	}
	v.get(t, "/sign-in?return=https%3A%2F%2Fevil.example", 200)
	if got := v.attribute("a.wide", "href"); got != "/auth/oidc/start?return=%2Fevents" {
		t.Errorf("leads to %s", got)
	}
	v.get(t, "/auth/oidc/callback?state=x&code=y", 401)
	v.want(t, "main h1", "Not signed in")
	if got := v.attribute("main a.button", "href"); got != "/sign-in" {
		t.Errorf("leads to %s", got)
	}
}
