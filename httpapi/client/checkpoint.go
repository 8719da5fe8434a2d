package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

var checkpointCommand = Command{
	Name:    "checkpoint",
	Summary: "Print the log's signed size and root hash, to keep elsewhere",
	Usage:   "[flags]",
	Details: `
The signed note goes to stdout as it is, the key that verifies it to stderr. Who keeps a checkpoint outside the server's reach can
later prove that the log then was a beginning of the log now.`,
	Examples: `
# keep today's checkpoint
annals checkpoint > checkpoint-$(date +%F).txt
# the number of events ever taken in
annals checkpoint | sed -n 2p
# note the key once, beside the checkpoints
annals checkpoint 2> verifier-key.txt >/dev/null`,
	Run: runCheckpoint,
}

func runCheckpoint(ctx context.Context, env *Env, args []string) error {
	var c connection
	f := env.Flags()
	c.register(f)
	rest, err := f.Parse(args)
	if err == nil {
		err = noArguments(rest)
	}
	if err == nil {
		err = c.resolve(f)
	}
	if err != nil {
		return err
	}
	r, err := c.request(ctx, http.MethodGet, "/checkpoint", nil, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/plain")
	resp, err := c.do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	note, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return c.unreachable(ctx, err)
	}
	text := string(note)
	if env.columns(env.Stdout) > 0 {
		text = visibleLines(text)
	}
	if _, err := io.WriteString(env.Stdout, text); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	if key := resp.Header.Get("Annals-Verifier-Key"); key != "" {
		fmt.Fprintf(env.Stderr, "%s\n", visible(key))
	}
	return nil
}
