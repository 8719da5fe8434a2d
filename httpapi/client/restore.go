package client

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"annals/engine"
)

var restoreCommand = Command{
	Name:    "restore",
	Summary: "Make a log from a backup, or check one",
	Usage:   "[flags] FILE",
	Details: `
Works without a server, on the data directory itself, which must be empty or not exist; run it as the user that runs the server. Every event
gets its old place and hash, and everything is checked on the way: a backup that is damaged, or lacks its end, is refused by name
of the place, and nothing of it is left. FILE - is stdin. The server makes a new access token and the search index at its next start.

When the signing key is in the backup, or comes with --key, the log goes on as the same log. Else it gets a new key; checkpoints from
before are then verified with the key that is kept in DATA/restored-from.

Credentials are accepted when the server has the master key of the backup's time: after the restore, put it into DATA/master.key, or tell
"annals serve" where it is.`,
	Examples: `
# after a loss: restore, then start the server on the directory
annals restore --data /var/lib/annals annals.backup
# with the signing key that was kept apart
annals restore --key checkpoint.key annals.backup
# only check a backup; nothing is written
annals restore --verify annals.backup`,
	Run: runRestore,
}

type restorer struct {
	data, key, input string
	verify, quiet    bool
}

func runRestore(ctx context.Context, env *Env, args []string) error {
	var r restorer
	f := env.Flags()
	f.StringVar(&r.data, "data", "./annals-data", "data `DIR` to make")
	f.StringVar(&r.key, "key", "", "sign with the key in `FILE`, a copy of the lost log's checkpoint.key")
	f.BoolVar(&r.verify, "verify", false, "check the backup and write nothing")
	f.BoolVar(&r.quiet, "quiet", false, "show no progress")
	f.Setting("data")
	rest, err := f.Parse(args)
	if err == nil && len(rest) != 1 {
		err = usagef("name one backup to read")
	}
	if err != nil {
		return err
	}
	input := env.Stdin
	if r.input = rest[0]; r.input != "-" {
		file, err := os.Open(r.input)
		if err != nil {
			return fmt.Errorf("open backup: %w", err)
		}
		defer file.Close()
		input = file
	}
	if r.verify {
		report, err := checkBackup(ctx, env, input, "checking", r.quiet)
		if err != nil {
			return err
		}
		return printBackup(env, env.Stdout, "intact:", report)
	}
	return r.restore(ctx, env, input)
}

func (r *restorer) restore(ctx context.Context, env *Env, input io.Reader) error {
	p := newProgress(env, 0, r.quiet)
	o := engine.RestoreOptions{Logger: slog.New(slog.DiscardHandler), Progress: func(done, total uint64) { p.set(int64(done), int64(total)) }}
	var err error
	if r.key != "" {
		o.Key, err = os.ReadFile(r.key)
	}
	var report *engine.BackupReport
	if err == nil {
		report, err = engine.Restore(ctx, r.data, input, o)
	}
	p.stop()
	if err != nil {
		return err
	}
	if err := printBackup(env, env.Stdout, "restored", report); err != nil {
		return err
	}
	if !report.WithKey && r.key == "" {
		fmt.Fprintln(env.Stderr, "the log has a new signing key; checkpoints from before verify with the old one, which is in restored-from")
	}
	fmt.Fprintf(env.Stderr, "start it with `annals serve --data %s`\n", visible(r.data))
	return nil
}
