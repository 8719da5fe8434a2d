package auth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

const (
	setupFor   = 24 * time.Hour // how long a link is good
	setupChars = 26             // of base32, 130 random bits
	setupPath  = "/setup#"
)

// setupKind is the kind of the set-up links' records. The key is the SHA-256 of the code, in hex, the value a setupRecord as JSON.
const setupKind = "setup"

// setupRecord is what is kept of a set-up link. One of another epoch than its account's is void: choosing the password raises that, so that
// the use of a link and its end are one step.
//
// Who has made a link can use it too. So it is void as soon as its account reaches further than what its maker managed: with a link from before,
// the administrator of one tenant does not become whom an administrator of all has made more of.
type setupRecord struct {
	Account string    `json:"account,omitempty"` // "": whoever opens it becomes the first administrator
	Epoch   uint64    `json:"epoch,omitzero"`
	Managed Grant     `json:"managed,omitzero"` // where its maker was an admin
	Expires time.Time `json:"expires"`
}

// SetupLink is good for choosing the password of an account, once. Its code is kept nowhere.
type SetupLink struct {
	Path    string    `json:"path"` // of the page, below the server's address; browsers do not send what is behind the #
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

var errSetup error = &engine.FieldError{Field: "code", Message: "is not known, was used, or is too old; ask for another link"}

// FirstSetup sees to it that somebody can become the first administrator. While no account is an administrator's of all tenants, disabled or
// not, it makes a link, to be shown once; where an earlier one is still good it only says until when.
func (a *Auth) FirstSetup() (link SetupLink, earlier time.Time, err error) {
	if a.broken != nil || !a.needsFirst() {
		return SetupLink{}, time.Time{}, nil
	}
	for _, s := range a.setups.all() {
		if rec := s.value.Load(); rec.Account == "" && a.open(rec) {
			return SetupLink{}, rec.Expires, nil
		}
	}
	link, err = a.makeSetup(setupRecord{})
	return link, time.Time{}, err
}

// RenewFirstSetup makes a link for the first administrator in the place of an earlier one.
func (a *Auth) RenewFirstSetup() (SetupLink, error) {
	if !a.needsFirst() {
		return SetupLink{}, reply.WrongState("there is an administrator of all tenants already; make other accounts with POST /api/v1/accounts")
	}
	return a.makeSetup(setupRecord{})
}

// needsFirst reports whether there is no administrator of all tenants. A disabled one counts: who disables the last does not mean to let
// anybody in who reads the server's output.
func (a *Auth) needsFirst() bool {
	for _, acc := range a.accounts.all() {
		if slices.ContainsFunc(acc.value.Load().Grants, func(g Grant) bool { return g.Role == "admin" && g.All }) {
			return false
		}
	}
	return true
}

// makeLink makes a link for an account that by manages.
func (a *Auth) makeLink(by Caller, acc *account) (SetupLink, error) {
	managed := Grant{Role: "admin", Tenants: by.Tenants.Names, All: by.Tenants.Everything()}
	return a.makeSetup(setupRecord{Account: acc.id, Epoch: acc.value.Load().Epoch, Managed: managed})
}

// makeSetup makes a link, on disk on return, in the place of earlier ones.
func (a *Auth) makeSetup(rec setupRecord) (SetupLink, error) {
	code := rand.Text()
	rec.Expires = a.now().Add(setupFor).UTC()
	a.setups.changing.Lock()
	defer a.setups.changing.Unlock()
	for _, s := range a.setups.all() {
		if s.value.Load().Account == rec.Account {
			if err := a.setups.remove(s.id); err != nil {
				return SetupLink{}, fmt.Errorf("make earlier set-up link void: %w", err)
			}
		}
	}
	if _, err := a.setups.put(keyOf(code), &rec); err != nil {
		return SetupLink{}, fmt.Errorf("make set-up link: %w", err)
	}
	return SetupLink{Path: setupPath + code, Code: code, Expires: rec.Expires}, nil
}

// open reports whether a link can be used now.
func (a *Auth) open(rec *setupRecord) bool {
	if !a.now().Before(rec.Expires) {
		return false
	}
	if rec.Account == "" {
		return a.needsFirst()
	}
	acc := a.accounts.find(rec.Account)
	return acc != nil && rec.opens(acc.value.Load())
}

// opens reports whether a link is good for its account as it is.
func (rec *setupRecord) opens(r *accountRecord) bool {
	return r.Epoch == rec.Epoch && r.Disabled.IsZero() && within(r.Grants, rec.Managed.scope(Manage))
}

// findSetup returns the link with the code.
func (a *Auth) findSetup(r *http.Request, code string) (*row[setupRecord], error) {
	if a.broken != nil {
		return nil, a.broken
	}
	if err := private(r); err != nil {
		return nil, err
	}
	code = parseSetup(code)
	if code == "" {
		return nil, fieldError("code", "is not one: %d letters and digits, as the link has them behind the #", setupChars)
	}
	s := a.setups.find(keyOf(code))
	if s == nil || !a.open(s.value.Load()) {
		return nil, errSetup
	}
	return s, nil
}

// parseSetup returns the text when it is how a code is written.
func parseSetup(text string) string {
	code := strings.TrimSpace(text)
	if len(code) != setupChars || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return ""
	}
	return code
}

// Setup is what a link is for, for its page.
type Setup struct {
	First   bool      `json:"first"` // for the first administrator, who chooses login and name too
	Login   string    `json:"login,omitempty"`
	Name    string    `json:"name,omitempty"`
	Expires time.Time `json:"expires"`
}

// LookSetup returns what the link with the code is for. The link stays good.
func (a *Auth) LookSetup(r *http.Request, code string) (Setup, error) {
	link, err := a.findSetup(r, code)
	if err != nil {
		return Setup{}, err
	}
	rec := link.value.Load()
	s := Setup{First: rec.Account == "", Expires: rec.Expires}
	if !s.First {
		person := a.accounts.find(rec.Account).value.Load()
		s.Login, s.Name = person.Login, person.Name
	}
	return s, nil
}

// SetupWish is what is chosen with a link: the password, and, by the first administrator only, all else.
type SetupWish struct {
	Code     string `json:"code"`
	Login    string `json:"login,omitempty"`
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Password string `json:"password"`
}

// UseSetup gives the account of a link its password, or makes the first administrator. The link is void afterwards.
func (a *Auth) UseSetup(r *http.Request, w SetupWish) (Account, error) {
	link, err := a.findSetup(r, w.Code)
	if err != nil {
		return Account{}, err
	}
	wanted, err := a.wanted(link.value.Load(), w)
	if err != nil {
		return Account{}, err
	}
	if err := checkPassword("password", w.Password, wanted); err != nil {
		return Account{}, err
	}
	hash, err := a.hasher.make(r.Context(), w.Password)
	if err != nil {
		return Account{}, fmt.Errorf("hash password: %w", err)
	}
	acc, err := a.finishSetup(link, wanted, hash)
	if err != nil {
		return Account{}, err
	}
	made := acc.value.Load()
	a.note(r.Context(), actionSetup, engine.OpEdit, made.actor(acc.id))
	return made.account(acc.id, Caller{}), nil
}

// wanted returns the account that a link leads to: the one that it is for, or the first administrator's as wished.
func (a *Auth) wanted(rec *setupRecord, w SetupWish) (*accountRecord, error) {
	if rec.Account == "" {
		wish := AccountWish{Login: w.Login, Name: w.Name, Email: w.Email, Grants: []Grant{{Role: "admin", All: true}}}
		r, err := wish.record()
		if err == nil {
			r.Created = a.now().UTC()
		}
		return r, err
	}
	for _, field := range []struct{ name, value string }{{"login", w.Login}, {"name", w.Name}, {"email", w.Email}} {
		if field.value != "" {
			return nil, fieldError(field.name, "is not to be chosen with this link")
		}
	}
	return a.accounts.find(rec.Account).value.Load(), nil
}

// finishSetup makes or changes the account, and ends the link. Of two uses at once one is too late. Dying between the two leaves a link that is
// void, as its account has another epoch, or there is an administrator.
func (a *Auth) finishSetup(link *row[setupRecord], wanted *accountRecord, hash string) (acc *account, err error) {
	a.setups.changing.Lock()
	defer a.setups.changing.Unlock()
	rec := link.value.Load()
	if a.setups.find(link.id) != link || !a.open(rec) {
		return nil, errSetup
	}
	if rec.Account == "" {
		wanted.Password = hash
		acc, err = a.accounts.add(wanted)
	} else {
		acc = a.accounts.find(rec.Account)
		err = a.accounts.change(acc, func(now *accountRecord) error {
			if !rec.opens(now) {
				return errSetup
			}
			now.Password = hash
			now.Epoch++
			return nil
		})
	}
	if err != nil {
		return nil, err
	}
	if err := a.setups.remove(link.id); err != nil {
		return nil, fmt.Errorf("end set-up link: %w", err)
	}
	return acc, nil
}

// sweepSetups forgets the links that are void.
func (a *Auth) sweepSetups() error {
	a.setups.changing.Lock()
	defer a.setups.changing.Unlock()
	var errs []error
	for _, s := range a.setups.all() {
		if !a.open(s.value.Load()) {
			errs = append(errs, a.setups.remove(s.id))
		}
	}
	return errors.Join(errs...)
}
