package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

var tokenCommand = Command{
	Name:    "token",
	Summary: "Make, list and revoke access tokens; show which one is used here",
	Usage:   "show|create|list|revoke [flags] [ID]",
	Details: `
A token has a role in some tenants, or in all of them:
  writer    sends events, and reads nothing
  reader    searches, follows and exports
  auditor   reads and verifies, and sees who read; changes nothing
  admin     all of that; makes and revokes tokens, within its own tenants
create prints the token on standard output, this once: the server keeps a hash of it only. list never shows one. revoke is for
ever, and does not touch tokens that the revoked one has made.

show tells which token commands use here, where it comes from, and whether the server takes it. The server makes one at its first
start, of role admin for all tenants, and keeps it in admin.token in its data directory (readable by its owner only). To have
another made and that one revoked, remove the file and start the server again.`,
	Examples: `
# a shipper that can only append, to one tenant
annals token create --name 'shop shipper' --role writer --tenant shop
# an auditor of everything, for a quarter, into a variable
TOKEN=$(annals token create --name 'audit 2026' --role auditor --expires 90d)
# who has access, and who has used it
annals token list
# take it away
annals token revoke 1f3a5c7e9b0d2f4a
# where is the one used here, and does the server take it
annals token show
# into a shell variable, for curl
TOKEN=$(annals token show --reveal)`,
	Run: runToken,
}

// tokenFlags are the flags of all of token's actions.
type tokenFlags struct {
	connection
	reveal, asJSON      bool
	name, role, expires string
	tenants             list
}

// tokenActions are what token does. Flags are those that an action takes besides the connection's.
var tokenActions = []struct {
	name, flags string
	arguments   int
	run         func(t *tokenFlags, ctx context.Context, env *Env, args []string) error
}{
	{"show", "reveal", 0, (*tokenFlags).show},
	{"create", "name role tenant expires json", 0, (*tokenFlags).create},
	{"list", "json", 0, (*tokenFlags).list},
	{"revoke", "json", 1, (*tokenFlags).revoke},
}

func runToken(ctx context.Context, env *Env, args []string) error {
	var t tokenFlags
	f := env.Flags()
	t.register(f)
	f.BoolVar(&t.reveal, "reveal", false, "show: print the token and nothing else")
	f.StringVar(&t.name, "name", "", "create: what the token is for, as `TEXT`")
	f.StringVar(&t.role, "role", "", "create: `ROLE` it has: writer, reader, auditor or admin")
	f.Var(&t.tenants, "tenant", "create: `TENANT` in which it has the role; give it again for more (default: all, those to come included)")
	f.StringVar(&t.expires, "expires", "", "create: when it ends, as an `AGE` from now such as 90d, or a date (default: never)")
	f.BoolVar(&t.asJSON, "json", false, "create, list, revoke: print the server's answer as a line of JSON")
	rest, err := f.Parse(args)
	if err != nil {
		return err
	}
	for _, action := range tokenActions {
		if len(rest) == 0 || rest[0] != action.name {
			continue
		}
		if len(rest)-1 != action.arguments {
			return usagef("token %s takes %d arguments, have %d", action.name, action.arguments, len(rest)-1)
		}
		if err := onlyFlags(f, strings.Fields(action.flags)); err != nil {
			return usagef("token %s: %v", action.name, err)
		}
		if err := t.resolve(f); err != nil {
			return err
		}
		return action.run(&t, ctx, env, rest[1:])
	}
	return usagef("say: token show, create, list or revoke")
}

// onlyFlags refuses a flag that is another action's, so that none is silently ignored.
func onlyFlags(f *Flags, names []string) (err error) {
	f.Visit(func(used *flag.Flag) {
		if !f.settings[used.Name] && used.Name != "config" && !slices.Contains(names, used.Name) {
			err = fmt.Errorf("--%s is not for it", used.Name)
		}
	})
	return err
}

func (t *tokenFlags) show(ctx context.Context, env *Env, _ []string) error {
	if t.token == "" {
		return fmt.Errorf("there is no token: %s; give one with --token or ANNALS_TOKEN, or name the server's data directory with --data", t.tokenFrom)
	}
	if t.reveal {
		_, err := fmt.Fprintln(env.Stdout, visible(t.token))
		return err
	}
	sum := sha256.Sum256([]byte(t.token))
	fmt.Fprintf(env.Stdout, "from         %s\nfingerprint  sha256 %s...\nserver       %s\n", visible(t.tokenFrom), hex.EncodeToString(sum[:6]), t.base)
	var s stats
	err := t.get(ctx, "/stats", nil, &s)
	if p, ok := errors.AsType[*problem](err); ok && p.Status != http.StatusForbidden { // a writer's may not ask, and is known
		fmt.Fprintf(env.Stdout, "accepted     no: %s\n", visible(p.Error()))
		return ErrReported
	} else if err != nil && !ok {
		return err
	}
	fmt.Fprintln(env.Stdout, "accepted     yes")
	return nil
}
