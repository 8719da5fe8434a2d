package client

import (
	"context"
	"fmt"
	"strings"
)

var accountCommand = Command{
	Name:    "account",
	Summary: "Make, list, disable and reset people's accounts",
	Usage:   "list|create|disable|enable|reset|setup-link [flags] [LOGIN]",
	Details: `
A person signs in with a login and a password that nobody else ever knows: create and reset print a link, good once and for a day, with
which the person chooses it. Send it to them on a way that only they read.

An account has a role in some tenants, or in all of them, as a token has ("annals help token" says what the roles may). disable ends all of
a person's sessions and lets them in no more; the account stays, because events name it. reset takes the password away, and with
--second-factor the authenticator app too.

setup-link makes another link for an account that waits for its password; without a login, for the first administrator, whose link the
server shows at its first start.`,
	Examples: `
# somebody who reads one tenant; the link is on standard output
annals account create --login amy --name 'Amy Ng' --email amy@example.com --role reader --tenant shop
# an administrator of everything
annals account create --login root --name 'Root' --role admin
# who has an account, and who has signed in
annals account list
# somebody leaves, or comes back
annals account disable amy
annals account enable amy
# a password is forgotten, and the telephone with the app is lost
annals account reset amy --second-factor
# the first administrator's link was not used in time
annals account setup-link`,
	Run: runAccount,
}

// accountFlags are the flags of all of account's actions.
type accountFlags struct {
	connection
	asJSON, secondFactor     bool
	login, name, email, role string
	tenants                  list
}

// accountActions are what account does. Flags are those that an action takes besides the connection's.
var accountActions = []struct {
	name, flags string
	least, most int // arguments
	run         func(a *accountFlags, ctx context.Context, env *Env, args []string) error
}{
	{"list", "json", 0, 0, (*accountFlags).list},
	{"create", "login name email role tenant json", 0, 0, (*accountFlags).create},
	{"disable", "json", 1, 1, (*accountFlags).disable},
	{"enable", "json", 1, 1, (*accountFlags).enable},
	{"reset", "second-factor json", 1, 1, (*accountFlags).reset},
	{"setup-link", "json", 0, 1, (*accountFlags).setupLink},
}

func runAccount(ctx context.Context, env *Env, args []string) error {
	var a accountFlags
	f := env.Flags()
	a.register(f)
	f.StringVar(&a.login, "login", "", "create: what the person signs in with, as `TEXT` without spaces")
	f.StringVar(&a.name, "name", "", "create: the person's name, as `TEXT`")
	f.StringVar(&a.email, "email", "", "create: e-mail `ADDRESS`, to sign in with as well")
	f.StringVar(&a.role, "role", "", "create: `ROLE` it has: writer, reader, auditor or admin")
	f.Var(&a.tenants, "tenant", "create: `TENANT` in which it has the role; give it again for more (default: all, those to come included)")
	f.BoolVar(&a.secondFactor, "second-factor", false, "reset: take the second factor away too")
	f.BoolVar(&a.asJSON, "json", false, "print the server's answer as a line of JSON")
	rest, err := f.Parse(args)
	if err != nil {
		return err
	}
	for _, action := range accountActions {
		if len(rest) == 0 || rest[0] != action.name {
			continue
		}
		if n := len(rest) - 1; n < action.least || n > action.most {
			return usagef("account %s takes %d arguments, have %d", action.name, action.most, n)
		}
		if err := onlyFlags(f, strings.Fields(action.flags)); err != nil {
			return usagef("account %s: %v", action.name, err)
		}
		if err := a.resolve(f); err != nil {
			return err
		}
		return action.run(&a, ctx, env, rest[1:])
	}
	return usagef("say: account list, create, disable, enable, reset or setup-link")
}

// accountID finds the account of a login, or of an ID.
func (a *accountFlags) accountID(ctx context.Context, login string) (shownAccount, error) {
	var answer struct {
		Accounts []shownAccount `json:"accounts"`
	}
	if err := a.get(ctx, "/accounts", nil, &answer); err != nil {
		return shownAccount{}, err
	}
	for _, x := range answer.Accounts {
		if strings.EqualFold(x.Login, login) || x.ID == login {
			return x, nil
		}
	}
	return shownAccount{}, fmt.Errorf("no account that is managed here has the login %q; `annals account list` shows them", visible(login))
}
