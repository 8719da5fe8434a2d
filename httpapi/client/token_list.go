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
	var raw jsontext.Value
	if err := t.get(ctx, "/tokens", nil, &raw); err != nil {
		return err
	}
	if t.asJSON {
		return printValue(env, raw, true)
	}
	var answer struct {
		Tokens []shownToken `json:"tokens"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	out := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "ID\tNAME\tLAST USED\tACCEPTED\tROLE")
	for _, x := range answer.Tokens {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", visible(x.ID), visible(x.Name), lastTime(x.LastUsed), x.until(), cmp.Or(visible(roles(x.Grants)), "none"))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func (t *tokenFlags) revoke(ctx context.Context, env *Env, args []string) error {
	var raw jsontext.Value
	if err := t.send(ctx, http.MethodDelete, "/tokens/"+url.PathEscape(args[0]), nil, &raw); err != nil {
		return err
	}
	if t.asJSON {
		return printValue(env, raw, true)
	}
	var x shownToken
	if err := json.Unmarshal(raw, &x); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	fmt.Fprintf(env.Stdout, "token %s (%s) is %s\n", visible(x.ID), visible(x.Name), x.until())
	return nil
}
