package auth

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"annals/engine"
)

func (d *doors) useAs(link SetupLink, login, password string) (Account, error) {
	wish := SetupWish{Code: link.Code, Password: password, Login: login}
	if login != "" {
		wish.Name = "somebody"
	}
	return d.UseSetup(d.browser().request(), wish)
}

func wantField(t *testing.T, err error, field string) {
	t.Helper()
	if e, ok := errors.AsType[*engine.FieldError](err); !ok || e.Field != field {
		t.Errorf("%v, want a mistake in %s", err, field)
	}
}

// The first administrator's link is shown once, again only when it is too old, and not at all once somebody has used it.
func TestFirstSetup(t *testing.T) {
	d := openDoors(t)
	first := func(want bool) SetupLink {
		t.Helper()
		link, earlier, err := d.FirstSetup()
		if err != nil || (link.Code != "") != want || want && !earlier.IsZero() {
			t.Errorf("%+v, %v, %v", link, earlier, err)
		}
		return link
	}
	old := first(true)
	d.reopen(t)
	first(false)
	if _, earlier, _ := d.FirstSetup(); !earlier.Equal(old.Expires) {
		t.Errorf("the earlier link is good until %v", earlier)
	}
	if look, err := d.LookSetup(d.browser().request(), old.Code); err != nil || !look.First || look.Login != "" {
		t.Errorf("%+v, %v", look, err)
	}
	d.clock = d.clock.Add(setupFor)
	_, err := d.LookSetup(d.browser().request(), old.Code)
	wantField(t, err, "code")
	second := first(true)
	third, err := d.RenewFirstSetup()
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.useAs(second, "amy", goodPassword)
	wantField(t, err, "code")
	_, err = d.useAs(third, "", goodPassword)
	wantField(t, err, "login")
	_, err = d.useAs(third, "amy", "short")
	wantField(t, err, "password")
	_, err = d.useAs(third, "Correct.Horse.Battery", "correct.horse.battery")
	wantField(t, err, "password")
	account, err := d.useAs(third, "Amy", goodPassword)
	if err != nil || account.Login != "amy" || !account.Grants[0].All || account.Grants[0].Role != "admin" {
		t.Fatalf("%+v, %v", account, err)
	}
	_, err = d.useAs(third, "bob", goodPassword)
	wantField(t, err, "code")
	if _, err := d.RenewFirstSetup(); statusOf(err) != 409 {
		t.Error(err)
	}
	d.disable(t, account.ID, true)
	d.clock = d.clock.Add(2 * setupFor)
	d.reopen(t)
	first(false)
}

// Whoever becomes administrator on another way ends the first link.
func TestFirstSetupIsVoidWithAnAdministrator(t *testing.T) {
	d := openDoors(t)
	link, _, _ := d.FirstSetup()
	d.person(t, "root", Grant{Role: "admin", All: true})
	_, err := d.useAs(link, "amy", goodPassword)
	wantField(t, err, "code")
}

// A link is good once, also when two use it in the same moment.
func TestSetupOnce(t *testing.T) {
	d := openDoors(t)
	_, link := d.waiting(t, "amy")
	first, _, _ := d.FirstSetup()
	var used, made atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := d.useAs(link, "", goodPassword); err == nil {
				used.Add(1)
			}
		})
		all.Go(func() {
			if _, err := d.useAs(first, "root", goodPassword); err == nil {
				made.Add(1)
			}
		})
	}
	all.Wait()
	if used.Load() != 1 || made.Load() != 1 {
		t.Errorf("used %d times and %d times", used.Load(), made.Load())
	}
}

// Whoever has made a link cannot use it to become whom somebody else has given more since. In the maker's own tenants more may be given.
func TestLinkOpensNoMoreThanItsMakerManaged(t *testing.T) {
	d := openDoors(t)
	acme := Caller{Tenants: engine.Tenants{Names: []string{"acme"}}}
	reader, admin := Grant{Role: "reader", Tenants: []string{"acme"}}, Grant{Role: "admin", Tenants: []string{"acme"}}
	beta, everywhere := Grant{Role: "reader", Tenants: []string{"beta"}}, Grant{Role: "reader", All: true}
	f := func(by Caller, given Grant, want bool) {
		t.Helper()
		made, link, err := d.MakeAccount(by, AccountWish{Login: fmt.Sprint("p", len(d.accounts.all())), Name: "x", Grants: []Grant{reader}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.ChangeAccount(root, made.ID, AccountChange{Grants: &[]Grant{reader, given}}); err != nil {
			t.Fatal(err)
		}
		d.reopen(t)
		if _, err = d.useAs(link, "", goodPassword); want != (err == nil) {
			t.Errorf("made by %+v, then %+v: %v", by.Tenants, given, err)
		}
	}
	f(acme, admin, true)
	f(acme, beta, false)
	f(acme, everywhere, false)
	f(root, beta, true)
	f(root, everywhere, true)
}

func TestSetup(t *testing.T) {
	d := openDoors(t)
	account, link := d.waiting(t, "amy")
	if !account.Waiting || !strings.HasSuffix(link.Path, "#"+link.Code) {
		t.Errorf("%+v, %+v", account, link)
	}
	if look, err := d.LookSetup(d.browser().request(), " "+link.Code+"\n"); err != nil || look.First || look.Login != "amy" {
		t.Errorf("%+v, %v", look, err)
	}
	_, err := d.useAs(link, "boss", goodPassword)
	wantField(t, err, "login")
	_, err = d.useAs(SetupLink{Code: strings.Repeat("A", setupChars)}, "", goodPassword)
	wantField(t, err, "code")
	_, err = d.useAs(SetupLink{Code: "x"}, "", goodPassword)
	wantField(t, err, "code")

	d.disable(t, account.ID, true)
	_, err = d.useAs(link, "", goodPassword)
	wantField(t, err, "code")
	d.disable(t, account.ID, false)
	_, err = d.useAs(link, "", goodPassword) // disabling has made it void
	wantField(t, err, "code")

	_, older, err := d.ResetAccount(root, account.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	_, link, _ = d.ResetAccount(root, account.ID, false)
	_, err = d.useAs(older, "", goodPassword)
	wantField(t, err, "code")
	d.reopen(t)
	d.use(t, link)
	if got, err := d.Account(root, account.ID); err != nil || got.Waiting {
		t.Errorf("%+v, %v", got, err)
	}
	if len(d.setups.all()) != 0 {
		t.Errorf("%d links are kept", len(d.setups.all()))
	}
	d.waiting(t, "bob")
	d.clock = d.clock.Add(setupFor)
	if err := d.writeUse(); err != nil || len(d.setups.all()) != 0 {
		t.Errorf("%v, %d links are kept", err, len(d.setups.all()))
	}
	if told := d.told(); len(told) != 1 || told[0] != "account.set_up edit success amy" {
		t.Errorf("told %q", told)
	}
}

// FuzzSetupCode: what is taken for a code is written in one way only.
func FuzzSetupCode(f *testing.F) {
	f.Add("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	f.Add(" abcdefghijklmnopqrstuvwxyz")
	f.Add("#")
	f.Fuzz(func(t *testing.T, text string) {
		if code := parseSetup(text); code != "" && (len(code) != setupChars || strings.TrimSpace(text) != code || parseSetup(code) != code) {
			t.Errorf("%q is taken for %q", text, code)
		}
	})
}
