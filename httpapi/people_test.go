package httpapi

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/pquerna/otp/totp"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

const goodPassword = "correct horse battery staple"

// person is somebody with a browser.
type person struct {
	*server
	cookie string // as the header has it
	secret string // of the authenticator app
	last   http.Header
}

// ask sends a request as the server's own pages do, keeps the cookie, and decodes the answer.
func (p *person) ask(t *testing.T, method, path, body string, status int, into any) string {
	t.Helper()
	r := p.request(t, method, "/api/v1"+path, body)
	r.Header.Del("Authorization")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.cookie != "" {
		r.Header.Set("Cookie", p.cookie)
	}
	resp, text := p.do(t, r)
	if resp.StatusCode != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, resp.StatusCode, status, text)
	}
	p.last = resp.Header
	for _, c := range resp.Cookies() {
		if p.cookie = c.Name + "=" + c.Value; c.MaxAge < 0 {
			p.cookie = ""
		}
	}
	if into != nil {
		if err := json.Unmarshal([]byte(text), into, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return text
}

// newPerson makes an account with goodPassword.
func (s *server) newPerson(t *testing.T, login, grants string) *person {
	t.Helper()
	var made struct{ Setup auth.SetupLink }
	r := s.request(t, "POST", "/api/v1/accounts", fmt.Sprintf(`{"login":%q,"name":"somebody","grants":[%s]}`, login, grants))
	_, text := s.do(t, r)
	if err := json.Unmarshal([]byte(text), &made, json.MatchCaseInsensitiveNames(true)); err != nil || made.Setup.Code == "" {
		t.Fatalf("make account: %v %s", err, text)
	}
	p := &person{server: s}
	p.ask(t, "POST", "/setup", fmt.Sprintf(`{"code":%q,"password":%q}`, made.Setup.Code, goodPassword), 200, nil)
	return p
}

func (p *person) signIn(t *testing.T, login, password string, status int) (secondFactor bool) {
	t.Helper()
	var answer struct {
		SecondFactor bool `json:"second_factor"`
	}
	p.ask(t, "POST", "/session", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password), status, &answer)
	return answer.SecondFactor
}

// enrol gives the account a second factor, and returns the recovery codes.
func (p *person) enrol(t *testing.T) (recovery []string) {
	t.Helper()
	var key auth.TOTPKey
	p.ask(t, "POST", "/account/totp", fmt.Sprintf(`{"password":%q}`, goodPassword), 200, &key)
	p.secret = key.Secret
	var answer struct {
		Codes []string `json:"recovery_codes"`
	}
	p.ask(t, "PUT", "/account/totp", p.code(t), 200, &answer)
	return answer.Codes
}

// code is a body with what the app shows now.
func (p *person) code(t *testing.T) string {
	t.Helper()
	code, err := totp.GenerateCode(p.secret, testNow.Add(time.Duration(p.later.Load())))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"code":%q}`, code)
}

// session signs in an admin of the tenant, in no other session than the new one, and returns the cookie.
func (w *walker) session(t *testing.T, tenant string) string {
	t.Helper()
	subject, grant := tenant+"'s admin", auth.Grant{Role: "admin", Tenants: []string{tenant}}
	(&person{server: w.server, cookie: w.signInAs(t, subject, grant)}).ask(t, "DELETE", "/sessions", "", 204, nil)
	return w.signInAs(t, subject, grant)
}

// signInAs signs in somebody for whom a provider vouches, and returns the cookie.
func (s *server) signInAs(t *testing.T, subject string, grants ...auth.Grant) (cookie string) {
	t.Helper()
	r := httptest.NewRequest("GET", "http://127.0.0.1/callback", nil)
	r = r.WithContext(reply.WithClient(r.Context(), netip.MustParseAddr("127.0.0.1")))
	w := httptest.NewRecorder()
	if err := s.api.access.SignInAs(w, r, auth.Identity{Issuer: "https://id.example", Subject: subject, Login: "person", Name: subject, Grants: grants}); err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	return c.Name + "=" + c.Value
}

// pending is the kind of cookie that opens one thing only.
const pending = "second factor to come"

// refusedCookies are cookies that open nothing: of sessions that are over in every way there is, that are still to be finished, and of none.
func (w *walker) refusedCookies(t *testing.T) map[string]string {
	all := auth.Grant{Role: "admin", All: true}
	signIn := func(subject string) *person { return &person{server: w.server, cookie: w.signInAs(t, subject, all)} }
	out, everywhere, disabled := signIn("out"), signIn("out everywhere"), signIn("disabled")
	outCookie, everywhereCookie := out.cookie, everywhere.cookie
	out.ask(t, "DELETE", "/session", "", 204, nil)
	everywhere.ask(t, "DELETE", "/sessions", "", 204, nil)
	var me auth.Me
	disabled.ask(t, "GET", "/session", "", 200, &me)
	w.answer(t, "PATCH", "/api/v1/accounts/"+me.ID, `{"disabled":true}`, w.token, new(auth.Account))

	const idle = auth.DefaultSessionIdle + time.Hour
	w.later.Add(-int64(idle))
	forgotten := signIn("idle")
	w.later.Add(int64(idle))
	w.later.Add(-int64(auth.DefaultSessionMax))
	old := signIn("old")
	for range auth.DefaultSessionMax / time.Hour { // busy all the time
		old.ask(t, "GET", "/session", "", 200, nil)
		w.later.Add(int64(time.Hour))
	}

	p := w.newPerson(t, "pending", `{"role":"admin","all_tenants":true}`)
	p.signIn(t, "pending", goodPassword, 200)
	p.enrol(t)
	p.signIn(t, "pending", goodPassword, 200)
	return map[string]string{
		"no session":       "annals=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"malformed cookie": "annals=x",
		"two cookies":      signIn("two").cookie + "; " + signIn("two").cookie,
		"cookie for TLS":   "__Host-" + signIn("tls").cookie,
		"signed out":       outCookie,
		"out everywhere":   everywhereCookie,
		"disabled":         disabled.cookie,
		"idle":             forgotten.cookie,
		"old":              old.cookie,
		pending:            p.cookie,
	}
}

// TestPerson is somebody's way through: the link, the password, sessions, the second factor, and the end.
func TestPerson(t *testing.T) {
	s := newServer(t, Options{})
	p := s.newPerson(t, "Amy", `{"role":"reader","tenants":["acme"]}`)
	p.ask(t, "GET", "/session", "", 401, nil)
	p.signIn(t, "amy", "wrong", 401)
	if p.last.Get("WWW-Authenticate") == "" {
		t.Error("a 401 without WWW-Authenticate")
	}
	p.signIn(t, "nobody", "wrong", 401)
	if p.cookie != "" {
		t.Fatal("a cookie for a wrong password")
	}
	if p.signIn(t, " aMy ", goodPassword, 200) {
		t.Error("a second factor is asked for, and there is none")
	}
	if set := p.last.Get("Set-Cookie"); !strings.Contains(set, "; Path=/; HttpOnly; SameSite=Lax") || strings.Contains(set, "Domain") {
		t.Errorf("cookie %s", set)
	}
	p.ask(t, "GET", "/events", "", 200, nil)
	p.ask(t, "GET", "/tokens", "", 403, nil)

	other := &person{server: s}
	other.signIn(t, "amy", goodPassword, 200)
	var sessions struct{ Sessions []auth.Session }
	p.ask(t, "GET", "/sessions", "", 200, &sessions)
	if len(sessions.Sessions) != 2 || sessions.Sessions[0].Address != "127.0.0.1" || sessions.Sessions[0].Current == sessions.Sessions[1].Current {
		t.Errorf("sessions %+v", sessions)
	}
	before := p.cookie
	p.ask(t, "PUT", "/account/password", `{"old":"wrong","new":"a quite different sentence"}`, 400, nil)
	p.ask(t, "PUT", "/account/password", fmt.Sprintf(`{"old":%q,"new":"short"}`, goodPassword), 400, nil)
	p.ask(t, "PUT", "/account/password", fmt.Sprintf(`{"old":%q,"new":"a quite different sentence"}`, goodPassword), 204, nil)
	other.ask(t, "GET", "/session", "", 401, nil)
	(&person{server: s, cookie: before}).ask(t, "GET", "/session", "", 401, nil)
	p.ask(t, "GET", "/session", "", 200, nil)
	other.signIn(t, "amy", goodPassword, 401)
	other.signIn(t, "amy", "a quite different sentence", 200)
	p.ask(t, "DELETE", "/sessions", "", 204, nil)
	other.ask(t, "GET", "/session", "", 401, nil)
}

func TestSecondFactor(t *testing.T) {
	s := newServer(t, Options{})
	p := s.newPerson(t, "amy", `{"role":"reader","tenants":["acme"]}`)
	p.signIn(t, "amy", goodPassword, 200)
	p.ask(t, "PUT", "/account/totp", `{"code":"000000"}`, 409, nil)
	p.ask(t, "POST", "/account/totp", `{"password":"wrong"}`, 400, nil)
	recovery := p.enrol(t)
	if len(recovery) != 10 || len(recovery[0]) != len("ABCD-EFGH-IJKL-MNOP") {
		t.Errorf("recovery codes %q", recovery)
	}
	p.ask(t, "POST", "/account/totp", fmt.Sprintf(`{"password":%q}`, goodPassword), 409, nil)
	p.ask(t, "DELETE", "/session", "", 204, nil)

	if !p.signIn(t, "amy", goodPassword, 200) {
		t.Error("no second factor is asked for")
	}
	half := p.cookie
	p.ask(t, "GET", "/events", "", 401, nil)
	p.ask(t, "GET", "/session", "", 401, nil)
	p.ask(t, "DELETE", "/account/totp", `{}`, 401, nil)
	p.ask(t, "POST", "/session/totp", `{"code":"x"}`, 400, nil)
	p.ask(t, "POST", "/session/totp", p.code(t), 401, nil) // the one that has confirmed it
	s.later.Add(int64(30 * time.Second))
	p.ask(t, "POST", "/session/totp", p.code(t), 200, nil)
	p.ask(t, "GET", "/events", "", 200, nil)
	(&person{server: s, cookie: half}).ask(t, "POST", "/session/totp", p.code(t), 401, nil) // the session is over
	p.ask(t, "POST", "/session/totp", p.code(t), 403, nil)

	again := &person{server: s, secret: p.secret}
	again.signIn(t, "amy", goodPassword, 200)
	again.ask(t, "POST", "/session/totp", p.code(t), 401, nil) // used
	again.ask(t, "POST", "/session/totp", fmt.Sprintf(`{"code":%q}`, strings.ToLower(recovery[3])), 200, nil)
	again.signIn(t, "amy", goodPassword, 200)
	again.ask(t, "POST", "/session/totp", fmt.Sprintf(`{"code":%q}`, recovery[3]), 401, nil)
	s.later.Add(int64(6 * time.Minute))
	again.ask(t, "POST", "/session/totp", again.code(t), 401, nil) // too late
	var me auth.Me
	p.ask(t, "GET", "/session", "", 200, &me)
	if me.RecoveryLeft != 9 || !me.SecondFactor {
		t.Errorf("me: %+v", me)
	}
	p.ask(t, "DELETE", "/account/totp", `{"code":"ABCDEFGHIJKLMNOP"}`, 400, nil)
	p.ask(t, "DELETE", "/account/totp", p.code(t), 204, nil)
	if again.signIn(t, "amy", goodPassword, 200) {
		t.Error("the second factor is still asked for")
	}
}

// TestOtherSites: what a page of another site has the browser send changes nothing, with a session or without one, and nor does a form.
func TestOtherSites(t *testing.T) {
	s := newServer(t, Options{})
	p := s.newPerson(t, "amy", `{"role":"admin","all_tenants":true}`)
	p.signIn(t, "amy", goodPassword, 200)
	f := func(method, path, contentType, site, origin, token string, want int) {
		t.Helper()
		r := s.request(t, method, path, `{"action":"x"}`)
		r.Header.Set("Cookie", p.cookie)
		r.Header.Del("Authorization")
		for name, value := range map[string]string{"Content-Type": contentType, "Sec-Fetch-Site": site, "Origin": origin, "Authorization": token} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if resp, text := s.do(t, r); resp.StatusCode != want {
			t.Errorf("%s %s %s %s %s: %d, want %d: %s", method, path, contentType, site, origin, resp.StatusCode, want, text)
		}
	}
	const events, json = "/api/v1/events", "application/json"
	f("POST", events, json, "same-origin", "", "", 201)
	f("POST", events, json, "", s.URL, "", 201)
	f("POST", events, "application/x-ndjson", "none", "", "", 201)
	for _, site := range []string{"cross-site", "same-site"} {
		f("POST", events, json, site, "", "", 403)
		f("POST", "/api/v1/session", json, site, "", "", 403)
		f("POST", "/api/v1/setup", json, site, "", "", 403)
		f("DELETE", "/api/v1/sessions", json, site, "", "", 403)
		f("GET", "/api/v1/stats", "", site, "", "", 200)
	}
	f("POST", events, json, "", "https://evil.example", "", 403)
	f("POST", events, json, "", "null", "", 403)
	for _, form := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; application/json"} {
		f("POST", events, form, "same-origin", "", "", 415)
		f("POST", "/api/v1/session", form, "", "", "", 415)
		f("POST", "/api/v1/setup", form, "", "", "", 415)
		f("POST", "/api/v1/tokens", form, "", "", "", 415)
	}
	f("POST", events, "text/plain", "cross-site", "https://evil.example", "Bearer "+s.token, 201) // a browser asks before it sends that
	f("POST", events, json, "same-origin", "", "Bearer wrong", 401)                               // the cookie does not help it
}

// TestGrantsActAtOnce: what an account may do is asked at each request, and a tail that may see too much ends.
func TestGrantsActAtOnce(t *testing.T) {
	s := newServer(t, Options{Heartbeat: 5 * time.Millisecond})
	s.post(t, `[{"id":"1","tenant":"acme","action":"x"},{"id":"2","tenant":"beta","action":"x"}]`)
	p := s.newPerson(t, "amy", `{"role":"reader","tenants":["acme","beta"]}`)
	p.signIn(t, "amy", goodPassword, 200)
	var me auth.Me
	p.ask(t, "GET", "/session", "", 200, &me)
	p.ask(t, "GET", "/events/2", "", 200, nil)

	r := s.request(t, "GET", "/api/v1/tail?from=0", "")
	r.Header.Del("Authorization")
	r.Header.Set("Cookie", p.cookie)
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	change := func(body string) {
		t.Helper()
		if resp, text := s.do(t, s.request(t, "PATCH", "/api/v1/accounts/"+me.ID, body)); resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, text)
		}
	}
	change(`{"name":"Amy"}`)
	change(`{"grants":[{"role":"reader","tenants":["acme"]}]}`)
	var tail bytes.Buffer
	if _, err := tail.ReadFrom(resp.Body); err != nil {
		t.Errorf("the tail: %v", err)
	}
	p.ask(t, "GET", "/events/2", "", 404, nil)
	p.ask(t, "GET", "/events/1", "", 200, nil)
	change(`{"disabled":true}`)
	p.ask(t, "GET", "/events/1", "", 401, nil)
	p.signIn(t, "amy", goodPassword, 401)
	change(`{"disabled":false}`)
	p.ask(t, "GET", "/events/1", "", 401, nil)
	p.signIn(t, "amy", goodPassword, 200)
}
