package auth

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"annals/engine"
)

func TestOIDCSignIn(t *testing.T) {
	s := newSite(t, testMapping)
	s.issuer.user = map[string]any{"sub": "u-1", "preferred_username": "amy", "name": "Amy \u0007Pond", "email": "amy@x.test", "email_verified": true,
		"groups": []string{"unknown", "shop-devs", "audit"}}
	b := s.browser(t)
	resp, body := b.visit(t, OIDCStartPath+"?return="+url.QueryEscape("/events?q=user:amy+x"))
	if resp.StatusCode != 200 || body != "landed at /events?q=user:amy+x" {
		t.Errorf("landed: %d %s", resp.StatusCode, body)
	}
	want := Identity{Issuer: s.issuer.URL, Subject: "u-1", Login: "amy", Name: "Amy Pond", Email: "amy@x.test",
		Grants: []Grant{{Role: "reader", Tenants: []string{"shop", "shop-test"}}, {Role: "auditor", All: true}}}
	if got, ok := b.who(); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("signed in as %+v\nwant %+v", got, want)
	}
	if read, audit, manage := b.may(Read), b.may(Audit), b.may(Manage); !read.Everything() || !audit.Everything() || manage.All || len(manage.Names) > 0 {
		t.Errorf("may read %+v, audit %+v, manage %+v", read, audit, manage)
	}
	if e, n := s.lastEvent(); n != 1 || e.Action != "account.sign_in" || e.Result != engine.Success || e.Actor.Name != "amy" {
		t.Errorf("%d events, the last %s", n, e.AppendJSON(nil))
	}
	for _, c := range b.Jar.Cookies(s.callback()) {
		if c.Name == s.oidc.cookieName {
			t.Error("the cookie of the sign-in is still there")
		}
	}
	if s.issuer.asked["/userinfo"] != 0 {
		t.Error("userinfo was asked, though the ID token says all")
	}
	s.checkSecrets(t, body)
}

func TestOIDCStart(t *testing.T) {
	s := newSite(t, testMapping)
	b := s.browser(t)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	first, _ := b.visit(t, OIDCStartPath)
	second, _ := b.visit(t, OIDCStartPath)
	at, err := first.Location()
	if err != nil || first.StatusCode != 302 {
		t.Fatalf("%d, %v", first.StatusCode, err)
	}
	again, _ := second.Location()
	q := at.Query()
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Get(name)) < 26 || q.Get(name) == again.Query().Get(name) {
			t.Errorf("%s is %q, and then %q", name, q.Get(name), again.Query().Get(name))
		}
	}
	if q.Get("scope") != "openid profile email" || q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != s.URL+OIDCCallbackPath || q.Has("client_secret") {
		t.Errorf("sent to %s", at)
	}
	cookie := first.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 600 || cookie.Secure || cookie.Name != "annals-oidc" {
		t.Errorf("cookie: %+v", cookie)
	}
	for _, name := range []string{"state", "nonce"} {
		if strings.Contains(cookie.Value, q.Get(name)) {
			t.Errorf("the cookie shows the %s", name)
		}
	}
}

// Behind TLS the cookie is one that no neighbour under the same domain can plant.
func TestOIDCCookieOverTLS(t *testing.T) {
	s := newSite(t, testMapping)
	o, err := NewOIDC(s.Auth, OIDCOptions{Issuer: s.issuer.URL, ClientID: "x", ClientSecret: "y", PublicURL: "https://annals.test/", Mapping: s.oidc.mapping,
		Scopes: []string{"groups"}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := o.Start(w, httptest.NewRequest("GET", OIDCStartPath, nil)); err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	if c.Name != "__Host-annals-oidc" || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie: %+v", c)
	}
	if to := w.Header().Get("Location"); !strings.Contains(to, "redirect_uri="+url.QueryEscape("https://annals.test/auth/oidc/callback")) || !strings.Contains(to, "scope=openid+groups") {
		t.Errorf("sent to %s", to)
	}
}

// Where groups may stand, and in which form.
func TestOIDCGroups(t *testing.T) {
	s := newSite(t, testMapping)
	many := make([]any, 10_000)
	for i := range many {
		many[i] = fmt.Sprintf("group number %06d of very many", i)
	}
	many[9_999] = "shop-ops"
	reader, admin := Grant{Role: "reader", Tenants: []string{"shop", "shop-test"}}, Grant{Role: "admin", Tenants: []string{"shop"}}
	f := func(name, claim string, user, info map[string]any, want ...Grant) {
		t.Helper()
		user["sub"] = "u-1"
		s.issuer.set(func() { s.issuer.user, s.issuer.info = user, info })
		s.oidc.groupsClaim = claim
		s.oidc.discovery = discovery{}
		if got := s.browser(t).signIn(t); !reflect.DeepEqual(got.Grants, want) {
			t.Errorf("%s: %+v, want %+v", name, got.Grants, want)
		}
	}
	type m = map[string]any
	sub := func(c m) m { c["sub"] = "u-1"; return c }
	f("array", "groups", m{"groups": []any{"shop-devs"}}, nil, reader)
	f("string", "groups", m{"groups": "shop-devs"}, nil, reader)
	f("odd entries", "groups", m{"groups": []any{1, nil, []any{"audit"}, m{"audit": 1}, "shop-devs", "shop-devs", true}}, nil, reader)
	f("several", "groups", m{"groups": []any{"shop-ops", "shop-devs"}}, nil, reader, admin)
	f("nested", "realm_access.roles", m{"realm_access": m{"roles": []any{"shop-ops"}}}, nil, admin)
	f("a name with dots", "https://x.test/groups", m{"https://x.test/groups": []any{"shop-ops"}}, nil, admin)
	f("LDAP", "groups", m{"groups": "CN=ops,OU=groups,DC=x"}, nil, Grant{Role: "writer", Tenants: []string{"ops"}})
	f("userinfo", "groups", m{}, sub(m{"groups": []any{"shop-ops"}}), admin)
	f("nested in userinfo", "a.b.c", m{"a": m{"b": "x"}}, sub(m{"a": m{"b": m{"c": "shop-ops"}}}), admin)
	f("the ID token first", "groups", m{"groups": []any{"shop-ops"}}, sub(m{"groups": []any{"audit"}}), admin)
	f("very many", "groups", m{"groups": many}, nil, admin)
}

// Who is in no group that says anything gets in nowhere, and is not told which would do.
func TestOIDCNoRole(t *testing.T) {
	s := newSite(t, testMapping)
	for _, groups := range []any{nil, "", "*", "Audit", "shop", []any{}, []any{"shop-devs "}, 7, map[string]any{"shop-devs": true}, true} {
		s.issuer.set(func() {
			s.issuer.user = map[string]any{"sub": "u-2", "preferred_username": "bo", "email": "no address", "groups": groups}
		})
		b := s.browser(t)
		resp, body := b.visit(t, OIDCStartPath)
		if _, in := b.who(); in || resp.StatusCode != 403 || !strings.Contains(body, "administrator") || strings.Contains(body, "shop") || strings.Contains(body, "audit") {
			t.Errorf("%v: signed in %v, %d %s", groups, in, resp.StatusCode, body)
		}
		e, _ := s.lastEvent()
		if e.Error.Code != "oidc/no-role" || e.Actor != (engine.Actor{ID: "u-2", Name: "bo", Domain: s.issuer.URL, Type: "account"}) {
			t.Errorf("%v: event %s", groups, e.AppendJSON(nil))
		}
	}
}

func TestOIDCEveryone(t *testing.T) {
	s := newSite(t, "* = reader@lobby\naudit = reader@*")
	if got := s.browser(t).signIn(t); !reflect.DeepEqual(got.Grants, []Grant{{Role: "reader", Tenants: []string{"lobby"}}}) {
		t.Errorf("grants: %+v", got.Grants)
	}
}

// What a group no longer gives is gone with the next sign-in.
func TestOIDCGroupRemoved(t *testing.T) {
	s := newSite(t, testMapping)
	b := s.browser(t)
	other := s.browser(t)
	f := func(read, manage []string, groups ...string) {
		t.Helper()
		s.issuer.set(func() { s.issuer.user = map[string]any{"sub": "u-1", "groups": groups} })
		b.visit(t, OIDCStartPath)
		for _, b := range []*visitor{b, other} { // a session from before as well
			if r, m := b.may(Read).Names, b.may(Manage).Names; !slices.Equal(r, read) || !slices.Equal(m, manage) {
				t.Errorf("%q: reads %q, manages %q", groups, r, m)
			}
		}
	}
	s.issuer.user["groups"] = "shop-ops"
	other.signIn(t)
	f([]string{"shop", "shop-test"}, []string{"shop"}, "shop-devs", "shop-ops")
	f([]string{"shop", "shop-test"}, nil, "shop-devs")
	f(nil, nil)
	if _, in := other.who(); in {
		t.Error("who has no role any more is still signed in elsewhere")
	}
	if e, _ := s.lastEvent(); e.Error.Code != "oidc/no-role" || e.Actor.ID == "u-1" || e.Actor.Name != "u-1" {
		t.Errorf("event %s", e.AppendJSON(nil))
	}
}

// The name that someone goes by when the account is made, and an address that nobody has verified.
func TestOIDCLogin(t *testing.T) {
	s := newSite(t, "* = reader@*")
	type m = map[string]any
	people := 0
	f := func(claim string, user, info m, login, email string) {
		t.Helper()
		people++
		sub := fmt.Sprintf("u-%d", people)
		if user["sub"] = sub; info != nil {
			info["sub"] = sub
		}
		s.issuer.set(func() { s.issuer.user, s.issuer.info = user, info })
		s.oidc.loginClaim = claim
		s.oidc.discovery = discovery{}
		if got := s.browser(t).signIn(t); got.Login != strings.ReplaceAll(login, "SUB", sub) || got.Email != email || got.Subject != sub {
			t.Errorf("%v %v: %+v", user, info, got)
		}
	}
	const usual = "preferred_username"
	f(usual, m{usual: "amy", "email": "a@x.test"}, nil, "amy", "a@x.test")
	f(usual, m{"email": "b@x.test"}, nil, "b@x.test", "b@x.test")
	f(usual, m{}, nil, "SUB", "")
	f("upn", m{usual: "cleo", "upn": "cleo@corp"}, nil, "cleo@corp", "")
	f(usual, m{"email": "boss@x.test", "email_verified": false}, nil, "SUB", "")
	f(usual, m{"email": "boss@x.test", "email_verified": "false"}, nil, "SUB", "")
	f(usual, m{"email": "boss@x.test", "email_verified": false}, m{"email": "d@x.test"}, "d@x.test", "d@x.test")
	f(usual, m{"email_verified": true}, m{"email": "boss@x.test", "email_verified": false}, "SUB", "")
	f(usual, m{"email": "no address"}, nil, "SUB", "")
	f(usual, m{"email": strings.Repeat("x", MaxEmailBytes) + "@x.test"}, nil, "SUB", "")
	f(usual, m{}, m{usual: "eve"}, "eve", "")
	f(usual, m{usual: " f\r\nay\x1b "}, nil, "fay", "")
	f(usual, m{usual: strings.Repeat("é", 200)}, nil, strings.Repeat("é", 64), "")
	f(usual, m{usual: []any{"gus"}}, nil, "SUB", "")
	f(usual, m{usual: "amy"}, nil, "amy-2", "") // another person: what a provider calls them is nobody's account
}

// A key that is new is fetched when a token names it, and one that is gone is no longer believed once the new ones are known.
func TestOIDCKeyRotation(t *testing.T) {
	s := newSite(t, "* = reader@*")
	b := s.browser(t)
	b.signIn(t)
	b.signIn(t)
	if n := s.issuer.asked["/keys"]; n != 1 {
		t.Errorf("the keys were asked for %d times", n)
	}
	old := s.issuer.keys[0]
	s.issuer.rotate(t, jose.ES256)
	b.signIn(t)
	s.issuer.set(func() { s.issuer.sign = func(c []byte) string { return signWith(jose.RS256, old, c) } })
	if resp, body := b.visit(t, OIDCStartPath); resp.StatusCode != 401 {
		t.Errorf("with the old key: %d %s", resp.StatusCode, body)
	}
	if n := s.issuer.asked["/.well-known/openid-configuration"]; n != 1 {
		t.Errorf("discovered %d times", n)
	}
}

// A provider that wants the secret in the form gets it there, and the code is sent once.
func TestOIDCSecretInForm(t *testing.T) {
	s := newSite(t, "* = reader@*")
	s.issuer.doc = map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	s.browser(t).signIn(t)
	if s.issuer.asked["/token"] != 1 {
		t.Errorf("the code was sent %d times", s.issuer.asked["/token"])
	}
}

// TestOIDCProviderDown: the server runs, and says what is wrong, until the provider is there. It is not asked more often than every few seconds.
func TestOIDCProviderDown(t *testing.T) {
	s := newSite(t, "* = reader@*")
	down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<b>down</b>", http.StatusBadGateway) })
	s.issuer.set(func() { s.issuer.instead = map[string]http.Handler{"/.well-known/openid-configuration": down} })
	b := s.browser(t)
	for range 3 {
		resp, body := b.visit(t, OIDCStartPath)
		if resp.StatusCode != 503 || !strings.Contains(body, "cannot be reached") || strings.Contains(body, "down") || strings.Contains(body, s.issuer.URL) {
			t.Errorf("start: %d %s", resp.StatusCode, body)
		}
	}
	if n := s.issuer.asked["/.well-known/openid-configuration"]; n != 1 {
		t.Errorf("asked %d times", n)
	}
	if e, n := s.lastEvent(); n != 3 || e.Error.Code != "oidc/provider" || !strings.Contains(e.Error.Message, "502") || !strings.Contains(s.log.String(), "502") {
		t.Errorf("%d events, the last %s; log %s", n, e.AppendJSON(nil), s.log.String())
	}
	s.issuer.set(func() { s.issuer.instead = nil })
	s.clock = s.clock.Add(providerPause)
	b.signIn(t)
}

// TestOIDCOneDiscovery: however many come at the first moment, the provider is asked once.
func TestOIDCOneDiscovery(t *testing.T) {
	s := newSite(t, "* = reader@*")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { s.browser(t).comeBack(t, OIDCStartPath) })
	}
	all.Wait()
	if n := s.issuer.asked["/.well-known/openid-configuration"]; n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// Discovery must be of the issuer itself, and lead to where nobody listens.
func TestOIDCDiscoveryRefused(t *testing.T) {
	f := func(name string, doc map[string]any, cause string) {
		t.Helper()
		s := newSite(t, "* = reader@*")
		s.issuer.doc = doc
		resp, _ := s.browser(t).visit(t, OIDCStartPath)
		if e, n := s.lastEvent(); resp.StatusCode != 503 || n != 1 || !strings.Contains(e.Error.Message, cause) {
			t.Errorf("%s: %d, %s", name, resp.StatusCode, e.AppendJSON(nil))
		}
	}
	f("another issuer", map[string]any{"issuer": "https://evil.test"}, "did not match the issuer")
	f("a slash more", map[string]any{"issuer": "http://127.0.0.1/"}, "did not match the issuer")
	f("tokens in the clear", map[string]any{"token_endpoint": "http://idp.test/token"}, "plain http")
	f("keys in the clear", map[string]any{"jwks_uri": "http://idp.test/keys"}, "plain http")
	f("no keys", map[string]any{"jwks_uri": ""}, "not https")
	f("userinfo in the clear", map[string]any{"userinfo_endpoint": "http://idp.test/me"}, "userinfo endpoint")
	f("a script", map[string]any{"authorization_endpoint": "javascript:alert(1)//x"}, "not https")
}

func TestNewOIDC(t *testing.T) {
	d := openDoors(t)
	m, err := ParseMapping(testMapping)
	if err != nil {
		t.Fatal(err)
	}
	good := OIDCOptions{Issuer: "https://idp.test/realm", ClientID: "annals", ClientSecret: "s", PublicURL: "https://annals.test", Mapping: m}
	f := func(want string, change func(*OIDCOptions)) {
		t.Helper()
		o := good
		change(&o)
		_, err := NewOIDC(d.Auth, o)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	f("", func(*OIDCOptions) {})
	f("", func(o *OIDCOptions) { o.Issuer, o.PublicURL = "http://localhost:9000", "http://[::1]:8600/" })
	f("the issuer: ", func(o *OIDCOptions) { o.Issuer = "http://idp.test" })
	f("the issuer: ", func(o *OIDCOptions) { o.Issuer = "idp.test" })
	f("the issuer: ", func(o *OIDCOptions) { o.Issuer = "" })
	f("the issuer: ", func(o *OIDCOptions) { o.Issuer = "https://u:p@idp.test" })
	f("the issuer: ", func(o *OIDCOptions) { o.Issuer = "http://127.0.0.1.evil.test" })
	f("the public URL: ", func(o *OIDCOptions) { o.PublicURL = "http://annals.test" })
	f("the public URL: ", func(o *OIDCOptions) { o.PublicURL = "https://annals.test/sub" })
	f("the public URL: ", func(o *OIDCOptions) { o.PublicURL = "https://annals.test?x" })
	f("client ID", func(o *OIDCOptions) { o.ClientID = "" })
	f("client secret", func(o *OIDCOptions) { o.ClientSecret = "" })
	f("mapping", func(o *OIDCOptions) { o.Mapping = nil })
}

// A provider that does not answer holds nobody up for long.
func TestOIDCSlowProvider(t *testing.T) {
	s := newSite(t, "* = reader@*")
	s.oidc.client.Timeout = 50 * time.Millisecond
	release := make(chan struct{})
	defer close(release)
	slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })
	f := func(path string, status int) {
		t.Helper()
		s.oidc.discovery = discovery{}
		s.issuer.set(func() {
			s.issuer.info, s.issuer.instead = map[string]any{"sub": "u-1"}, map[string]http.Handler{path: slow}
		})
		b := s.browser(t)
		if resp, body := b.visit(t, OIDCStartPath); resp.StatusCode != status {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
		if _, in := b.who(); in {
			t.Errorf("%s: signed in", path)
		}
	}
	f("/.well-known/openid-configuration", 503)
	f("/token", 503)
	f("/userinfo", 503)
	f("/keys", 401) // go-oidc does not tell missing keys from a signature that is none
}
