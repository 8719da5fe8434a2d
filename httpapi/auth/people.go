package auth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

// Account is what is shown of one to those who manage it.
type Account struct {
	ID           string        `json:"id"`
	Login        string        `json:"login"`
	Name         string        `json:"name"`
	Email        string        `json:"email,omitempty"`
	Grants       []Grant       `json:"grants"`
	Created      time.Time     `json:"created"`
	CreatedBy    *engine.Actor `json:"created_by,omitempty"` // shown to itself, and to who manages all tenants
	LastSignIn   time.Time     `json:"last_sign_in,omitzero"`
	Disabled     time.Time     `json:"disabled,omitzero"`
	Waiting      bool          `json:"waiting,omitzero"` // there is no password until a set-up link is used
	SecondFactor bool          `json:"second_factor,omitzero"`
	Provider     string        `json:"provider,omitempty"` // the issuer that vouches for the person; "": a password does
}

// account is what is shown of a record to by; the zero Caller is the person itself.
func (r *accountRecord) account(id string, by Caller) Account {
	shown := Account{ID: id, Login: r.Login, Name: r.Name, Email: r.Email, Grants: r.Grants, Created: r.Created,
		LastSignIn: r.LastSignIn, Disabled: r.Disabled, Waiting: r.Password == "" && !r.external(), SecondFactor: r.TOTP.on(), Provider: r.Issuer}
	if r.CreatedBy.ID != "" {
		shown.CreatedBy = by.maker(r.CreatedBy)
	}
	return shown
}

// AccountWish is what a new account shall be.
type AccountWish struct {
	Login  string  `json:"login"`
	Name   string  `json:"name"`
	Email  string  `json:"email,omitempty"`
	Grants []Grant `json:"grants"`
}

// record checks a wish.
func (w *AccountWish) record() (*accountRecord, error) {
	login, err := foldLogin(w.Login)
	if err != nil {
		return nil, err
	}
	if err := checkText("name", w.Name); err != nil {
		return nil, err
	}
	if err := checkEmail(w.Email); err != nil {
		return nil, err
	}
	return &accountRecord{Login: login, Name: w.Name, Email: w.Email, Grants: w.Grants}, checkGrants(w.Grants)
}

// MakeAccount makes an account for a person, and the link with which that person chooses a password: nobody else ever does. By may give no more
// than what it manages. That a login is taken is told even where the account that has it is not by's: there are no two of a login.
func (a *Auth) MakeAccount(by Caller, w AccountWish) (Account, SetupLink, error) {
	r, err := w.record()
	if err == nil {
		err = by.mayGive(w.Grants)
	}
	if err != nil {
		return Account{}, SetupLink{}, err
	}
	r.Created, r.CreatedBy = a.now().UTC(), by.Actor()
	acc, err := a.accounts.add(r)
	if err != nil {
		return Account{}, SetupLink{}, fmt.Errorf("make account: %w", err)
	}
	link, err := a.makeLink(by, acc)
	return r.account(acc.id, by), link, err
}

// Accounts returns the accounts that reach no further than what by manages, in the order of their logins; disabled ones too.
func (a *Auth) Accounts(by Caller) []Account {
	list := []Account{}
	for _, acc := range a.accounts.all() {
		if r := acc.value.Load(); within(r.Grants, by.Tenants) {
			list = append(list, r.account(acc.id, by))
		}
	}
	slices.SortFunc(list, func(a, b Account) int { return cmp.Or(strings.Compare(a.Login, b.Login), strings.Compare(a.ID, b.ID)) })
	return list
}

// Account returns one of the accounts that by manages. Any other is not found, as if it did not exist.
func (a *Auth) Account(by Caller, id string) (Account, error) {
	acc, err := a.managed(by, id)
	if err != nil {
		return Account{}, err
	}
	return acc.value.Load().account(id, by), nil
}

var errNoAccount = reply.NotFound("no such account")

func (a *Auth) managed(by Caller, id string) (*account, error) {
	acc := a.accounts.find(id)
	if acc == nil || !within(acc.value.Load().Grants, by.Tenants) {
		return nil, errNoAccount
	}
	return acc, nil
}

// changeManaged is accounts.change for an account that by manages, and managed still when it comes to it.
func (a *Auth) changeManaged(by Caller, acc *account, fn func(*accountRecord) error) error {
	return a.accounts.change(acc, func(r *accountRecord) error {
		if !within(r.Grants, by.Tenants) {
			return errNoAccount
		}
		return fn(r)
	})
}

// AccountChange is what shall become of an account; nil leaves a thing as it is. A provider's word goes over the name, the address and the
// roles of its people, so that these are changed there.
type AccountChange struct {
	Name     *string  `json:"name,omitempty"`
	Email    *string  `json:"email,omitempty"`
	Grants   *[]Grant `json:"grants,omitempty"`
	Disabled *bool    `json:"disabled,omitempty"`
}

func (c *AccountChange) check(r *accountRecord) error {
	if r.external() && (c.Name != nil || c.Email != nil || c.Grants != nil) {
		return reply.WrongState("%s says what its people are called and may do; only disabled can be changed here", cut(r.Issuer))
	}
	if c.Name != nil {
		if err := checkText("name", *c.Name); err != nil {
			return err
		}
	}
	if c.Email != nil {
		if err := checkEmail(*c.Email); err != nil {
			return err
		}
	}
	if c.Grants != nil {
		return checkGrants(*c.Grants)
	}
	return nil
}

// ChangeAccount changes an account that by manages. It counts from the next request on; disabling ends all sessions, and enabling brings none
// back.
func (a *Auth) ChangeAccount(by Caller, id string, c AccountChange) (Account, error) {
	acc, err := a.managed(by, id)
	if err != nil {
		return Account{}, err
	}
	err = a.changeManaged(by, acc, func(r *accountRecord) error {
		if err := c.check(r); err != nil {
			return err
		}
		r.Name, r.Email, r.Grants = or(c.Name, r.Name), or(c.Email, r.Email), or(c.Grants, r.Grants)
		if disable := or(c.Disabled, !r.Disabled.IsZero()); disable && r.Disabled.IsZero() {
			r.Disabled = a.now().UTC()
			r.Epoch++
		} else if !disable {
			r.Disabled = time.Time{}
		}
		return by.mayGive(r.Grants)
	})
	if err != nil {
		return Account{}, err
	}
	return acc.value.Load().account(id, by), nil
}

func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// ResetAccount takes an account's password away, and if wanted its second factor, ends its sessions, and returns the link with which the
// person chooses another password. An older link is void.
func (a *Auth) ResetAccount(by Caller, id string, secondFactor bool) (Account, SetupLink, error) {
	acc, err := a.managed(by, id)
	if err != nil {
		return Account{}, SetupLink{}, err
	}
	err = a.changeManaged(by, acc, func(r *accountRecord) error {
		if r.external() {
			return reply.WrongState("the account has no password here: %s vouches for it", cut(r.Issuer))
		}
		if !r.Disabled.IsZero() {
			return reply.WrongState("the account is disabled, and a link would open nothing: enable it first")
		}
		if secondFactor {
			r.TOTP, r.Recovery = nil, nil
		}
		r.Password = ""
		r.Epoch++
		return nil
	})
	if err != nil {
		return Account{}, SetupLink{}, fmt.Errorf("reset account: %w", err)
	}
	a.forgetFactor(acc)
	link, err := a.makeLink(by, acc)
	return acc.value.Load().account(id, by), link, err
}
