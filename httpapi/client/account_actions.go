package client

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// shownAccount is what the server says of an account.
type shownAccount struct {
	ID           string    `json:"id"`
	Login        string    `json:"login"`
	Name         string    `json:"name"`
	Grants       []grant   `json:"grants"`
	LastSignIn   time.Time `json:"last_sign_in"`
	Disabled     time.Time `json:"disabled"`
	Waiting      bool      `json:"waiting"`
	SecondFactor bool      `json:"second_factor"`
	Provider     string    `json:"provider"`
}

// setupLink is what the server says of one.
type setupLink struct {
	Path    string    `json:"path"`
	Expires time.Time `json:"expires"`
}

func (x *shownAccount) state() string {
	switch {
	case !x.Disabled.IsZero():
		return "disabled " + x.Disabled.Local().Format(timeLayout)
	case x.Waiting:
		return "waits for its password"
	case x.Provider != "":
		return "signs in at " + visible(x.Provider)
	case x.SecondFactor:
		return "password and app"
	}
	return "password"
}

func (a *accountFlags) list(ctx context.Context, env *Env, _ []string) error {
	type answer struct {
		Accounts []shownAccount `json:"accounts"`
	}
	return act(ctx, env, &a.connection, a.asJSON, http.MethodGet, "/accounts", nil, func(all answer) error {
		return printRows(env, "LOGIN\tNAME\tLAST SIGN-IN\tSIGNS IN WITH\tROLE\tID", all.Accounts, func(out io.Writer, x shownAccount) {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", visible(x.Login), visible(x.Name), lastTime(x.LastSignIn), x.state(),
				cmp.Or(visible(roles(x.Grants)), "none"), visible(x.ID))
		})
	})
}

func (a *accountFlags) create(ctx context.Context, env *Env, _ []string) error {
	if a.login == "" || a.name == "" || a.role == "" {
		return usagef("account create needs --login, --name and --role")
	}
	return a.link(ctx, env, "/accounts", struct {
		Login  string  `json:"login"`
		Name   string  `json:"name"`
		Email  string  `json:"email,omitempty"`
		Grants []grant `json:"grants"`
	}{a.login, a.name, a.email, []grant{{a.role, a.tenants, len(a.tenants) == 0}}})
}

func (a *accountFlags) disable(ctx context.Context, env *Env, args []string) error {
	return a.setDisabled(ctx, env, args[0], true)
}

func (a *accountFlags) enable(ctx context.Context, env *Env, args []string) error {
	return a.setDisabled(ctx, env, args[0], false)
}

func (a *accountFlags) setDisabled(ctx context.Context, env *Env, login string, disabled bool) error {
	x, err := a.accountID(ctx, login)
	if err != nil {
		return err
	}
	wish := map[string]bool{"disabled": disabled}
	return act(ctx, env, &a.connection, a.asJSON, http.MethodPatch, "/accounts/"+url.PathEscape(x.ID), wish, func(now shownAccount) error {
		_, err := fmt.Fprintf(env.Stdout, "account %s (%s): %s\n", visible(now.Login), visible(now.Name), now.state())
		return err
	})
}

func (a *accountFlags) reset(ctx context.Context, env *Env, args []string) error {
	x, err := a.accountID(ctx, args[0])
	if err != nil {
		return err
	}
	return a.link(ctx, env, "/accounts/"+url.PathEscape(x.ID)+"/reset", map[string]bool{"second_factor": a.secondFactor})
}

// setupLink makes another link for the first administrator, or for an account that waits. Of one that has a password it must be said that
// this one shall go: that is a reset.
func (a *accountFlags) setupLink(ctx context.Context, env *Env, args []string) error {
	if len(args) == 0 {
		return a.link(ctx, env, "/setup/first", nil)
	}
	x, err := a.accountID(ctx, args[0])
	if err != nil {
		return err
	}
	if !x.Waiting {
		return fmt.Errorf("%s has a password; `annals account reset %s` takes it away and makes a link", visible(x.Login), visible(x.Login))
	}
	return a.reset(ctx, env, args)
}

// link prints a set-up link alone on standard output, and whose it is on standard error.
func (a *accountFlags) link(ctx context.Context, env *Env, path string, wish any) error {
	type made struct {
		setupLink              // of the first administrator
		Account   shownAccount `json:"account"`
		Setup     setupLink    `json:"setup"`
	}
	return act(ctx, env, &a.connection, a.asJSON, http.MethodPost, path, wish, func(x made) error {
		link, who := x.setupLink, "the first administrator"
		if wish != nil {
			link, who = x.Setup, fmt.Sprintf("%s (%s), %s", visible(x.Account.Login), visible(x.Account.Name), visible(roles(x.Account.Grants)))
		}
		fmt.Fprintf(env.Stderr, "link for %s, once, until %s; it is shown only now\n", who, link.Expires.Local().Format(timeLayout))
		_, err := fmt.Fprintln(env.Stdout, strings.TrimRight(a.base.String(), "/")+visible(link.Path))
		return err
	})
}
