package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"annals/engine"
)

// grant is a role in some tenants, or in all.
type grant struct {
	Role    string   `json:"role"`
	Tenants []string `json:"tenants,omitempty"`
	All     bool     `json:"all_tenants,omitzero"`
}

func (g grant) String() string {
	if g.All {
		return g.Role + " of all tenants"
	}
	return g.Role + " of " + strings.Join(g.Tenants, ", ")
}

// create prints the token alone on standard output, for a shell to take, and what it is on standard error.
func (t *tokenFlags) create(ctx context.Context, env *Env, _ []string) error {
	if t.name == "" || t.role == "" {
		return usagef("token create needs --name and --role")
	}
	expires, err := expiry(t.expires, time.Now())
	if err != nil {
		return err
	}
	wish := struct {
		Name    string    `json:"name"`
		Grants  []grant   `json:"grants"`
		Expires time.Time `json:"expires,omitzero"`
	}{t.name, []grant{{t.role, t.tenants, len(t.tenants) == 0}}, expires}
	type made struct {
		shownToken
		Token string `json:"token"`
	}
	return act(ctx, env, &t.connection, t.asJSON, http.MethodPost, "/tokens", wish, func(x made) error {
		fmt.Fprintf(env.Stderr, "token %s (%s) is %s, %s; it is shown only now\n", visible(x.ID), visible(x.Name), visible(roles(x.Grants)), x.until())
		_, err := fmt.Fprintln(env.Stdout, visible(x.Token))
		return err
	})
}

// expiry reads an age from now, or a time.
func expiry(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if age, err := parseAge(text); err == nil && age > 0 {
		return now.Add(age).UTC().Truncate(time.Second), nil
	}
	at, err := engine.ParseTime(text, now, time.Local)
	if err != nil || !at.After(now) {
		return at, usagef("--expires: %q is neither an age such as 90d or 1y nor a time to come such as 2027-12-31", text)
	}
	return at.UTC(), nil
}

// list is a flag value that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ", ") }

// Set implements flag.Value.
func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}
