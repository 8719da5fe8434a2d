// Command bench is the stopwatch: it drives the real binary over HTTP with a seeded workload and prints what it measured.
//
//	go run ./bench --events 10000000 --dir DIR [--json FILE] [--only search,facets] [--keep] [--seed 1]
//
// It builds the binary, starts it on DIR/data as a process of its own, and sends events of about 680 bytes of JSON each: 5 %
// failures with an error text, 9 modules, 7 operations, 200 projects and 2,400 users with a long tail, IDs given by the client, unique request and
// resource IDs, 0.5 % arriving minutes to hours late, spread over 30 days that end on a fixed date. The same seed gives the same events.
//
// The phases, in order: burst (500,000 events in batches of 1,000 over 4 connections, with searches meanwhile), sustained
// (the rest, until everything is indexed), single (one event a request, 64 connections), search, histogram, facets, page (1,000 pages by
// cursor), console (the list's page), vendors (other products' clients), export, workbook (200,000 events as xlsx, opened again by a second library), disk, restart (stop and start),
// kill (SIGKILL while events come in, start, look for every acknowledged event).
// DIR must be empty, or kept by an earlier run with --keep and the same events and seed; then --only repeats single phases.
// A run that fails keeps it too, with what the server printed in DIR/server.log.
//
// Every answer's total, and the events of every first page, are checked against the generator's own count: a wrong
// answer fails the run. Bars are shown next to the figures and fail nothing. The driver runs on the same machine as the server and takes its
// share of the cores. Memory is sampled every 50 ms and needs Linux. What was measured on which machine is in results/.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := start(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	events int
	dir    string
	json   string // file for the report; empty: none
	only   string // phases, comma-separated; empty: all
	keep   bool
	seed   uint64
	runs   int    // of each search
	binary string // ready binary; empty: build it
}

// defaultUntil is where the workload's time ends, fixed so that a seed always gives the same events.
var defaultUntil = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.events, "events", 1_000_000, "events in the log")
	flags.StringVar(&o.dir, "dir", "", "directory for the binary and the log (required)")
	flags.StringVar(&o.json, "json", "", "also write the report to this `file` as JSON")
	flags.StringVar(&o.only, "only", "", "run these `phases` only, on a directory kept before: "+strings.Join(phaseNames(), ","))
	flags.BoolVar(&o.keep, "keep", false, "keep the log for runs with --only")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the workload")
	flags.IntVar(&o.runs, "runs", 300, "times that each search is repeated")
	flags.StringVar(&o.binary, "binary", "", "use this ready annals `file` instead of building it")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("argument %q not understood", flags.Arg(0))
	case o.dir == "":
		return o, errors.New("--dir is required")
	case o.events < 1000 || o.events > 100_000_000:
		return o, fmt.Errorf("--events %d is not between 1,000 and 100,000,000", o.events)
	case o.runs < 1:
		return o, fmt.Errorf("--runs %d is not a positive number", o.runs)
	case time.Now().Before(defaultUntil):
		return o, fmt.Errorf("the clock is before %s, where the workload ends", defaultUntil.Format(time.DateOnly))
	}
	return o, o.checkPhases()
}

func (o options) checkPhases() error {
	for name := range strings.SplitSeq(o.only, ",") {
		if o.only != "" && !slices.Contains(phaseNames(), name) {
			return fmt.Errorf("--only %s: there are %s", name, strings.Join(phaseNames(), ", "))
		}
	}
	return nil
}

// wants reports whether the flags ask for a phase.
func (o options) wants(name string) bool {
	return o.only == "" || slices.Contains(strings.Split(o.only, ","), name)
}

// command is the run's command line as it goes in the report; where the directory was says nothing.
func (o options) command() string {
	c := fmt.Sprintf("go run ./bench --events %d --dir DIR", o.events)
	if o.only != "" {
		c += " --only " + o.only
	}
	if o.seed != 1 {
		c += fmt.Sprintf(" --seed %d", o.seed)
	}
	return c
}
