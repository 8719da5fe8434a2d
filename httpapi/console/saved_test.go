package console

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// shelf is saved views over real records, and callers.
type shelf struct {
	*Saved
	access *auth.Auth
	log    *engine.Log
}

var shelfNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newShelf(t *testing.T) *shelf {
	t.Helper()
	l := enginetest.NewLog(t)
	access, _, err := auth.Open(auth.Options{Dir: t.TempDir(), Records: l.Records(), Logger: enginetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := access.Close(); err != nil {
			t.Error(err)
		}
	})
	return &shelf{newSaved(l.Records(), access, func() time.Time { return shelfNow }), access, l}
}

// caller makes somebody with a role in the tenants.
func (s *shelf) caller(t *testing.T, role string, tenants ...string) auth.Caller {
	t.Helper()
	root := auth.Caller{Tenants: engine.Tenants{All: true}}
	token, _, err := s.access.Make(root, auth.Wish{Name: role + " of " + strings.Join(tenants, " "), Grants: []auth.Grant{{Role: role, Tenants: tenants}}})
	if err != nil {
		t.Fatal(err)
	}
	return auth.Caller{ID: token.ID, Name: token.Name, Type: "token"}
}

func (s *shelf) names(t *testing.T, by auth.Caller) string {
	t.Helper()
	list, err := s.List(by)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range list {
		names = append(names, v.Name)
	}
	return strings.Join(names, ",")
}

func (s *shelf) save(t *testing.T, by auth.Caller, name, tenant string) SavedView {
	t.Helper()
	v, err := s.Make(by, ViewWish{Name: name, Query: "q=" + name, Tenant: tenant})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func wantStatus(t *testing.T, err error, status int) {
	t.Helper()
	if err == nil || reply.ProblemOf(err).Status != status {
		t.Errorf("%v, want status %d", err, status)
	}
}

// TestViewsWall: a private view is its owner's alone; a shared one is for who reads its tenant, and is changed by the owner or the tenant's
// manager, who cannot take it for themselves.
func TestViewsWall(t *testing.T) {
	s := newShelf(t)
	amy, bob, boss, foreign := s.caller(t, "reader", "acme"), s.caller(t, "auditor", "acme", "beta"), s.caller(t, "admin", "acme"), s.caller(t, "admin", "beta")
	own, shared := s.save(t, amy, "own", ""), s.save(t, amy, "shared", "acme")
	for by, want := range map[*auth.Caller]string{&amy: "own,shared", &bob: "shared", &boss: "shared", &foreign: ""} {
		if got := s.names(t, *by); got != want {
			t.Errorf("%s sees %s, want %s", by.Name, got, want)
		}
	}
	name, private, beta := "new", "", "beta"
	for _, id := range []string{own.ID, shared.ID, "nowhere"} {
		_, err := s.Change(foreign, id, ViewChange{Name: &name})
		wantStatus(t, err, http.StatusNotFound)
		wantStatus(t, s.Remove(foreign, id), http.StatusNotFound)
	}
	_, err := s.Make(amy, ViewWish{Name: "x", Tenant: "beta"})
	wantStatus(t, err, http.StatusBadRequest)
	_, err = s.Change(amy, shared.ID, ViewChange{Tenant: &beta})
	wantStatus(t, err, http.StatusBadRequest)
	_, err = s.Change(bob, shared.ID, ViewChange{Name: &name})
	wantStatus(t, err, http.StatusForbidden)
	wantStatus(t, s.Remove(bob, shared.ID), http.StatusForbidden)
	_, err = s.Change(boss, shared.ID, ViewChange{Tenant: &private})
	wantStatus(t, err, http.StatusForbidden)
	if v, err := s.Change(boss, shared.ID, ViewChange{Name: &name}); err != nil || v.Name != "new" || v.Owner.ID != amy.ID || !v.MayChange {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := s.Change(amy, shared.ID, ViewChange{Tenant: &private}); err != nil || v.Tenant != "" || s.names(t, boss) != "" {
		t.Errorf("%+v, %v", v, err)
	}
	if err := s.Remove(amy, own.ID); err != nil || s.names(t, amy) != "new" {
		t.Errorf("%v, %s", err, s.names(t, amy))
	}
}

// TestViewMarks: stars and the default view are each viewer's own, and outlive the views that they name.
func TestViewMarks(t *testing.T) {
	s := newShelf(t)
	amy, bob := s.caller(t, "reader", "acme"), s.caller(t, "reader", "acme")
	a, b, c := s.save(t, amy, "a", "acme"), s.save(t, amy, "b", "acme"), s.save(t, amy, "c", "acme")
	yes, no := true, false
	mark := func(by auth.Caller, v SavedView, change ViewChange) {
		t.Helper()
		if _, err := s.Change(by, v.ID, change); err != nil {
			t.Fatal(err)
		}
	}
	mark(bob, c, ViewChange{Starred: &yes, Default: &yes})
	if s.names(t, bob) != "c,a,b" || s.names(t, amy) != "a,b,c" || s.Start(bob) != "/events?q=c&range=last-1d" || s.Start(amy) != "" {
		t.Errorf("bob %s at %s, amy %s at %s", s.names(t, bob), s.Start(bob), s.names(t, amy), s.Start(amy))
	}
	mark(bob, b, ViewChange{Default: &yes})
	mark(bob, c, ViewChange{Default: &no}) // is no longer
	if s.Start(bob) != "/events?q=b&range=last-1d" {
		t.Errorf("bob begins at %s", s.Start(bob))
	}
	if err := s.Remove(amy, b.ID); err != nil || s.Start(bob) != "" {
		t.Errorf("%v, bob begins at %s", err, s.Start(bob))
	}
	if err := s.Remove(amy, c.ID); err != nil {
		t.Fatal(err)
	}
	mark(bob, a, ViewChange{Starred: &yes})
	if marks := s.viewer(bob); len(marks.Starred) != 1 {
		t.Errorf("stars of views that are gone stay: %+v", marks)
	}
	mark(bob, a, ViewChange{Starred: &no})
	again := &shelf{newSaved(s.log.Records(), s.access, s.now), s.access, s.log}
	if again.names(t, amy) != "a" || again.broken != nil || len(again.viewer(bob).Starred) != 0 {
		t.Errorf("after a restart: %s, %v, %+v", again.names(t, amy), again.broken, again.viewer(bob))
	}
}

// TestViewLimit: an owner has no more than so many, and a viewer's oldest star makes room.
func TestViewLimit(t *testing.T) {
	s := newShelf(t)
	amy, bob := s.caller(t, "reader", "acme"), s.caller(t, "reader", "acme")
	yes := true
	var firstID string
	for i := range MaxViews {
		v := s.save(t, amy, fmt.Sprint(i), "acme")
		if i == 0 {
			firstID = v.ID
		}
		if _, err := s.Change(bob, v.ID, ViewChange{Starred: &yes}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Make(amy, ViewWish{Name: "one more", Query: ""})
	wantStatus(t, err, http.StatusConflict)
	other := s.save(t, bob, "bob's", "")
	if _, err := s.Change(bob, other.ID, ViewChange{Starred: &yes}); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Get(bob, firstID); err != nil || v.Starred || len(s.viewer(bob).Starred) != MaxViews {
		t.Errorf("%+v, %v, %d stars", v, err, len(s.viewer(bob).Starred))
	}
}

// TestViewsAtOnce: changes at the same time undo none of each other.
func TestViewsAtOnce(t *testing.T) {
	s := newShelf(t)
	amy := s.caller(t, "reader", "acme")
	yes := true
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			v, err := s.Make(amy, ViewWish{Name: fmt.Sprint(i), Query: "", Starred: i%2 == 0})
			if err == nil {
				_, err = s.Change(amy, v.ID, ViewChange{Starred: &yes})
			}
			if err != nil {
				t.Error(err)
			}
			if _, err := s.List(amy); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(s.viewer(amy).Starred); n != 20 {
		t.Errorf("%d stars", n)
	}
}

// TestViewOfTooMuch: what is wrong with all of a query together is said without the name of a part.
func TestViewOfTooMuch(t *testing.T) {
	var query strings.Builder
	for i := range 100 {
		fmt.Fprintf(&query, "user=%d&module=%d&project=%d&", i, i, i)
	}
	_, err := checkViewQuery(query.String(), shelfNow)
	if err == nil || err.Error() != "query: There are too many filters at once. Remove some of them." {
		t.Errorf("it says %v", err)
	}
}

// TestViewQuery: a view has nothing but what the list reads.
func TestViewQuery(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got, err := checkViewQuery(text, shelfNow); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	f("", "range=last-1d")
	f("range=last-7d&page=3&event=x&event_tenant=y", "range=last-7d")
	f("?q=+timeout+&evil=javascript:x&sort=-user&sort=x&size=50", "q=timeout&range=last-1d&size=50&sort=-user")
	f("result=failure&result=failure&result=&details.A=b&details.=c", "details.a=b&range=last-1d&result=failure")
	f("from=2026-11-01&to=2026-11-02&tz=Asia%2FShanghai", "from=2026-11-01&range=custom&to=2026-11-02&tz=Asia%2FShanghai")
	for _, bad := range []string{"q=%22", "q=x%", "from=never", "from=2026-11-02&to=2026-11-01", strings.Repeat("x", MaxViewQuery+1),
		"q=" + strings.Repeat("%27", MaxViewQuery/3) + "&user=" + strings.Repeat("é", 100)} {
		if got, err := checkViewQuery(bad, shelfNow); err == nil || reply.ProblemOf(err).Status != http.StatusBadRequest {
			t.Errorf("%.40s: %.40s, %v", bad, got, err)
		}
	}
}
