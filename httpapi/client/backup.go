package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"annals/engine"
)

var backupCommand = Command{
	Name:    "backup",
	Summary: "Write a backup of everything to a file, and check it",
	Usage:   "[flags] FILE",
	Details: `
The server goes on taking in events meanwhile; the backup has everything up to its beginning: all events, accounts and settings. It is
checked twice, as it comes and read back from the disk: the hash of every event, against the log's signed checkpoint. Only then it takes
the name FILE, so a file of that name is whole, or the one from before. FILE - is stdout.

Keep in mind where the signing key is. Without it a restored log has the same events and hashes but signs with a new key. With
--with-key the backup holds it, and annals restore goes on as the same log: recommended where backups are kept as safe as the server.
Else keep DATA/checkpoint.key apart; it never changes, and restore takes it with --key.

The secrets of credentials are in the backup sealed, and the master key that opens them (DATA/master.key, unless the server was told of
another place) never is: keep a copy apart from the backups, and another after each "annals master-key rotate".`,
	Examples: `
# last night's, with the signing key
annals backup --with-key /backup/annals-$(date +%F).backup
# from another machine
annals backup --server https://audit.example.com --token $TOKEN annals.backup
# to somewhere else, without a file here; a broken one is refused by restore
annals backup - | ssh vault 'cat > annals.backup'
# is an older one still good?
annals restore --verify annals.backup`,
	Run: runBackup,
}

type backuper struct {
	connection
	withKey, quiet bool
	output         string
}

func runBackup(ctx context.Context, env *Env, args []string) error {
	var b backuper
	f := env.Flags()
	b.register(f)
	f.BoolVar(&b.withKey, "with-key", false, "include the log's signing key; who has the file can then sign in the log's name")
	f.BoolVar(&b.quiet, "quiet", false, "show no progress")
	rest, err := f.Parse(args)
	if err == nil && len(rest) != 1 {
		err = usagef("name one file to write")
	}
	if err == nil {
		b.output = rest[0]
		err = b.resolve(f)
	}
	if err == nil && b.output == "-" && env.columns(env.Stdout) > 0 {
		err = usagef("a backup is not for a terminal: name a file, or send it through a pipe")
	}
	if err != nil {
		return err
	}
	var report *engine.BackupReport
	if b.output == "-" {
		report, err = b.download(ctx, env, env.Stdout)
	} else {
		report, err = b.toFile(ctx, env)
	}
	if err != nil {
		return err
	}
	return printBackup(env, env.Stderr, "backed up", report)
}

// toFile writes beside the file, reads it back and renames: a file of that name is a whole backup, or the one from before.
func (b *backuper) toFile(ctx context.Context, env *Env) (report *engine.BackupReport, err error) {
	f, err := os.CreateTemp(filepath.Dir(b.output), "."+filepath.Base(b.output)+".*.part")
	if err != nil {
		return nil, fmt.Errorf("create file: %w", err)
	}
	defer os.Remove(f.Name()) // is gone by then when all went well
	report, err = b.download(ctx, env, f)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil {
		_, err = checkBackup(ctx, env, f, "reading back", b.quiet)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if err := os.Rename(f.Name(), b.output); err != nil {
		return nil, fmt.Errorf("name file: %w", err)
	}
	return report, syncDir(filepath.Dir(b.output))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("name file: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("name file: %w", err)
	}
	return nil
}

// download copies the backup to w and checks it as it comes.
func (b *backuper) download(ctx context.Context, env *Env, w io.Writer) (*engine.BackupReport, error) {
	values := url.Values{}
	if b.withKey {
		values.Set("with_key", "true")
	}
	r, err := b.request(ctx, http.MethodGet, "/backup", values, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "*/*")
	resp, err := b.do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	report, err := checkBackup(ctx, env, io.TeeReader(resp.Body, w), "downloading", b.quiet)
	if err != nil {
		return nil, fmt.Errorf("no backup is made: %w", err)
	}
	return report, nil
}

// checkBackup reads a backup to its end, with progress.
func checkBackup(ctx context.Context, env *Env, r io.Reader, name string, quiet bool) (*engine.BackupReport, error) {
	p := newProgress(env, 0, quiet)
	defer p.stop()
	p.file(name)
	return engine.VerifyBackup(ctx, r, func(done, total uint64) { p.set(int64(done), int64(total)) })
}

func printBackup(env *Env, w io.Writer, did string, r *engine.BackupReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s and %s %s, every hash checked\n", did, grouped(r.Events), plural(r.Events, "event"),
		grouped(uint64(r.Records)), plural(uint64(r.Records), "record"))
	fmt.Fprintf(&b, "made          %s\ntree size     %d\nroot hash     %s\nverifier key  %s\nsigning key   %s\n", r.Made.Local().Format("2006-01-02 15:04:05 MST"),
		r.TreeSize, visible(r.RootHash), visible(r.VerifierKey), map[bool]string{true: "in the backup", false: "not in the backup"}[r.WithKey])
	if _, err := io.WriteString(env.screen(w).w, b.String()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
