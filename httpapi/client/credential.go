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

var credentialCommand = Command{
	Name:    "credential",
	Summary: "Make, list and revoke key pairs for the clients of other products' APIs",
	Usage:   "create|list|revoke [flags] [KEY-ID]",
	Details: `
Clients that were made for another product's audit log sign their requests with a secret, or send it, as they do there. A credential
is what they are set up with: a key ID, which is public, and a secret. Its kind says whose clients it is for:
  huawei     AK and SK
  layer7     OAuth client ID and client secret
  enos       appKey and appSecret
  flashduty  app_key, one text
Roles are those of tokens. create prints key ID and secret on one line (of flashduty the app_key), this once. The server keeps the secret
sealed under its master key, as it needs it to check signatures. list never shows one. revoke is for ever and removes the secret.`,
	Examples: `
# for a console that reads Huawei's audit logs, of one tenant
annals credential create --kind huawei --name 'RDS console' --role reader --tenant shop
# into variables of the shell
read -r AK SK < <(annals credential create --kind huawei --name 'RDS console' --role reader)
# which there are, and who has used them
annals credential list
# take one away
annals credential revoke ZV4KX7QBN2MWJ5RDTGHY`,
	Run: runCredential,
}

// credentialFlags are the flags of all of credential's actions.
type credentialFlags struct {
	connection
	asJSON                    bool
	kind, name, role, expires string
	tenants                   list
}

// credentialActions are what credential does. Flags are those that an action takes besides the connection's.
var credentialActions = []struct {
	name, flags string
	arguments   int
	run         func(c *credentialFlags, ctx context.Context, env *Env, args []string) error
}{
	{"create", "kind name role tenant expires json", 0, (*credentialFlags).create},
	{"list", "json", 0, (*credentialFlags).list},
	{"revoke", "json", 1, (*credentialFlags).revoke},
}

func runCredential(ctx context.Context, env *Env, args []string) error {
	var c credentialFlags
	f := env.Flags()
	c.register(f)
	f.StringVar(&c.kind, "kind", "", "create: `KIND` of client it is for: huawei, layer7, enos or flashduty")
	f.StringVar(&c.name, "name", "", "create: what the credential is for, as `TEXT`")
	f.StringVar(&c.role, "role", "", "create: `ROLE` it has: writer, reader, auditor or admin")
	f.Var(&c.tenants, "tenant", "create: `TENANT` in which it has the role; give it again for more (default: all, those to come included)")
	f.StringVar(&c.expires, "expires", "", "create: when it ends, as an `AGE` from now such as 90d, or a date (default: never)")
	f.BoolVar(&c.asJSON, "json", false, "print the server's answer as a line of JSON")
	rest, err := f.Parse(args)
	if err != nil {
		return err
	}
	for _, action := range credentialActions {
		if len(rest) == 0 || rest[0] != action.name {
			continue
		}
		if len(rest)-1 != action.arguments {
			return usagef("credential %s takes %d arguments, have %d", action.name, action.arguments, len(rest)-1)
		}
		if err := onlyFlags(f, strings.Fields(action.flags)); err != nil {
			return usagef("credential %s: %v", action.name, err)
		}
		if err := c.resolve(f); err != nil {
			return err
		}
		return action.run(&c, ctx, env, rest[1:])
	}
	return usagef("say: credential create, list or revoke")
}

// shownCredential is what the server says of a credential.
type shownCredential struct {
	shownToken
	Kind        string `json:"kind"`
	Unavailable bool   `json:"unavailable"`
}

func (s *shownCredential) until() string {
	if s.Unavailable {
		return "no: the master key that sealed it is missing"
	}
	return s.shownToken.until()
}

// create prints what a client is set up with alone on standard output, for a shell to take, and what it is on standard error.
func (c *credentialFlags) create(ctx context.Context, env *Env, _ []string) error {
	if c.kind == "" || c.name == "" || c.role == "" {
		return usagef("credential create needs --kind, --name and --role")
	}
	expires, err := expiry(c.expires, time.Now())
	if err != nil {
		return err
	}
	wish := struct {
		Kind    string    `json:"kind"`
		Name    string    `json:"name"`
		Grants  []grant   `json:"grants"`
		Expires time.Time `json:"expires,omitzero"`
	}{c.kind, c.name, []grant{{c.role, c.tenants, len(c.tenants) == 0}}, expires}
	type made struct {
		shownCredential
		Secret string `json:"secret"`
		AppKey string `json:"app_key"`
	}
	return act(ctx, env, &c.connection, c.asJSON, http.MethodPost, "/credentials", wish, func(x made) error {
		fmt.Fprintf(env.Stderr, "credential %s (%s) for %s is %s, %s; its secret is shown only now\n", visible(x.ID), visible(x.Name), visible(x.Kind),
			visible(roles(x.Grants)), x.until())
		_, err := fmt.Fprintln(env.Stdout, visible(cmp.Or(x.AppKey, x.ID+" "+x.Secret)))
		return err
	})
}

func (c *credentialFlags) list(ctx context.Context, env *Env, _ []string) error {
	type answer struct {
		Credentials []shownCredential `json:"credentials"`
	}
	return act(ctx, env, &c.connection, c.asJSON, http.MethodGet, "/credentials", nil, func(all answer) error {
		return printRows(env, "KEY ID\tKIND\tNAME\tLAST USED\tACCEPTED\tROLE", all.Credentials, func(out io.Writer, x shownCredential) {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", visible(x.ID), visible(x.Kind), visible(x.Name), lastTime(x.LastUsed), x.until(), visible(roles(x.Grants)))
		})
	})
}

func (c *credentialFlags) revoke(ctx context.Context, env *Env, args []string) error {
	return act(ctx, env, &c.connection, c.asJSON, http.MethodDelete, "/credentials/"+url.PathEscape(args[0]), nil, func(x shownCredential) error {
		_, err := fmt.Fprintf(env.Stdout, "credential %s (%s) is %s\n", visible(x.ID), visible(x.Name), x.until())
		return err
	})
}
