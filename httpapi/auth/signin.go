package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

// maxNetworks is how many networks an account remembers that it was signed in from.
const maxNetworks = 8

var (
	errCredentials  = reply.Unauthorized("the name or the password is wrong, or the account cannot be signed in to")
	errSecondFactor = reply.Unauthorized("the code is wrong, has been used or is too old")
)

// SignIn begins a session for who has an account's login or e-mail address and its password, and gives the browser its cookie. With a second
// factor that session may do nothing but SecondFactor, and the account is zero. Whatever is wrong, the answer is the same and takes one
// hash: an unknown name, a wrong password, a disabled account, one that is not set up yet, or one that a provider vouches for.
func (a *Auth) SignIn(w http.ResponseWriter, r *http.Request, name, password string) (account Account, secondFactor bool, err error) {
	if err := a.checkSignIn(r, name, password); err != nil {
		return Account{}, false, err
	}
	name = foldName(name)
	acc := a.accounts.named(name)
	rec, who := new(accountRecord), engine.Actor{Name: attempted(name), Type: "account"}
	if acc != nil {
		rec = acc.value.Load()
		who = rec.actor(acc.id)
	}
	hash, err := a.tryPassword(r, name, rec, password)
	if err != nil {
		a.noteTry(r, actionSignIn, engine.OpLogin, who, err)
		return Account{}, false, err
	}
	var pending bool
	err = a.accounts.change(acc, func(now *accountRecord) error {
		now.Password, pending = hash, now.TOTP.on() // which may have come on while the password was checked
		return now.signIn(rec.Epoch, !pending, a.now(), networkOf(r))
	})
	if err != nil {
		return Account{}, false, err
	}
	if err := a.begin(w, r, sessionRecord{Account: acc.id, Epoch: rec.Epoch, Pending: pending}); err != nil {
		return Account{}, false, err
	}
	if pending {
		return Account{}, true, nil
	}
	a.note(r.Context(), actionSignIn, engine.OpLogin, who)
	return acc.value.Load().account(acc.id, Caller{}), false, nil
}

func (a *Auth) checkSignIn(r *http.Request, name, password string) error {
	switch {
	case a.broken != nil:
		return a.broken
	case strings.TrimSpace(name) == "":
		return fieldError("login", "is missing")
	case len(name) > MaxEmailBytes:
		return fieldError("login", "is %d bytes, the limit is %d", len(name), MaxEmailBytes)
	case password == "":
		return fieldError("password", "is missing")
	case len(password) > MaxPasswordBytes:
		return fieldError("password", "is %d bytes, the limit is %d", len(password), MaxPasswordBytes)
	}
	return private(r)
}

// tryPassword checks a password that was given for a name, within the limits of lockout.go, and returns the hash to keep: the one that there
// is, or one of today's cost. It computes one hash whatever the account is.
func (a *Auth) tryPassword(r *http.Request, name string, rec *accountRecord, password string) (hash string, err error) {
	network := networkOf(r)
	try, err := a.guards.try(pair{name, network}, slices.Contains(rec.Networks, network), a.now())
	if err != nil {
		return "", err
	}
	ok, old, err := a.hasher.check(r.Context(), password, rec.Password)
	switch {
	case err != nil:
		try.void()
		return "", fmt.Errorf("check password: %w", err)
	case !ok || !rec.Disabled.IsZero():
		return "", errCredentials
	}
	try.right()
	if !old {
		return rec.Password, nil
	}
	if hash, err = a.hasher.make(r.Context(), password); err != nil {
		return "", fmt.Errorf("renew password hash: %w", err)
	}
	return hash, nil
}

// signIn notes that somebody has signed in from a network, when that is done. Where the password has been changed since it was checked, or the
// account closed, nobody has.
func (r *accountRecord) signIn(epoch uint64, done bool, now time.Time, network netip.Addr) error {
	if r.Epoch != epoch || !r.Disabled.IsZero() {
		return errCredentials
	}
	if done {
		others := slices.DeleteFunc(slices.Clone(r.Networks), func(n netip.Addr) bool { return n == network })
		r.LastSignIn, r.Networks = now.UTC(), append([]netip.Addr{network}, others[:min(len(others), maxNetworks-1)]...)
	}
	return nil
}

// SecondFactor ends what SignIn began: with a code of the authenticator app, or with a recovery code, which is used up. The session is a new
// one.
func (a *Auth) SecondFactor(w http.ResponseWriter, r *http.Request, by Caller, code string) (Account, error) {
	err := a.useFactor(r, by, code, actionSignIn, engine.OpLogin, func(rec *accountRecord) error {
		return rec.signIn(by.epoch, true, a.now(), networkOf(r))
	})
	if err != nil {
		return Account{}, err
	}
	if err := a.begin(w, r, sessionRecord{Account: by.ID, Epoch: by.epoch}); err != nil {
		return Account{}, err
	}
	a.note(r.Context(), actionSignIn, engine.OpLogin, by.Actor())
	return a.accounts.find(by.ID).value.Load().account(by.ID, Caller{}), nil
}

// networkOf returns what counts as the place that a request comes from.
func networkOf(r *http.Request) netip.Addr { return reply.Network(reply.Client(r.Context())) }

// noteTry records that somebody was not let in. Mistakes of form and trouble of our own are no tries; a pause is told once.
func (a *Auth) noteTry(r *http.Request, action, operation string, who engine.Actor, err error) {
	code := ""
	switch p := reply.ProblemOf(err); {
	case errors.Is(err, errSecondFactor):
		code = codeSecondFactor
	case p.Status == http.StatusUnauthorized:
		code = codeCredentials
	case p.Status == http.StatusTooManyRequests:
		code = codeLocked
	}
	if _, again := errors.AsType[*repeated](err); code != "" && !again {
		a.noteFailure(r.Context(), action, operation, who, code, err)
	}
}
