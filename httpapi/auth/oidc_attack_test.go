package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"annals/engine"
)

// refused goes back from the provider with the address that change makes of the right one, and wants no entry, an event, and no secret told.
func (s *site) refused(t *testing.T, b *visitor, back *url.URL, status int, code, cause string) {
	t.Helper()
	_, before := s.lastEvent()
	resp, body := b.visit(t, back.String())
	if _, in := b.who(); in {
		t.Error("signed in")
	}
	if resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("answer: %d %s", resp.StatusCode, body)
	}
	e, n := s.lastEvent()
	if n != before+1 || e.Action != "account.sign_in" || e.Operation != engine.OpLogin || e.Result != engine.Failure || e.Error.Code != "oidc/"+code ||
		!strings.Contains(e.Error.Message, cause) {
		t.Errorf("%d events, the last %s; want %s, %s", n-before, e.AppendJSON(nil), code, cause)
	}
	s.checkSecrets(t, body)
}

// TestOIDCHostileCallback: an answer that is not the one to this browser's question.
func TestOIDCHostileCallback(t *testing.T) {
	s := newSite(t, "* = admin@*")
	f := func(name string, status int, code, cause string, change func(b *visitor, back *url.URL, q url.Values)) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			b := s.browser(t)
			back := b.comeBack(t, OIDCStartPath)
			q := back.Query()
			change(b, back, q)
			back.RawQuery = q.Encode()
			s.refused(t, b, back, status, code, cause)
		})
	}
	f("wrong state", 401, "state", "not that of the cookie", func(_ *visitor, _ *url.URL, q url.Values) { q.Set("state", rand.Text()) })
	f("no state", 400, "request", "state is missing", func(_ *visitor, _ *url.URL, q url.Values) { q.Del("state") })
	f("two states", 400, "request", "2 times", func(_ *visitor, _ *url.URL, q url.Values) { q.Add("state", "x") })
	f("two codes", 400, "request", "2 times", func(_ *visitor, _ *url.URL, q url.Values) { q.Add("code", "x") })
	f("no code", 400, "request", "code is missing", func(_ *visitor, _ *url.URL, q url.Values) { q.Del("code") })
	f("a code of nobody", 401, "code", "invalid_grant", func(_ *visitor, _ *url.URL, q url.Values) { q.Set("code", "0") })
	f("another issuer", 401, "issuer", "", func(_ *visitor, _ *url.URL, q url.Values) { q.Set("iss", "https://evil.test") })
	f("an empty issuer", 401, "issuer", "", func(_ *visitor, _ *url.URL, q url.Values) { q.Set("iss", "") })
	f("another browser", 401, "state", "no cookie", func(b *visitor, _ *url.URL, _ url.Values) { b.Jar = s.browser(t).Jar })
	f("another's sign-in", 401, "state", "not that of the cookie", func(b *visitor, _ *url.URL, _ url.Values) { b.comeBack(t, OIDCStartPath) })
	f("a made-up cookie", 401, "state", "not one of this server", func(b *visitor, back *url.URL, _ url.Values) {
		b.Jar.SetCookies(back, []*http.Cookie{{Name: s.oidc.cookieName, Value: strings.Repeat("A", 300), Path: "/"}})
	})
	f("two cookies", 401, "state", "more than one", func(b *visitor, back *url.URL, _ url.Values) {
		b.Jar.SetCookies(back, []*http.Cookie{{Name: s.oidc.cookieName, Value: "x", Path: "/auth"}})
	})
	f("another server's cookie", 401, "state", "not one of this server", func(b *visitor, back *url.URL, q url.Values) {
		other, err := newSealer()
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := other.seal(trip{State: q.Get("state"), Started: s.clock})
		if err != nil {
			t.Fatal(err)
		}
		b.Jar.SetCookies(back, []*http.Cookie{{Name: s.oidc.cookieName, Value: sealed, Path: "/"}})
	})
	f("denied", 401, "refused", "access_denied", func(_ *visitor, _ *url.URL, q url.Values) { q.Set("error", "access_denied") })
	f("denied with a message", 401, "refused", "no name", func(_ *visitor, _ *url.URL, q url.Values) {
		q.Set("error", "<script>Call 555-0100")
		q.Set("error_description", "Call 555-0100")
	})
	f("an empty error", 401, "refused", "no name", func(_ *visitor, _ *url.URL, q url.Values) { q.Set("error", "") })
	f("provider busy", 503, "provider", "temporarily_unavailable", func(_ *visitor, _ *url.URL, q url.Values) { q.Set("error", "temporarily_unavailable") })
	f("denied, but not by the provider", 401, "state", "not that of the cookie", func(_ *visitor, _ *url.URL, q url.Values) {
		q.Set("error", "access_denied")
		q.Set("state", "x")
	})
	if strings.Contains(s.log.String(), "555") {
		t.Error("the message is in the log")
	}

	t.Run("no query string", func(t *testing.T) {
		back := s.callback()
		back.RawQuery = "state=%zz;"
		s.refused(t, s.browser(t), back, 400, "request", "cannot be read")
	})
	t.Run("expired", func(t *testing.T) {
		b := s.browser(t)
		back := b.comeBack(t, OIDCStartPath)
		s.clock = s.clock.Add(signInTime + time.Second)
		s.refused(t, b, back, 401, "state", "too long ago")
	})
	t.Run("a provider that names itself always", func(t *testing.T) {
		s.issuer.set(func() { s.issuer.doc = map[string]any{"authorization_response_iss_parameter_supported": true} })
		s.oidc.discovery = discovery{}
		b := s.browser(t)
		back := b.comeBack(t, OIDCStartPath)
		q := back.Query()
		q.Del("iss")
		back.RawQuery = q.Encode()
		s.refused(t, b, back, 401, "issuer", "")
	})
}

// A callback works once, also for who has kept the cookie, and also when the provider would take the code again.
func TestOIDCReplay(t *testing.T) {
	s := newSite(t, "* = reader@*")
	b, thief := s.browser(t), s.browser(t)
	back := b.comeBack(t, OIDCStartPath)
	thief.Jar.SetCookies(back, b.Jar.Cookies(back))
	if resp, body := b.visit(t, back.String()); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	s.issuer.set(func() {
		for _, c := range s.issuer.codes {
			c.used = false
		}
	})
	s.refused(t, thief, back, 401, "state", "has come back before")
	if s.issuer.asked["/token"] != 1 {
		t.Error("the provider was asked again")
	}
}

// TestOIDCCodeOfAnother: someone else's code, put into one's own answer, is of no use, because their verifier is not known.
func TestOIDCCodeOfAnother(t *testing.T) {
	s := newSite(t, "* = reader@*")
	victim, thief := s.browser(t).comeBack(t, OIDCStartPath), s.browser(t)
	back := thief.comeBack(t, OIDCStartPath)
	q := back.Query()
	q.Set("code", victim.Query().Get("code"))
	back.RawQuery = q.Encode()
	s.refused(t, thief, back, 401, "code", "invalid_grant")
}

// A code that was used elsewhere before, as by who read it on its way.
func TestOIDCCodeUsedTwice(t *testing.T) {
	s := newSite(t, "* = reader@*")
	b := s.browser(t)
	back := b.comeBack(t, OIDCStartPath)
	s.issuer.set(func() { s.issuer.codes[back.Query().Get("code")].used = true })
	s.refused(t, b, back, 401, "code", "invalid_grant")
}

// TestOIDCHostileIDToken: tokens that a provider would not issue, or not to us, or not for this sign-in.
func TestOIDCHostileIDToken(t *testing.T) {
	s := newSite(t, "* = admin@*")
	key := s.issuer.keys[0].Key.(*rsa.PrivateKey)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(&key.PublicKey))})
	f := func(name, cause string, change func(c map[string]any), sign func(c []byte) string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			s.issuer.set(func() { s.issuer.change, s.issuer.sign = change, sign })
			b := s.browser(t)
			s.refused(t, b, b.comeBack(t, OIDCStartPath), 401, "id-token", cause)
		})
	}
	put := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	f("nonce", "nonce", put("nonce", "x"), nil)
	f("no nonce", "nonce", func(c map[string]any) { delete(c, "nonce") }, nil)
	f("audience", "audience", put("aud", "someone-else"), nil)
	f("no audience", "audience", put("aud", []string{}), nil)
	f("several audiences", "azp", put("aud", []string{testClient, "x"}), nil)
	f("azp", "azp", put("azp", "x"), nil)
	f("azp of another kind", "azp", put("azp", 7), nil)
	f("issuer", "different provider", put("iss", "https://evil.test"), nil)
	f("expired", "expired", put("exp", s.clock.Add(-time.Second).Unix()), nil)
	f("no expiry", "expired", func(c map[string]any) { delete(c, "exp") }, nil)
	f("not yet", "nbf", put("nbf", s.clock.Add(time.Hour).Unix()), nil)
	f("access token of another", "access token hash", put("at_hash", "x"), nil)
	f("empty subject", "subject", put("sub", ""), nil)
	f("long subject", "subject", put("sub", strings.Repeat("x", 256)), nil)
	f("subject with a line break", "subject", put("sub", "a\nb"), nil)
	f("alg none", "", nil, unsigned)
	f("HS256 with the public key", "", nil, func(c []byte) string { return signWith(jose.HS256, public, c) })
	f("HS256 with the modulus", "", nil, func(c []byte) string { return signWith(jose.HS256, key.N.Bytes(), c) })
	f("HS256 with the client's secret", "", nil, func(c []byte) string { return signWith(jose.HS256, []byte(testSecret+testSecret), c) })
	f("another key", "verify", nil, func(c []byte) string {
		return signWith(jose.RS256, must(rsa.GenerateKey(rand.Reader, 2048)), c)
	})
	f("another key by the same name", "verify", nil, func(c []byte) string {
		return signWith(jose.ES256, jose.JSONWebKey{Key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), KeyID: s.issuer.keys[0].KeyID}, c)
	})
	signed := func(c []byte) string { return signWith(jose.RS256, s.issuer.keys[0], c) }
	f("tampered", "verify", nil, func(c []byte) string {
		parts := strings.Split(signed(c), ".")
		forged := strings.Split(signed([]byte(strings.Replace(string(c), "u-1", "u-0", 1))), ".")
		return parts[0] + "." + forged[1] + "." + parts[2]
	})
	f("cut", "verify", nil, func(c []byte) string { t := signed(c); return t[:len(t)-8] })
	f("no token", "", nil, func([]byte) string { return "" })
	f("no JSON", "", nil, func([]byte) string { return signed([]byte("x")) })

	// What all these were changed from is accepted.
	s.issuer.set(func() { s.issuer.sign, s.issuer.change = nil, nil })
	s.browser(t).signIn(t)
	s.issuer.set(func() {
		s.issuer.change = func(c map[string]any) { c["aud"], c["azp"] = []string{"x", testClient}, testClient }
	})
	s.browser(t).signIn(t)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestOIDCHostileProvider: what the endpoints may answer besides what they should.
func TestOIDCHostileProvider(t *testing.T) {
	s := newSite(t, "* = admin@*")
	s.issuer.info = map[string]any{"sub": "u-1"}
	huge := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, err := w.Write([]byte(`{"sub":"u-1","keys":[],"x":"`)); err == nil; _, err = w.Write([]byte(strings.Repeat("x", 1<<20))) {
		}
	})
	elsewhere := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.issuer.URL+"/elsewhere", http.StatusTemporaryRedirect)
	})
	text := func(status int, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			w.Write([]byte(body))
		})
	}
	f := func(name, path string, answer http.Handler, status int, code, cause string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			s.oidc.discovery = discovery{}
			b := s.browser(t)
			s.issuer.set(func() { s.issuer.instead = map[string]http.Handler{path: answer} })
			s.refused(t, b, b.comeBack(t, OIDCStartPath), status, code, cause)
		})
	}
	f("huge keys", "/keys", huge, 401, "id-token", "too large")
	f("huge userinfo", "/userinfo", huge, 503, "provider", "too large")
	f("huge token", "/token", huge, 503, "provider", "")
	f("token sent on", "/token", elsewhere, 503, "provider", "another address")
	f("userinfo sent on", "/userinfo", elsewhere, 503, "provider", "another address")
	f("keys sent on", "/keys", elsewhere, 401, "id-token", "another address")
	f("userinfo of another", "/userinfo", text(200, `{"sub":"u-0","groups":"x"}`), 401, "userinfo", "another subject")
	f("userinfo of nobody", "/userinfo", text(200, `{}`), 401, "userinfo", "another subject")
	f("userinfo is none", "/userinfo", text(200, `[`), 503, "provider", "userinfo")
	f("userinfo refuses", "/userinfo", text(403, `no`), 503, "provider", "403")
	f("no ID token", "/token", text(200, `{"access_token":"x"}`), 401, "id-token", "no ID token")
	f("no tokens", "/token", text(200, `{}`), 503, "provider", "")
	f("our secret is wrong", "/token", text(401, `{"error":"invalid_client","error_description":"`+testSecret+`"}`), 503, "provider", "client ID, secret")
	f("our secret in no JSON", "/token", text(500, testSecret), 503, "provider", "500")
	f("no JSON", "/token", text(200, `<html>`), 503, "provider", "")
	if n := s.issuer.asked["/elsewhere"]; n != 0 {
		t.Errorf("followed %d times", n)
	}
}

// Where the parameter return leads, from start to end.
func TestOIDCReturn(t *testing.T) {
	s := newSite(t, "* = reader@*")
	f := func(to, want string) {
		t.Helper()
		b := s.browser(t)
		b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if host := r.URL.Host; host != s.callback().Host && "http://"+host != s.issuer.URL {
				t.Fatalf("%q leads to %s", to, r.URL)
			}
			return nil
		}
		if _, body := b.visit(t, OIDCStartPath+"?return="+url.QueryEscape(to)); body != "landed at "+want {
			t.Errorf("%q: %s", to, body)
		}
	}
	f("", "/")
	f("/", "/")
	f("/events?q=a%20b&x=http://y", "/events?q=a%20b&x=http://y")
	for _, bad := range []string{"//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "/\n/evil.test", "\t//evil.test", " //evil.test", "http://evil.test",
		"https:evil.test", "javascript:alert(1)", "evil.test", "?x", "#x", "/a//evil.test", "/\x00", "/\u0085", "/%zz", "/\xff", "/" + strings.Repeat("a", maxReturnBytes), "@evil.test", ".evil.test"} {
		f(bad, "/")
	}
}

// Many that have come back do not make the server forget the latest, or grow.
func TestUsedOnce(t *testing.T) {
	var u usedOnce
	states := make([]string, maxUsedSignIns+10)
	for i := range states {
		states[i] = rand.Text()
		if !u.take(states[i]) || u.take(states[i]) {
			t.Fatal("not once")
		}
	}
	if len(u.ring) != maxUsedSignIns || len(u.seen) != maxUsedSignIns {
		t.Errorf("%d and %d are kept", len(u.ring), len(u.seen))
	}
	if u.take(states[10]) || !u.take(states[9]) {
		t.Error("it is not the oldest that is forgotten")
	}
}
