package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

var tokenCommand = Command{
	Name:    "token",
	Summary: "Show which access token is used, where it comes from, and whether it works",
	Usage:   "show [flags]",
	Details: `
The server makes one token at its first start and keeps it in admin.token in its data directory (readable by its owner only). The
token itself is printed only with --reveal. To have a new one made, remove that file and start the server again.`,
	Examples: `
# where is it, and does the server take it
annals token show
# into a shell variable, for curl
TOKEN=$(annals token show --reveal)
# for a server whose data is elsewhere
annals token show --data /var/lib/annals`,
	Run: runToken,
}

func runToken(ctx context.Context, env *Env, args []string) error {
	var c connection
	var reveal bool
	f := env.Flags()
	c.register(f)
	f.BoolVar(&reveal, "reveal", false, "print the token and nothing else")
	rest, err := f.Parse(args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "show" {
		return usagef("say: token show")
	}
	if err := c.resolve(f); err != nil {
		return err
	}
	if c.token == "" {
		return fmt.Errorf("there is no token: %s; give one with --token or ANNALS_TOKEN, or name the server's data directory with --data", c.tokenFrom)
	}
	if reveal {
		_, err := fmt.Fprintln(env.Stdout, visible(c.token))
		return err
	}
	sum := sha256.Sum256([]byte(c.token))
	fmt.Fprintf(env.Stdout, "from         %s\nfingerprint  sha256 %s...\nserver       %s\n", visible(c.tokenFrom), hex.EncodeToString(sum[:6]), c.base)
	var s stats
	err = c.get(ctx, "/stats", nil, &s)
	if p, ok := errors.AsType[*problem](err); ok {
		fmt.Fprintf(env.Stdout, "accepted     no: %s\n", visible(p.Error()))
		return ErrReported
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stdout, "accepted     yes")
	return nil
}
