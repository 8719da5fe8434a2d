package auth

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"annals/httpapi/reply"
)

// A session ends when it is idle, and however busy it is; a restart changes nothing.
func TestSessionEnds(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	idle := d.browser()
	idle.signIn("amy", goodPassword)
	d.clock = d.clock.Add(DefaultSessionIdle - time.Second)
	idle.is(t, Read, 200)
	d.reopen(t)
	d.clock = d.clock.Add(DefaultSessionIdle - time.Second)
	idle.is(t, Read, 200) // it was used before the restart
	d.clock = d.clock.Add(DefaultSessionIdle)
	idle.is(t, Read, 401)

	busy := d.browser()
	busy.signIn("amy", goodPassword)
	for end := d.clock.Add(DefaultSessionMax); d.clock.Before(end); d.clock = d.clock.Add(time.Hour) {
		busy.is(t, Read, 200)
	}
	busy.is(t, Read, 401)
	if n := len(d.sessions.all()); n != 2 {
		t.Errorf("%d sessions are kept", n)
	}
	if err := d.writeUse(); err != nil || len(d.sessions.all()) != 0 {
		t.Errorf("%v, %d sessions are kept", err, len(d.sessions.all()))
	}
	d.reopen(t)
	busy.is(t, Read, 401)
}

// When a session was used last is on disk after a minute at the latest, and for an ended one never again.
func TestSessionUse(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	b := d.browser()
	b.signIn("amy", goodPassword)
	s := d.sessions.all()[0]
	d.clock = d.clock.Add(time.Minute)
	caller := b.is(t, Read, 200)
	if seen := s.value.Load().LastSeen; seen.Equal(d.clock) {
		t.Error("written at once")
	}
	if err := d.writeUse(); err != nil || !s.value.Load().LastSeen.Equal(d.clock) {
		t.Errorf("%v, last seen %v", err, s.value.Load().LastSeen)
	}
	d.clock = d.clock.Add(time.Minute)
	b.is(t, Read, 200)
	w := httptest.NewRecorder()
	if err := d.SignOut(w, b.request(), caller); err != nil {
		t.Fatal(err)
	}
	if err := d.sweep(s); err != nil {
		t.Fatal(err)
	}
	b.is(t, Read, 401)
	d.reopen(t)
	b.is(t, Read, 401)
	if b.keep(w); b.cookie != nil {
		t.Errorf("the browser keeps %v", b.cookie)
	}
}

// A session may be started anew in the same browser, with another secret; the one before is over. Its secret is kept nowhere.
func TestSessionIsNewEachTime(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	b := d.browser()
	b.signIn("amy", goodPassword)
	before := *b
	b.signIn("amy", goodPassword)
	b.is(t, Read, 200)
	before.is(t, Read, 401)
	if err := d.log.Records().Each(sessionKind, func(id string, value []byte) bool {
		if strings.Contains(id+string(value), b.cookie.Value) {
			t.Errorf("the records have the cookie: %s %s", id, value)
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
}

// Who has the password and not the second factor pushes out nobody, however often they try.
func TestPendingSessionsHaveRoomOfTheirOwn(t *testing.T) {
	d := openDoors(t)
	amy := d.person(t, "amy")
	d.enrol(t, "amy")
	d.clock = d.clock.Add(time.Hour)
	for range maxAccountSessions + 3 {
		d.browser().signIn("amy", goodPassword)
	}
	if n, pending := len(d.sessionsOf(amy.ID, false)), len(d.sessionsOf(amy.ID, true)); n != 1 || pending != maxAccountSessions {
		t.Errorf("%d sessions, %d pending", n, pending)
	}
}

// Who is refused for want of the right is known all the same, for who tells of it.
func TestRefusedSessionIsKnown(t *testing.T) {
	d := openDoors(t)
	amy := d.person(t, "amy")
	b := d.browser()
	b.signIn("amy", goodPassword)
	var who Caller
	r := b.request()
	w := httptest.NewRecorder()
	d.Require(Manage, http.NotFoundHandler()).ServeHTTP(w, r.WithContext(Watch(r.Context(), &who)))
	if w.Code != 403 || who.ID != amy.ID || who.Tenants.All || who.Tenants.Names != nil {
		t.Errorf("status %d, %+v", w.Code, who)
	}
}

// A person may do what the account may, where it may; a token has no account.
func TestSessionRights(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy", Grant{Role: "reader", Tenants: []string{"acme"}}, Grant{Role: "admin", Tenants: []string{"beta"}})
	b := d.browser()
	b.is(t, Known, 401)
	b.is(t, None, 200)
	b.signIn("amy", goodPassword)
	if c := b.is(t, Read, 200); c.Name != "amy" || c.Type != "account" || c.Email != "amy@example.com" || len(c.Tenants.Names) != 2 || !d.Valid(c) {
		t.Errorf("%+v", c)
	}
	if c := b.is(t, Manage, 200); len(c.Tenants.Names) != 1 || c.Tenants.Names[0] != "beta" {
		t.Errorf("%+v", c)
	}
	if c := b.is(t, Self, 200); c.Tenants.All || c.Tenants.Names != nil {
		t.Errorf("%+v", c)
	}
	b.is(t, Known, 200)
	b.is(t, Pending, 403)
	b.is(t, Manage|AllTenants, 403)
	for need, want := range map[Right]int{Known: 200, Self: 403, Pending: 403} {
		if status, _, _ := d.ask(need, "Bearer "+d.first); status != want {
			t.Errorf("a token for right %d: status %d", need, status)
		}
	}
	// A header wins, whatever it is.
	r := b.request()
	r.Header.Set("Authorization", "Bearer wrong")
	w := httptest.NewRecorder()
	if d.Require(Read, http.NotFoundHandler()).ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("a wrong token and a cookie: status %d", w.Code)
	}
}

// The cookie is for TLS. Without it there is one for a browser on this machine that means this machine, and none is taken for the other.
func TestCookie(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	f := func(url, client string, proxied bool, want string) {
		t.Helper()
		r := httptest.NewRequest("POST", url, nil)
		ctx := reply.WithClient(r.Context(), netip.MustParseAddr(client))
		if proxied {
			ctx = reply.WithSecure(ctx)
		}
		r = r.WithContext(ctx)
		w := httptest.NewRecorder()
		_, _, err := d.SignIn(w, r, "amy", goodPassword)
		cookies := w.Result().Cookies()
		if want == "" {
			if statusOf(err) != 403 || len(cookies) != 0 {
				t.Errorf("%s from %s: %v, %v", url, client, err, cookies)
			}
			return
		}
		if err != nil || len(cookies) != 1 {
			t.Fatalf("%s from %s: %v, %v", url, client, err, cookies)
		}
		c := cookies[0]
		if c.Name != want || c.Secure != strings.HasPrefix(want, "__Host-") || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s from %s: %v", url, client, c)
		}
		for name, want := range map[string]bool{plainCookie: want == plainCookie, secureCookie: want == secureCookie} {
			back := httptest.NewRequest("GET", url, nil).WithContext(ctx)
			back.AddCookie(&http.Cookie{Name: name, Value: c.Value})
			if got := readCookie(back) != ""; got != want {
				t.Errorf("%s: cookie %s counts: %v", url, name, got)
			}
		}
	}
	f("https://annals.test/", "203.0.113.9", false, secureCookie)
	f("https://127.0.0.1/", "127.0.0.1", false, secureCookie)
	f("http://annals.test/", "203.0.113.9", true, secureCookie)
	f("http://127.0.0.1:8600/", "127.0.0.1", false, plainCookie)
	f("http://localhost:8600/", "::1", false, plainCookie)
	f("http://[::1]:8600/", "::1", false, plainCookie)
	f("http://annals.test/", "203.0.113.9", false, "")
	f("http://annals.test/", "127.0.0.1", false, "") // a name that leads here, or a proxy that does not say so
	f("http://127.0.0.1.annals.test/", "127.0.0.1", false, "")
	f("http://127.0.0.1/", "203.0.113.9", false, "")
}

// A proxy on this machine that is not trusted, and says the wrong host, is not taken for a browser here.
func TestProxyIsNotThisMachine(t *testing.T) {
	f := func(name, value string, want bool) {
		t.Helper()
		r := httptest.NewRequest("POST", "http://127.0.0.1:8600/", nil)
		r.Header.Set(name, value)
		if got := onThisMachine(r.WithContext(reply.WithClient(r.Context(), netip.MustParseAddr("127.0.0.1")))); got != want {
			t.Errorf("%s: %s: %v", name, value, got)
		}
	}
	f("Accept", "*/*", true)
	f("Origin", "http://127.0.0.1:8600", true)
	f("Origin", "http://[::1]:8600", true)
	f("Origin", "http://localhost:8600", true)
	f("Origin", "null", true) // of another site, which is refused as such
	f("Origin", "https://annals.example", false)
	f("Origin", "http://127.0.0.1.example:8600", false)
	f("Origin", "http://%", false)
	f("X-Forwarded-For", "203.0.113.9", false)
	f("Forwarded", "for=203.0.113.9", false)
	f("X-Real-IP", "203.0.113.9", false)
	f("Via", "1.1 proxy", false)
}

// FuzzCookie: whatever a Cookie header holds, it is a session's secret written in the one way, or nothing.
func FuzzCookie(f *testing.F) {
	secret := newSessionSecret()
	for _, seed := range []string{"", secret, secret + "; annals=" + secret, `"` + secret + `"`, secret[1:], strings.Repeat("A", sessionChars), strings.Repeat("-", sessionChars)} {
		f.Add("annals=" + seed)
		f.Add("__Host-annals=" + seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, url := range []string{"http://localhost/", "https://localhost/"} {
			r := httptest.NewRequest("GET", url, nil)
			r.Header.Set("Cookie", header)
			got := readCookie(r)
			if got != "" && (len(got) != sessionChars || !strings.Contains(header, got) || parseSession(got) != got) {
				t.Errorf("%q holds %q", header, got)
			}
		}
	})
}

// The records as they were open nobody's door while they are damaged.
func TestPeopleAndDamage(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	b := d.browser()
	b.signIn("amy", goodPassword)
	d.broken = reply.Unavailable("damaged")
	defer func() { d.broken = nil }()
	b.is(t, Read, 503)
	if status, _ := b.signIn("amy", goodPassword); status != 503 {
		t.Errorf("status %d", status)
	}
	if err := b.SignInAs(httptest.NewRecorder(), b.request(), Identity{Issuer: "x", Subject: "x"}); statusOf(err) != 503 {
		t.Error(err)
	}
	if _, err := d.LookSetup(d.browser().request(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"); statusOf(err) != 503 {
		t.Error(err)
	}
	if link, _, err := d.FirstSetup(); err != nil || link.Code != "" {
		t.Errorf("a link: %+v, %v", link, err)
	}
}
