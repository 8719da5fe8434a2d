package httpapi

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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

// TestOIDCRoutes holds the answers against the contract. What the sign-in itself does is tested in auth.
func TestOIDCRoutes(t *testing.T) {
	var provider *httptest.Server
	down := false
	provider = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"%[1]s/authorize","token_endpoint":"%[1]s/token","jwks_uri":"%[1]s/keys"}`, provider.URL)
	}))
	defer provider.Close()
	var log bytes.Buffer
	s := newServer(t, Options{})
	s.api.logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mapping, err := auth.ParseMapping("* = reader@*")
	if err != nil {
		t.Fatal(err)
	}
	o := auth.OIDCOptions{Issuer: provider.URL, ClientID: "annals", ClientSecret: "x", PublicURL: s.URL, Mapping: mapping}
	if s.api.oidc, err = auth.NewOIDC(s.api.access, o); err != nil {
		t.Fatal(err)
	}
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	f := func(path string, want int, parts ...string) *http.Response {
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
		return resp
	}
	down = true
	f(auth.OIDCStartPath, 503, "sign-in-unavailable", "cannot be reached")
	down = false
	if s.api.oidc, err = auth.NewOIDC(s.api.access, o); err != nil { // as later
		t.Fatal(err)
	}
	resp := f(auth.OIDCStartPath+"?return=/x", 302)
	if to := resp.Header.Get("Location"); !strings.HasPrefix(to, provider.URL+"/authorize?") {
		t.Errorf("sent to %s", to)
	}
	f(auth.OIDCStartPath+"?retrun=/x", 400, `"field":"retrun"`)
	f(auth.OIDCStartPath+"?return=/x&return=/y", 400, `"field":"return"`)
	f(auth.OIDCCallbackPath, 400, `"field":"state"`)
	f(auth.OIDCCallbackPath+"?state=hush-1&state=hush-2", 400, `"field":"state"`)
	f(auth.OIDCCallbackPath+"?%", 400)
	f(auth.OIDCCallbackPath+"?state=hush-1&code=hush-2&session_state=x&vendors_own=1&vendors_own=2", 401, "start it again")
	s.Close() // an answer is out before its line is written
	if strings.Contains(log.String(), "hush") || !strings.Contains(log.String(), "path="+auth.OIDCCallbackPath) {
		t.Errorf("log: %s", log.String())
	}
}
