package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

var reindexCommand = Command{
	Name:    "reindex",
	Summary: "Build the search index again from the log",
	Usage:   "[flags]",
	Details: `
The log is the truth and the index only finds in it, so nothing can be lost by this. The server goes on taking in and finding
events meanwhile. The command returns when the index has caught up.`,
	Examples: `
# everything
annals reindex
# only the window that holds event number 41
annals reindex --seq 41
# see how far the index is
annals stats`,
	Run: runReindex,
}

func runReindex(ctx context.Context, env *Env, args []string) error {
	var c connection
	var seq string
	f := env.Flags()
	c.register(f)
	f.StringVar(&seq, "seq", "", "only the window that holds the event with sequence number `N`")
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
	values := url.Values{}
	if seq != "" {
		values.Set("seq", seq)
	}
	r, err := c.request(ctx, http.MethodPost, "/reindex", values, nil)
	if err != nil {
		return err
	}
	resp, err := c.do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		Indexed    uint64 `json:"indexed"`
		TookMillis int64  `json:"took_ms"`
	}
	if err := c.decode(ctx, resp, &answer); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "the index has caught up: %s %s in %s\n", grouped(answer.Indexed), plural(answer.Indexed, "event"),
		time.Duration(answer.TookMillis)*time.Millisecond)
	return nil
}
