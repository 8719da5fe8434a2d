package auth

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

func TestMakeNamesTheMistake(t *testing.T) {
	d := openDoors(t)
	reader := []Grant{{Role: "reader", All: true}}
	f := func(field string, w Wish) {
		t.Helper()
		_, text, err := d.Make(root, w)
		if e, ok := errors.AsType[*engine.FieldError](err); !ok || e.Field != field || text != "" {
			t.Errorf("%+v: %v, want a mistake in %s", w, err, field)
		}
	}
	f("name", Wish{Grants: reader})
	f("name", Wish{Name: strings.Repeat("x", MaxNameBytes+1), Grants: reader})
	f("name", Wish{Name: "a\x1b[2J", Grants: reader})
	f("grants", Wish{Name: "x"})
	f("grants", Wish{Name: "x", Grants: make([]Grant, MaxGrants+1)})
	f("expires", Wish{Name: "x", Grants: reader, Expires: d.clock})
	f("grants.0.role", Wish{Name: "x", Grants: []Grant{{Role: "root", All: true}}})
	f("grants.1.role", Wish{Name: "x", Grants: []Grant{reader[0], {All: true}}})
	f("grants.0.tenants", Wish{Name: "x", Grants: []Grant{{Role: "reader"}}})
	f("grants.0.tenants", Wish{Name: "x", Grants: []Grant{{Role: "reader", All: true, Tenants: []string{"a"}}}})
	f("grants.0.tenants", Wish{Name: "x", Grants: []Grant{{Role: "reader", Tenants: []string{""}}}})
	f("grants.0.tenants", Wish{Name: "x", Grants: []Grant{{Role: "reader", Tenants: []string{"a\n"}}}})
	f("grants.0.tenants", Wish{Name: "x", Grants: []Grant{{Role: "writer", Tenants: []string{engine.ReservedTenant}}}})
	f("grants.0.tenants", Wish{Name: "x", Grants: []Grant{{Role: "reader", Tenants: make([]string, MaxGrantTenants+1)}}})
}

// Who manages some tenants gives, sees and takes away nothing beyond them.
func TestManageWithinTenants(t *testing.T) {
	d := openDoors(t)
	acme := Caller{Tenants: engine.Tenants{Names: []string{"acme", "beta"}}}
	make := func(want bool, g ...Grant) {
		t.Helper()
		_, _, err := d.Make(acme, Wish{Name: "x", Grants: g})
		p, refused := errors.AsType[*reply.Problem](err)
		if (err == nil) != want || err != nil && (!refused || p.Status != 403) {
			t.Errorf("make %v: %v", g, err)
		}
	}
	make(true, Grant{Role: "admin", Tenants: []string{"beta"}})
	make(true, Grant{Role: "reader", Tenants: []string{"acme", "beta"}}, Grant{Role: "writer", Tenants: []string{"acme"}})
	make(false, Grant{Role: "reader", All: true})
	make(false, Grant{Role: "reader", Tenants: []string{"acme", "other"}})
	make(false, Grant{Role: "reader", Tenants: []string{engine.ReservedTenant}})
	make(false, Grant{Role: "reader", Tenants: []string{"acme"}}, Grant{Role: "writer", Tenants: []string{"other"}})

	both, _ := d.make(t, Wish{Grants: []Grant{{Role: "reader", Tenants: []string{"acme", "other"}}}})
	if list := d.Tokens(acme); len(list) != 2 {
		t.Errorf("sees %+v", list)
	}
	f := func(id string) string {
		_, err := d.Revoke(acme, id)
		p, _ := errors.AsType[*reply.Problem](err)
		if p == nil || p.Status != 404 {
			t.Errorf("revoke %s: %v", id, err)
			return ""
		}
		return p.Detail
	}
	id, _, _ := parseToken(d.first)
	if a, b, c := f(both.ID), f(id), f("0000000000000000"); a != b || b != c {
		t.Errorf("refusals can be told apart: %q %q %q", a, b, c)
	}
}

// The last use is written when it is due and at the end, and undoes no revocation.
func TestLastUse(t *testing.T) {
	d := openDoors(t)
	token, text := d.make(t, Wish{Grants: []Grant{{Role: "reader", All: true}}})
	shown := func() time.Time {
		t.Helper()
		for _, x := range d.Tokens(root) {
			if x.ID == token.ID {
				return x.LastUsed
			}
		}
		t.Fatal("the token is gone")
		return time.Time{}
	}
	if at := shown(); !at.IsZero() {
		t.Errorf("used %v before it was", at)
	}
	before := d.stored(t, token.ID)
	d.ask(Read, "Bearer "+text)
	if at := shown(); !at.Equal(d.clock) {
		t.Errorf("used %v, want %v", at, d.clock)
	}
	if d.stored(t, token.ID) != before {
		t.Error("a request wrote the record")
	}
	if err := d.writeUse(); err != nil {
		t.Fatal(err)
	}
	written := d.stored(t, token.ID)
	if written == before {
		t.Error("not written")
	}
	d.clock = d.clock.Add(time.Second)
	d.ask(Read, "Bearer "+text)
	if _, err := d.Revoke(root, token.ID); err != nil {
		t.Fatal(err)
	}
	at := d.clock
	d.clock = d.clock.Add(time.Second)
	d.ask(Read, "Bearer "+text)
	d.reopen(t)
	if got := shown(); !got.Equal(at) {
		t.Errorf("after a restart used %v, want %v", got, at)
	}
	if status, _, _ := d.ask(Read, "Bearer "+text); status != 401 {
		t.Errorf("revoked, used, restarted: %d", status)
	}
}

func (d *doors) stored(t *testing.T, id string) string {
	t.Helper()
	value, err := d.log.Records().Get(recordKind, id)
	if err != nil {
		t.Fatal(err)
	}
	return string(value)
}

// No record has a token's text.
func TestSecretIsNotKept(t *testing.T) {
	d := openDoors(t)
	token, text := d.make(t, Wish{Grants: []Grant{{Role: "reader", All: true}}})
	if kept := d.stored(t, token.ID); strings.Contains(kept, text[len(text)-secretDigits:]) {
		t.Errorf("kept: %s", kept)
	}
}

// TestConcurrent is for the race detector: requests, uses written down, tokens made and revoked at once.
func TestConcurrent(t *testing.T) {
	d := openDoors(t)
	grants := []Grant{{Role: "reader", Tenants: []string{"acme"}}}
	token, text := d.make(t, Wish{Grants: grants})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				d.ask(Read, "Bearer "+text)
				d.Tokens(root)
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			if err := d.writeUse(); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		for range 5 {
			d.make(t, Wish{Grants: grants})
		}
		if _, err := d.Revoke(root, token.ID); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	if status, _, _ := d.ask(Read, "Bearer "+text); status != 401 {
		t.Errorf("revoked meanwhile: %d", status)
	}
}
