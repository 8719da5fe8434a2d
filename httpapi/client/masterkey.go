package client

import (
	"context"
	"fmt"
	"net/http"
)

var masterKeyCommand = Command{
	Name:    "master-key",
	Summary: "Change the key that seals the secrets kept by the server",
	Usage:   "rotate [flags]",
	Details: `
The secrets of credentials and of people's second factors are kept sealed under a master key. It is in the file master.key in the data directory, made when it is first needed,
or where "annals serve --master-key-file" says, or in the environment variable ANNALS_MASTER_KEY. It is in no backup: keep a copy apart
from the backups, for without it every credential has to be made anew, and every second factor reset.

rotate has the running server make a new key, seal every secret under it, and put it in the old one's place. Clients notice nothing. When the
server dies in between, its next start finishes the change. Backups from before open with the old key only: copy it first.

A key in the environment is changed at a start: give the new one as ANNALS_MASTER_KEY_NEXT beside the old one. When the log says that the
change is finished, give the new one as ANNALS_MASTER_KEY, and the other no more.`,
	Examples: `
# keep the old key for the backups that need it, then change it
cp annals-data/master.key /safe/master.key.$(date +%F) && annals master-key rotate
# of a server elsewhere
annals master-key rotate --server https://audit.example.com --token $TOKEN
# a key for the environment, or for --master-key-file
openssl rand -hex 32`,
	Run: runMasterKey,
}

func runMasterKey(ctx context.Context, env *Env, args []string) error {
	var c connection
	var asJSON bool
	f := env.Flags()
	c.register(f)
	f.BoolVar(&asJSON, "json", false, "print the server's answer as a line of JSON")
	rest, err := f.Parse(args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "rotate" {
		return usagef("say: master-key rotate")
	}
	if err := c.resolve(f); err != nil {
		return err
	}
	type answer struct {
		ID       string `json:"id"`
		Previous string `json:"previous"`
		Secrets  uint64 `json:"secrets"`
	}
	return act(ctx, env, &c, asJSON, http.MethodPost, "/master-key/rotate", nil, func(done answer) error {
		_, err := fmt.Fprintf(env.Stdout, "the master key is a new one, %s instead of %s; %s %s sealed under it\n", visible(done.ID), visible(done.Previous),
			grouped(done.Secrets), plural(done.Secrets, "secret"))
		return err
	})
}
