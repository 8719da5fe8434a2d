package auth

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"annals/engine"
)

func TestMakeAccountNamesTheMistake(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	reader := []Grant{{Role: "reader", All: true}}
	f := func(field string, w AccountWish) {
		t.Helper()
		_, link, err := d.MakeAccount(root, w)
		if wantField(t, err, field); link.Code != "" {
			t.Errorf("%+v: a link", w)
		}
	}
	f("login", AccountWish{Name: "x", Grants: reader})
	f("login", AccountWish{Login: "a b", Name: "x", Grants: reader})
	f("login", AccountWish{Login: "a\x00b", Name: "x", Grants: reader})
	f("login", AccountWish{Login: strings.Repeat("x", MaxNameBytes+1), Name: "x", Grants: reader})
	f("login", AccountWish{Login: "AMY", Name: "x", Grants: reader})
	f("login", AccountWish{Login: "ａｍｙ", Name: "x", Grants: reader}) // full-width
	f("login", AccountWish{Login: "amy@example.com", Name: "x", Grants: reader})
	f("name", AccountWish{Login: "b", Grants: reader})
	f("name", AccountWish{Login: "b", Name: "a\x1b[2J", Grants: reader})
	f("email", AccountWish{Login: "b", Name: "x", Email: "Amy <amy@example.com>", Grants: reader})
	f("email", AccountWish{Login: "b", Name: "x", Email: "x", Grants: reader})
	f("email", AccountWish{Login: "b", Name: "x", Email: strings.Repeat("x", MaxEmailBytes) + "@example.com", Grants: reader})
	f("email", AccountWish{Login: "b", Name: "x", Email: "AMY@example.com", Grants: reader})
	f("grants", AccountWish{Login: "b", Name: "x"})
	f("grants.0.role", AccountWish{Login: "b", Name: "x", Grants: []Grant{{Role: "root", All: true}}})
}

// Who manages some tenants makes, sees and changes nobody who reaches beyond them.
func TestManagePeopleWithinTenants(t *testing.T) {
	d := openDoors(t)
	by := Caller{ID: "t", Type: "token", Tenants: engine.Tenants{Names: []string{"acme", "beta"}}}
	grant := func(tenants ...string) []Grant { return []Grant{{Role: "admin", Tenants: tenants}} }
	inside, _, err := d.MakeAccount(by, AccountWish{Login: "inside", Name: "x", Grants: grant("acme", "beta")})
	if err != nil || inside.CreatedBy == nil || inside.CreatedBy.ID != "t" {
		t.Fatal(inside, err)
	}
	for _, g := range [][]Grant{grant("gamma"), grant("acme", "gamma"), {{Role: "writer", All: true}}} {
		if _, _, err := d.MakeAccount(by, AccountWish{Login: "b", Name: "x", Grants: g}); statusOf(err) != 403 {
			t.Errorf("%v: %v", g, err)
		}
		if _, err := d.ChangeAccount(by, inside.ID, AccountChange{Grants: &g}); statusOf(err) != 403 {
			t.Errorf("%v: %v", g, err)
		}
	}
	if other, err := d.Account(Caller{ID: "u", Type: "token", Tenants: by.Tenants}, inside.ID); err != nil || other.CreatedBy != nil {
		t.Errorf("another administrator of the tenants sees %+v, %v", other, err)
	}
	if all, err := d.Account(root, inside.ID); err != nil || all.CreatedBy == nil {
		t.Errorf("an administrator of all sees %+v, %v", all, err)
	}
	outside := d.person(t, "outside", grant("acme", "gamma")...)
	if list := d.Accounts(by); len(list) != 1 || list[0].ID != inside.ID {
		t.Errorf("%+v", list)
	}
	disabled := true
	for _, id := range []string{outside.ID, "nothing", ""} {
		_, err := d.Account(by, id)
		_, changeErr := d.ChangeAccount(by, id, AccountChange{Disabled: &disabled})
		_, _, resetErr := d.ResetAccount(by, id, true)
		if statusOf(err) != 404 || statusOf(changeErr) != 404 || statusOf(resetErr) != 404 {
			t.Errorf("%q: %v, %v, %v", id, err, changeErr, resetErr)
		}
	}
	if status, _ := d.browser().signIn("outside", goodPassword); status != 200 {
		t.Errorf("status %d", status)
	}
}

// What is changed of an account counts at once, on disk too; what is not named stays.
func TestChangeAccount(t *testing.T) {
	d := openDoors(t)
	amy, bob := d.person(t, "amy"), d.person(t, "bob")
	b := d.browser()
	b.signIn("amy@example.com", goodPassword)
	name, email, none := "Amy", "amelia@example.com", ""
	f := func(c AccountChange) {
		t.Helper()
		if _, err := d.ChangeAccount(root, amy.ID, c); err != nil {
			t.Fatal(err)
		}
	}
	f(AccountChange{Name: &name})
	f(AccountChange{Email: &email})
	d.reopen(t)
	got, err := d.Account(root, amy.ID)
	if err != nil || got.Name != name || got.Email != email || got.Login != "amy" || len(got.Grants) != 1 || got.Waiting {
		t.Errorf("%+v, %v", got, err)
	}
	signIn := func(name string, want int) {
		t.Helper()
		if status, _ := d.browser().signIn(name, goodPassword); status != want {
			t.Errorf("%s: status %d, want %d", name, status, want)
		}
	}
	signIn("amy@example.com", 401)
	signIn(" AMELIA@example.com", 200)
	_, err = d.ChangeAccount(root, bob.ID, AccountChange{Email: &email})
	wantField(t, err, "email")
	f(AccountChange{Email: &none})
	signIn(email, 401)
	if _, err = d.ChangeAccount(root, bob.ID, AccountChange{Email: &email}); err != nil {
		t.Error(err)
	}
	_, err = d.ChangeAccount(root, amy.ID, AccountChange{Name: &none})
	wantField(t, err, "name")

	caller := b.is(t, Read, 200)
	f(AccountChange{Grants: &[]Grant{{Role: "reader", Tenants: []string{"beta"}}}})
	if after := b.is(t, Read, 200); d.Valid(caller) || !d.Valid(after) || !after.Tenants.Sees("beta") || after.Tenants.Sees("acme") {
		t.Errorf("%+v, then %+v", caller, after)
	}
}

// Disabling and resetting end what there is; neither is undone by enabling.
func TestDisableAndReset(t *testing.T) {
	d := openDoors(t)
	amy := d.person(t, "amy")
	d.enrol(t, "amy")
	enter := func() *browser {
		t.Helper()
		b := d.browser()
		_, _ = b.signIn("amy", goodPassword)
		return b
	}
	pending := enter()
	d.disable(t, amy.ID, true)
	pending.is(t, Pending, 401)
	if _, _, err := d.ResetAccount(root, amy.ID, false); statusOf(err) != 409 {
		t.Errorf("a link for somebody who may not come in: %v", err)
	}
	d.disable(t, amy.ID, false)
	pending.is(t, Pending, 401)
	pending = enter()
	got, link, err := d.ResetAccount(root, amy.ID, false)
	if err != nil || !got.Waiting || !got.SecondFactor {
		t.Fatal(got, err)
	}
	pending.is(t, Pending, 401)
	if status, _ := d.browser().signIn("amy", goodPassword); status != 401 {
		t.Errorf("status %d", status)
	}
	d.use(t, link)
	if _, second := d.browser().signIn("amy", goodPassword); !second {
		t.Error("no second factor is asked for")
	}
	if got, link, err = d.ResetAccount(root, amy.ID, true); err != nil || got.SecondFactor {
		t.Fatal(got, err)
	}
	d.use(t, link)
	if status, second := d.browser().signIn("amy", goodPassword); second || status != 200 {
		t.Errorf("status %d, second factor %v", status, second)
	}
}

// Who has signed in at a provider is known by issuer and subject, and has what the provider says, each time.
func TestSignInAs(t *testing.T) {
	d := openDoors(t)
	local := d.person(t, "amy")
	acme, beta := []Grant{{Role: "reader", Tenants: []string{"acme"}}}, []Grant{{Role: "admin", Tenants: []string{"beta"}}}
	b := d.browser()
	as := func(id Identity, want int) {
		t.Helper()
		w := httptest.NewRecorder()
		if err := d.SignInAs(w, b.request(), id); statusOf(err) != want {
			t.Errorf("%+v: %v, want %d", id, err, want)
		}
		b.keep(w)
	}
	id := Identity{Issuer: "https://id.example", Subject: "7", Login: "Amy", Name: "Amy\x1b Ng", Email: "amy@example.com", Grants: acme}
	as(id, 200)
	first := b.is(t, Read, 200)
	if first.ID == local.ID || first.Name != "amy-2" || first.Email != id.Email || !first.Tenants.Sees("acme") {
		t.Errorf("%+v", first)
	}
	me := d.Me(first)
	if me.Name != "Amy Ng" || me.Provider != id.Issuer || me.Login != "amy-2" || me.SecondFactor {
		t.Errorf("%+v", me)
	}
	d.reopen(t)
	id.Login, id.Email, id.Grants = "renamed", "not an address", beta
	as(id, 200)
	if again := b.is(t, Manage, 200); again.ID != first.ID || again.Name != "amy-2" || again.Email != "" || d.Valid(first) {
		t.Errorf("%+v", again)
	}
	id.Issuer = "https://other.example"
	as(id, 200)
	if other := b.is(t, Manage, 200); other.ID == first.ID || other.Name != "renamed" {
		t.Errorf("%+v", other)
	}
	if status, _ := d.browser().signIn("amy@example.com", goodPassword); status != 200 { // the local one's still
		t.Errorf("status %d", status)
	}
	id.Issuer, id.Grants = "https://id.example", nil
	as(id, 403)
	as(Identity{Issuer: "x", Subject: "new", Grants: nil}, 403)
	as(Identity{Issuer: "x", Grants: acme}, 500)
	d.told()
	d.disable(t, first.ID, true)
	id.Grants = acme
	as(id, 403)
	if told := d.told(); !slices.Equal(told, []string{"account.sign_in login failure renamed refused"}) {
		t.Errorf("told %q", told)
	}
	// It has no password to change, to reset or to begin a second factor with.
	caller := Caller{ID: first.ID}
	if _, err := d.BeginTOTP(b.request(), caller, goodPassword); statusOf(err) != 403 {
		t.Error(err)
	}
	if err := d.ChangePassword(httptest.NewRecorder(), b.request(), caller, "x", goodPassword); statusOf(err) != 403 {
		t.Error(err)
	}
	if _, _, err := d.ResetAccount(root, first.ID, false); statusOf(err) != 409 {
		t.Error(err)
	}
	name := "x"
	if _, err := d.ChangeAccount(root, first.ID, AccountChange{Name: &name}); statusOf(err) != 409 {
		t.Error(err)
	}
	if list := d.Accounts(root); len(list) != 3 {
		t.Errorf("%+v", list)
	}
}

// Somebody who guesses at the password from inside is slowed down as at the door.
func TestOwnPasswordIsGuarded(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	b := d.browser()
	b.signIn("amy", goodPassword)
	caller := b.is(t, Self, 200)
	d.told()
	for range pairRule.free {
		wantField(t, d.ChangePassword(httptest.NewRecorder(), b.request(), caller, "wrong", "a quite different sentence"), "old")
	}
	if _, err := d.BeginTOTP(b.request(), caller, goodPassword); statusOf(err) != 429 {
		t.Error(err)
	}
	told := d.told()
	if len(told) != pairRule.free+1 || told[0] != "account.password edit failure amy credentials" || told[pairRule.free] != "account.second_factor_on edit failure amy locked" {
		t.Errorf("told %q", told)
	}
}
