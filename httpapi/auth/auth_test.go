package auth

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// doors is an Auth over a real log's records, with a clock that stands still until it is told to go on.
type doors struct {
	*Auth
	log   *engine.Log
	dir   string
	clock time.Time
	first string // the token of TokenFile, if this opening made one

	masterKey MasterKey
	logger    *slog.Logger

	mu     sync.Mutex // guards events
	events []*engine.Event
}

func openDoors(t testing.TB) *doors {
	t.Helper()
	d := &doors{dir: t.TempDir(), clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), logger: enginetest.Quiet}
	d.log = enginetest.NewLog(t)
	d.open(t)
	t.Cleanup(func() { d.close(t) })
	return d
}

func (d *doors) open(t testing.TB) {
	t.Helper()
	var err error
	d.Auth, d.first, err = Open(Options{Dir: d.dir, Records: d.log.Records(), Now: func() time.Time { return d.clock }, Logger: d.logger, MasterKey: d.masterKey,
		Record: func(_ context.Context, e *engine.Event) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.events = append(d.events, e)
		}})
	if err != nil {
		t.Fatal(err)
	}
	d.hasher.setCost(cheap)
}

func (d *doors) close(t testing.TB) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// logTo has the next opening log there, everything.
func (d *doors) logTo(w io.Writer) {
	d.logger = slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// reopen is a restart.
func (d *doors) reopen(t testing.TB) {
	t.Helper()
	d.close(t)
	d.open(t)
}

var root = Caller{Tenants: engine.Tenants{All: true}}

func (d *doors) make(t testing.TB, w Wish) (Token, string) {
	t.Helper()
	if w.Name == "" {
		w.Name = "test"
	}
	token, text, err := d.Make(root, w)
	if err != nil {
		t.Fatal(err)
	}
	return token, text
}

// ask sends a request with a token to a route that needs the right.
func (d *doors) ask(need Right, header string) (status int, caller Caller, answer *httptest.ResponseRecorder) {
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	if header != "" {
		r.Header.Set("Authorization", header)
	}
	d.Require(need, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { caller = From(r.Context()) })).ServeHTTP(w, r)
	return w.Code, caller, w
}

func TestRequire(t *testing.T) {
	d := openDoors(t)
	_, reader := d.make(t, Wish{Grants: []Grant{{Role: "reader", Tenants: []string{"acme"}}}})
	_, auditor := d.make(t, Wish{Grants: []Grant{{Role: "auditor", Tenants: []string{"acme"}}}})
	f := func(need Right, header string, want int) *httptest.ResponseRecorder {
		t.Helper()
		status, caller, w := d.ask(need, header)
		if status != want {
			t.Errorf("%q: status %d, want %d", header, status, want)
		}
		if status != 200 && caller.Name != "" {
			t.Errorf("%q: the handler ran", header)
		}
		return w
	}
	f(None, "", 200)
	f(None, "Bearer wrong", 200)
	f(Read, "Bearer "+d.first, 200)
	f(Manage|AllTenants, "bearer  "+d.first, 200)
	f(Read, "Bearer "+reader, 200)
	f(Write, "Bearer "+reader, 403)
	f(Audit, "Bearer "+reader, 403)
	f(Audit, "Bearer "+auditor, 200)
	f(Audit|AllTenants, "Bearer "+auditor, 403)
	f(Write, "Bearer "+auditor, 403)
	f(Manage, "Bearer "+auditor, 403)

	unknown := formatToken(newToken())
	answers := map[string]bool{}
	for _, header := range []string{"Bearer", "Bearer ", "Bearer " + d.first[1:], "Bearer " + d.first + "0", "Bearer " + strings.ToUpper(d.first),
		"Bearer " + unknown, "Bearer " + reader[:len(reader)-1] + "x", "Bearer " + d.first[:23] + reader[23:], "Basic " + d.first, d.first} {
		w := f(Read, header, 401)
		if w.Header().Get("WWW-Authenticate") == "" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%q: header %v", header, w.Header())
		}
		answers[w.Body.String()] = true
	}
	if len(answers) != 1 {
		t.Errorf("refusals can be told apart: %v", answers)
	}
	f(Read, "", 401)
}

// A token is bound to the tenants of the right that is asked for, not to those of another.
func TestRequireBindsTenants(t *testing.T) {
	d := openDoors(t)
	f := func(need Right, want engine.Tenants, grants ...Grant) {
		t.Helper()
		_, text := d.make(t, Wish{Grants: grants})
		status, caller, _ := d.ask(need, "Bearer "+text)
		got := caller.Tenants
		if got.All != want.All || !slices.Equal(got.Names, want.Names) || !slices.Equal(got.Except, want.Except) {
			t.Errorf("%v for %v: %d %+v, want %+v", grants, need, status, got, want)
		}
	}
	own := []string{engine.ReservedTenant}
	mixed := []Grant{{Role: "reader", Tenants: []string{"b", "a"}}, {Role: "writer", Tenants: []string{"c", "a"}}, {Role: "auditor", Tenants: []string{"d"}}}
	f(Read, engine.Tenants{Names: []string{"a", "b", "d"}}, mixed...)
	f(Write, engine.Tenants{Names: []string{"a", "c"}}, mixed...)
	f(Audit, engine.Tenants{Names: []string{"d"}}, mixed...)
	f(Manage, engine.Tenants{}, mixed...)
	f(Read, engine.Tenants{All: true, Except: own}, Grant{Role: "reader", All: true})
	f(Read, engine.Tenants{All: true, Except: own}, Grant{Role: "reader", All: true}, Grant{Role: "auditor", Tenants: []string{"a"}})
	f(Read, engine.Tenants{All: true}, Grant{Role: "reader", Tenants: own}, Grant{Role: "reader", All: true})
	f(Read, engine.Tenants{All: true}, Grant{Role: "auditor", All: true})
	f(Read, engine.Tenants{Names: own}, Grant{Role: "reader", Tenants: own})
	f(Write, engine.Tenants{Names: []string{"a"}}, Grant{Role: "admin", Tenants: []string{"a", engine.ReservedTenant}})
	f(Write, engine.Tenants{}, Grant{Role: "admin", Tenants: own})
}

func TestWriteTo(t *testing.T) {
	f := func(tenants engine.Tenants, tenant, want string) {
		t.Helper()
		got, err := Caller{Tenants: tenants}.WriteTo(tenant)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%+v WriteTo(%q) = %q, %v, want %q", tenants, tenant, got, err, want)
		}
	}
	all, acme := engine.Tenants{All: true}, engine.Tenants{Names: []string{"acme"}}
	f(all, "acme", "acme")
	f(all, "", engine.DefaultTenant)
	f(all, engine.ReservedTenant, "")
	f(acme, "acme", "acme")
	f(acme, "", "acme")
	f(acme, "other", "")
	f(acme, engine.DefaultTenant, "")
	f(engine.Tenants{Names: []string{"acme", "b"}}, "", "")
	f(engine.Tenants{Names: []string{"acme", engine.DefaultTenant}}, "", engine.DefaultTenant)
	f(engine.Tenants{Names: []string{engine.ReservedTenant}}, "", "")
	f(engine.Tenants{}, "", "")
}

func TestExpiryAndRevocation(t *testing.T) {
	d := openDoors(t)
	d.clock = d.clock.Add(time.Second) // so that admin.token is the older one
	grants := []Grant{{Role: "reader", Tenants: []string{"acme"}}}
	token, text := d.make(t, Wish{Grants: grants, Expires: d.clock.Add(time.Hour)})
	other, otherText := d.make(t, Wish{Grants: grants})
	want := func(text string, want int) {
		t.Helper()
		if status, _, _ := d.ask(Read, "Bearer "+text); status != want {
			t.Errorf("status %d, want %d", status, want)
		}
	}
	want(text, 200)
	d.clock = d.clock.Add(time.Hour)
	want(text, 401)
	want(otherText, 200)
	revoked, err := d.Revoke(root, other.ID)
	if err != nil || !revoked.Revoked.Equal(d.clock) {
		t.Fatalf("revoke: %+v, %v", revoked, err)
	}
	want(otherText, 401)
	d.clock = d.clock.Add(time.Hour)
	if again, err := d.Revoke(root, other.ID); err != nil || !again.Revoked.Equal(revoked.Revoked) {
		t.Errorf("revoked again: %+v, %v", again, err)
	}
	d.reopen(t)
	want(text, 401)
	want(otherText, 401)
	if list := d.Tokens(root); len(list) != 3 || list[0].Name != TokenFile || !slices.ContainsFunc(list, func(x Token) bool { return x.ID == token.ID }) {
		t.Errorf("tokens: %+v", list)
	}
}
