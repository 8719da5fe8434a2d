package client

import (
	"context"
	"fmt"
	"net/url"

	"github.com/go-json-experiment/json/jsontext"
)

var getCommand = Command{
	Name:    "get",
	Summary: "Show one event whole, by its ID",
	Usage:   "[flags] ID...",
	Details: "The event is printed as indented JSON, or with --json as one line.",
	Examples: `
# one event, for reading
annals get 0198f6c2-7d51-7a30-9f3e-1b2c3d4e5f60
# the newest failure, whole
annals get $(annals search result:failure --limit 1 --json | jq -r .id)
# several, one a line
annals get --json ID1 ID2`,
	Run: runGet,
}

func runGet(ctx context.Context, env *Env, args []string) error {
	var c connection
	f := env.Flags()
	c.register(f)
	var tenant string
	var asJSON bool
	f.StringVar(&tenant, "tenant", "", "look in this `TENANT` only")
	f.BoolVar(&asJSON, "json", false, "print each event as a line of JSON")
	ids, err := f.Parse(args)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return usagef("name the event's ID")
	}
	if err := c.resolve(f); err != nil {
		return err
	}
	values := url.Values{}
	if tenant != "" {
		values.Set("tenant", tenant)
	}
	for _, id := range ids {
		var event jsontext.Value
		if err := c.get(ctx, "/events/"+url.PathEscape(id), values, &event); err != nil {
			return fmt.Errorf("event %s: %w", id, err)
		}
		if err := printValue(env, event, asJSON); err != nil {
			return err
		}
	}
	return nil
}

// printValue prints a JSON value, indented or as one line.
func printValue(env *Env, v jsontext.Value, oneLine bool) error {
	format := func() error { return v.Indent(jsontext.WithIndent("  ")) }
	if oneLine {
		format = func() error { return v.Compact() }
	}
	if err := format(); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if _, err := env.Stdout.Write(append(harmless(v), '\n')); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}
