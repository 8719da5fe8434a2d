package client

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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
	var raw jsontext.Value
	if err := a.get(ctx, "/accounts", nil, &raw); err != nil {
		return err
	}
	if a.asJSON {
		return printValue(env, raw, true)
	}
	var answer struct {
		Accounts []shownAccount `json:"accounts"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	out := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "LOGIN\tNAME\tLAST SIGN-IN\tSIGNS IN WITH\tROLE\tID")
	for _, x := range answer.Accounts {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", visible(x.Login), visible(x.Name), lastTime(x.LastSignIn), x.state(),
			cmp.Or(visible(roles(x.Grants)), "none"), visible(x.ID))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
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
	var raw jsontext.Value
	if err := a.send(ctx, http.MethodPatch, "/accounts/"+url.PathEscape(x.ID), fmt.Appendf(nil, `{"disabled":%v}`, disabled), &raw); err != nil {
		return err
	}
	if a.asJSON {
		return printValue(env, raw, true)
	}
	var now shownAccount
	if err := json.Unmarshal(raw, &now); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	fmt.Fprintf(env.Stdout, "account %s (%s): %s\n", visible(now.Login), visible(now.Name), now.state())
	return nil
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
	var body []byte
	if wish != nil {
		var err error
		if body, err = json.Marshal(wish); err != nil {
			return fmt.Errorf("make request: %w", err)
		}
	}
	var raw jsontext.Value
	if err := a.send(ctx, http.MethodPost, path, body, &raw); err != nil {
		return err
	}
	if a.asJSON {
		return printValue(env, raw, true)
	}
	var made struct {
		setupLink              // of the first administrator
		Account   shownAccount `json:"account"`
		Setup     setupLink    `json:"setup"`
	}
	if err := json.Unmarshal(raw, &made); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	link, who := made.setupLink, "the first administrator"
	if wish != nil {
		link, who = made.Setup, fmt.Sprintf("%s (%s), %s", visible(made.Account.Login), visible(made.Account.Name), visible(roles(made.Account.Grants)))
	}
	fmt.Fprintf(env.Stderr, "link for %s, once, until %s; it is shown only now\n", who, link.Expires.Local().Format(timeLayout))
	_, err := fmt.Fprintln(env.Stdout, strings.TrimRight(a.base.String(), "/")+visible(link.Path))
	return err
}
