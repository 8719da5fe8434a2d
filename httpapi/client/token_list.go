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

// shownToken is what the server says of a token.
type shownToken struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Grants   []grant   `json:"grants"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
	LastUsed time.Time `json:"last_used"`
	Revoked  time.Time `json:"revoked"`
}

func roles(grants []grant) string {
	texts := make([]string, len(grants))
	for i, g := range grants {
		texts[i] = g.String()
	}
	return strings.Join(texts, "; ")
}

// until says how long it is accepted.
func (t *shownToken) until() string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked " + t.Revoked.Local().Format(timeLayout)
	case t.Expires.IsZero():
		return "without an end"
	case !t.Expires.After(time.Now()):
		return "expired " + t.Expires.Local().Format(timeLayout)
	}
	return "until " + t.Expires.Local().Format(timeLayout)
}

func lastTime(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.Local().Format(timeLayout)
}

func (t *tokenFlags) list(ctx context.Context, env *Env, _ []string) error {
	type answer struct {
		Tokens []shownToken `json:"tokens"`
	}
	return act(ctx, env, &t.connection, t.asJSON, http.MethodGet, "/tokens", nil, func(all answer) error {
		return printRows(env, "ID\tNAME\tLAST USED\tACCEPTED\tROLE", all.Tokens, func(out io.Writer, x shownToken) {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", visible(x.ID), visible(x.Name), lastTime(x.LastUsed), x.until(), cmp.Or(visible(roles(x.Grants)), "none"))
		})
	})
}

func (t *tokenFlags) revoke(ctx context.Context, env *Env, args []string) error {
	return act(ctx, env, &t.connection, t.asJSON, http.MethodDelete, "/tokens/"+url.PathEscape(args[0]), nil, func(x shownToken) error {
		_, err := fmt.Fprintf(env.Stdout, "token %s (%s) is %s\n", visible(x.ID), visible(x.Name), x.until())
		return err
	})
}
