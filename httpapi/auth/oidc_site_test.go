package auth

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"annals/engine"
	"annals/httpapi/reply"
)

// site is a server that people sign in to through an issuer, over real HTTP.
type site struct {
	*doors
	*httptest.Server
	oidc   *OIDC
	issuer *issuer

	mu     sync.Mutex // guards what follows
	events []*engine.Event
	log    bytes.Buffer
}

const testMapping = `
# the test's rules
audit     = auditor@*
shop-devs = reader@shop,shop-test
shop-ops  = admin@shop
CN=ops,OU=groups,DC=x = writer@ops
`

func newSite(t testing.TB, mapping string) *site {
	t.Helper()
	s := &site{doors: openDoors(t), issuer: newIssuer(t)}
	s.Auth.record = func(_ context.Context, e *engine.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Server.Close)
	s.issuer.redirect, s.issuer.now = s.URL+OIDCCallbackPath, s.Auth.now
	m, err := ParseMapping(mapping)
	if err != nil {
		t.Fatal(err)
	}
	s.oidc, err = NewOIDC(s.Auth, OIDCOptions{Issuer: s.issuer.URL, ClientID: testClient, ClientSecret: testSecret, PublicURL: s.URL, Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(reply.WithClient(reply.WithRequest(r.Context(), "r-1", slog.New(slog.NewTextHandler(s, nil))), netip.MustParseAddr("127.0.0.1")))
	answer := func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprint(w, "landed at ", r.URL)
		return err
	}
	switch r.URL.Path {
	case OIDCStartPath:
		answer = s.oidc.Start
	case OIDCCallbackPath:
		answer = s.oidc.Callback
	}
	if err := answer(w, r); err != nil {
		reply.Error(w, r, err)
	}
}

// Write takes the server's log.
func (s *site) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// lastEvent returns the last event and how many there are.
func (s *site) lastEvent() (e engine.Event, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n = len(s.events); n > 0 {
		e = *s.events[n-1]
	}
	return e, n
}

// visitor is somebody's, with cookies.
type visitor struct {
	*http.Client
	site *site
}

func (s *site) browser(t testing.TB) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{&http.Client{Jar: jar}, s}
}

// visit follows redirects to where they end.
func (b *visitor) visit(t testing.TB, address string) (*http.Response, string) {
	t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.site.URL + address
	}
	resp, err := b.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// comeBack starts a sign-in and returns the address that the provider sends the browser back to, before it goes there.
func (b *visitor) comeBack(t testing.TB, start string) *url.URL {
	t.Helper()
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == OIDCCallbackPath {
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, body := b.visit(t, OIDCStartPath)
	b.CheckRedirect = nil
	back, err := resp.Location()
	if err != nil {
		t.Fatalf("the provider does not send back: %d %s", resp.StatusCode, body)
	}
	return back
}

// who is who the site takes the browser for.
func (b *visitor) who() (id Identity, signedIn bool) {
	_, acc, err := b.site.sessionOf(b.request())
	if err != nil {
		return id, false
	}
	r := acc.value.Load()
	return Identity{Issuer: r.Issuer, Subject: r.Subject, Login: r.Login, Name: r.Name, Email: r.Email, Grants: r.Grants}, true
}

// request is one with the browser's cookies.
func (b *visitor) request() *http.Request {
	r := httptest.NewRequest("GET", b.site.URL, nil)
	for _, c := range b.Jar.Cookies(b.site.callback()) {
		r.AddCookie(c)
	}
	return r
}

// may returns where the browser has the right.
func (b *visitor) may(need Right) (where engine.Tenants) {
	h := b.site.Require(need, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { where = From(r.Context()).Tenants }))
	h.ServeHTTP(httptest.NewRecorder(), b.request())
	return where
}

func (b *visitor) signIn(t testing.TB) Identity {
	t.Helper()
	resp, body := b.visit(t, OIDCStartPath)
	id, ok := b.who()
	if resp.StatusCode != 200 || !ok {
		t.Fatalf("not signed in: %d %s", resp.StatusCode, body)
	}
	return id
}

func (s *site) callback() *url.URL {
	u, err := url.Parse(s.URL + OIDCCallbackPath)
	if err != nil {
		panic(err)
	}
	return u
}

// checkSecrets looks for what must stay between browser, server and provider.
func (s *site) checkSecrets(t testing.TB, body string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	text := body + s.log.String()
	for _, e := range s.events {
		text += string(e.AppendJSON(nil))
	}
	for _, secret := range append(s.issuer.secrets, testSecret) {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("%s can be read in %s", secret, text)
		}
	}
}
