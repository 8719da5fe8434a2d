package auth

import (
	"errors"
	"fmt"
	"net/http"

	"annals/engine"
	"annals/httpapi/reply"
)

// Me is what is shown to a caller of itself.
type Me struct {
	ID           string  `json:"id"`
	Type         string  `json:"type"` // token or account
	Name         string  `json:"name"`
	Login        string  `json:"login,omitempty"`
	Email        string  `json:"email,omitempty"`
	Grants       []Grant `json:"grants"`
	Provider     string  `json:"provider,omitempty"` // who vouches for the person; "": a password does
	SecondFactor bool    `json:"second_factor,omitzero"`
	RecoveryLeft int     `json:"recovery_left,omitzero"` // recovery codes that were not used
}

// Me returns who the caller is, and what it may do.
func (a *Auth) Me(by Caller) Me {
	me := Me{ID: by.ID, Type: by.Type, Name: by.Name}
	if by.session == "" {
		me.Grants = a.store.find(by.ID).value.Load().Grants
		return me
	}
	r := a.accounts.find(by.ID).value.Load()
	me.Name, me.Login, me.Email, me.Grants, me.Provider = r.Name, r.Login, r.Email, r.Grants, r.Issuer
	me.SecondFactor, me.RecoveryLeft = r.TOTP.on(), len(r.Recovery)
	return me
}

// ChangePassword gives the caller's account another password, and ends all its sessions; the caller gets a new one.
func (a *Auth) ChangePassword(w http.ResponseWriter, r *http.Request, by Caller, old, password string) error {
	acc := a.accounts.find(by.ID)
	if err := checkPassword("new", password, acc.value.Load()); err != nil {
		return err
	}
	if err := a.ownPassword(r, acc, actionPassword, "old", old); err != nil {
		return err
	}
	hash, err := a.hasher.make(r.Context(), password)
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	err = a.accounts.change(acc, func(rec *accountRecord) error {
		if rec.Epoch != by.epoch || !rec.Disabled.IsZero() {
			return errNoSession
		}
		rec.Password = hash
		rec.Epoch++
		return nil
	})
	if err != nil {
		return err
	}
	a.note(r.Context(), actionPassword, engine.OpEdit, by.Actor())
	return a.begin(w, r, sessionRecord{Account: by.ID, Epoch: by.epoch + 1})
}

// ownPassword has somebody who is signed in say the password again, which field has. It bounds guesses as signing in does.
func (a *Auth) ownPassword(r *http.Request, acc *account, action, field, password string) error {
	rec := acc.value.Load()
	switch {
	case rec.external():
		return reply.Forbidden("the account has no password here: " + rec.Issuer + " vouches for it")
	case password == "":
		return fieldError(field, "is missing")
	case len(password) > MaxPasswordBytes:
		return fieldError(field, "is %d bytes, the limit is %d", len(password), MaxPasswordBytes)
	}
	if err := private(r); err != nil {
		return err
	}
	_, err := a.tryPassword(r, rec.Login, rec, password)
	if err != nil {
		a.noteTry(r, action, engine.OpEdit, rec.actor(acc.id), err)
	}
	if errors.Is(err, errCredentials) {
		return fieldError(field, "is not the account's password")
	}
	return err
}
