package client

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"annals/httpapi/ingest"
	"annals/httpapi/ingest/record"
)

var importCommand = Command{
	Name:    "import",
	Summary: "Take in files of audit records, in the format they are in",
	Usage:   "[flags] FILE...",
	Details: `
The format of each file is detected from what is in it, gzip too. FILE may be a directory (everything below it that is not
hidden), a quoted pattern, or - for stdin. Events keep their source's IDs, or get IDs made from the record's bytes: importing a
file again adds nothing and changes nothing, so an import that was cut short is simply run again.

The exit status is 1 when a record was rejected or a file could not be read; all other records are in.`,
	Examples: `
# whatever is in these files
annals import /var/log/auth.log cloudtrail/*.json.gz
# look first: which format, how many records, what would be rejected
annals import --dry-run export.ndjson
# a log without a year, written in local time, for one tenant
annals import --year 2025 --tz Europe/Berlin --tenant acme auth.log.1
# from a pipe, and say which format it is
kubectl logs audit-shipper | annals import --format kubernetes -
# every file below a directory
annals import --tenant acme ./audit-archive`,
	Run: runImport,
}

type importFlags struct {
	connection
	format, tenant, zone string
	year                 int
	dryRun, quiet        bool
	reasons              count
	patience             time.Duration
}

func (i *importFlags) register(f *Flags) {
	i.connection.register(f)
	f.StringVar(&i.format, "format", "", "take every file to be in format `NAME`, one of "+formatNames())
	f.StringVar(&i.tenant, "tenant", "", "`TENANT` of the events that name none")
	f.StringVar(&i.zone, "tz", "", "time `ZONE` of times that carry none, such as Europe/Berlin (default UTC)")
	f.IntVar(&i.year, "year", 0, "`YEAR` of the first record of logs that carry none (default: the latest that is not in the future)")
	f.BoolVar(&i.dryRun, "dry-run", false, "translate and check, but send nothing")
	f.BoolVar(&i.quiet, "quiet", false, "show no progress, only the report")
	f.Var(&i.reasons, "reasons", "show the first `N` rejected records of each file")
	f.DurationVar(&i.patience, "retry", 5*time.Minute, "keep trying for `TIME` when the server is away or busy")
	f.Setting("tenant")
}

func formatNames() string {
	var names []string
	for _, f := range ingest.Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// options are what the flags say about all files.
func (i *importFlags) options() (record.Options, error) {
	o := record.Options{Year: i.year} // without the tenant, which would replace an event's own
	if i.year != 0 && (i.year < 1970 || i.year > 9999) {
		return o, usagef("--year: %d is not a year from 1970 on", i.year)
	}
	if i.zone == "" {
		return o, nil
	}
	var err error
	if o.Location, err = time.LoadLocation(i.zone); err != nil {
		return o, usagef("--tz: there is no time zone %q; names are like Europe/Berlin or UTC", i.zone)
	}
	return o, nil
}

// importer reads files one after the other and hands batches of events to senders.
type importer struct {
	flags    importFlags
	options  record.Options
	format   *ingest.Format // forced for every file; nil: detected
	stdin    io.Reader
	deliver  func(context.Context, *batch) error
	progress *progress
	pending  *batch
}

func runImport(ctx context.Context, env *Env, args []string) error {
	im := importer{flags: importFlags{reasons: 10}, stdin: env.Stdin}
	f := env.Flags()
	im.flags.register(f)
	names, err := f.Parse(args)
	if err != nil {
		return err
	}
	if im.options, err = im.flags.options(); err != nil {
		return err
	}
	if im.flags.format != "" {
		format, err := ingest.ByName(im.flags.format)
		if err != nil {
			return usagef("--format: %v", err)
		}
		im.format = &format
	}
	sources, err := expand(names)
	if err != nil {
		return err
	}
	if err := im.flags.resolve(f); err != nil {
		return err
	}
	im.progress = newProgress(env, totalBytes(sources), im.flags.quiet)
	started := time.Now()
	reports, err := im.run(ctx, sources)
	im.progress.stop()
	if err == nil || anyOutcome(reports) {
		printReports(env.screen(env.Stdout), reports, im.flags.dryRun, time.Since(started))
	}
	if err != nil {
		return fmt.Errorf("%w; stopped before the end, run it again to go on (what is in is not doubled)", err)
	}
	for _, r := range reports {
		if r.rejected > 0 || r.failed != nil {
			return ErrReported
		}
	}
	return nil
}

// sendersAtOnce is how many requests are in flight: enough to hide the server's fsync, few enough to leave it to others.
const sendersAtOnce = 3

// run imports all sources and returns a report of each that it came to. Its error is one that stopped the whole import.
func (im *importer) run(ctx context.Context, sources []source) ([]*fileReport, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	batches := make(chan *batch)
	var senders sync.WaitGroup
	to := &sender{connection: &im.flags.connection, patience: im.flags.patience, progress: im.progress}
	for range sendersAtOnce {
		senders.Go(func() {
			for b := range batches {
				if err := to.send(ctx, b); err != nil {
					cancel(err)
				}
			}
		})
	}
	im.deliver = func(ctx context.Context, b *batch) error {
		select {
		case batches <- b:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if im.flags.dryRun {
		im.deliver = func(context.Context, *batch) error { return nil }
	}
	reports, err := im.readAll(ctx, sources)
	close(batches)
	senders.Wait()
	if err == nil {
		err = context.Cause(ctx)
	}
	return reports, err
}
