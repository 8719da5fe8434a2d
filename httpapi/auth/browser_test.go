package auth

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"annals/httpapi/reply"
)

// cheap is a cost for tests that are not about it.
var cheap = argonCost{memoryKiB: 64, passes: 1, lanes: 1}

const goodPassword = "correct horse battery staple"

// browser is somebody's, with TLS, at an address.
type browser struct {
	*doors
	address string
	cookie  *http.Cookie
}

func (d *doors) browser() *browser { return &browser{doors: d, address: "203.0.113.9"} }

func (b *browser) request() *http.Request {
	r := httptest.NewRequest("GET", "https://annals.test/", nil)
	r.Header.Set("User-Agent", "a browser")
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	return r.WithContext(reply.WithClient(r.Context(), netip.MustParseAddr(b.address)))
}

// keep takes the cookie of an answer.
func (b *browser) keep(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		if b.cookie = c; c.MaxAge < 0 {
			b.cookie = nil
		}
	}
}

// signIn returns the status that the answer would have.
func (b *browser) signIn(name, password string) (status int, secondFactor bool) {
	w := httptest.NewRecorder()
	_, secondFactor, err := b.SignIn(w, b.request(), name, password)
	b.keep(w)
	return statusOf(err), secondFactor
}

func statusOf(err error) int {
	if err == nil {
		return 200
	}
	return reply.ProblemOf(err).Status
}

// admit returns who the browser is where a right is needed, and the status.
func (b *browser) admit(need Right) (caller Caller, status int) {
	w := httptest.NewRecorder()
	b.Require(need, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { caller = From(r.Context()) })).ServeHTTP(w, b.request())
	return caller, w.Code
}

func (b *browser) is(t *testing.T, need Right, want int) Caller {
	t.Helper()
	caller, status := b.admit(need)
	if status != want {
		t.Errorf("right %d: status %d, want %d", need, status, want)
	}
	return caller
}

// person makes an account with goodPassword.
func (d *doors) person(t testing.TB, login string, grants ...Grant) Account {
	t.Helper()
	account, link := d.waiting(t, login, grants...)
	d.use(t, link)
	return account
}

// waiting makes an account whose password is to be chosen yet.
func (d *doors) waiting(t testing.TB, login string, grants ...Grant) (Account, SetupLink) {
	t.Helper()
	if len(grants) == 0 {
		grants = []Grant{{Role: "reader", Tenants: []string{"acme"}}}
	}
	account, link, err := d.MakeAccount(root, AccountWish{Login: login, Name: "somebody", Email: strings.ToLower(login) + "@example.com", Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	return account, link
}

func (d *doors) use(t testing.TB, link SetupLink) {
	t.Helper()
	if _, err := d.UseSetup(d.browser().request(), SetupWish{Code: link.Code, Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
}

func (d *doors) disable(t testing.TB, id string, disabled bool) {
	t.Helper()
	if _, err := d.ChangeAccount(root, id, AccountChange{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
}

// told returns the events since the last call, as lines.
func (d *doors) told() (lines []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		line := e.Action + " " + e.Operation + " " + e.Result + " " + e.Actor.Name
		if e.Error != nil {
			line += " " + e.Error.Code
		}
		lines = append(lines, line)
	}
	d.events = nil
	return lines
}
