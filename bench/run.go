package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// phases lists what is measured, in order. Those that ingest take the log from one state to the next; the others need all events in it.
var phases = []struct {
	name    string
	ingests bool
	run     func(*run, context.Context) error
}{
	{"burst", true, (*run).burst},
	{"sustained", true, (*run).sustained},
	{"single", true, (*run).single},
	{"search", false, (*run).search},
	{"histogram", false, (*run).histogram},
	{"facets", false, (*run).facets},
	{"page", false, (*run).page},
	{"console", false, (*run).console},
	{"vendors", false, (*run).vendors},
	{"export", false, (*run).export},
	{"workbook", false, (*run).workbook},
	{"disk", false, (*run).disk},
	{"restart", false, (*run).restart},
	{"kill", false, (*run).crash},
}

func phaseNames() []string {
	names := make([]string, len(phases))
	for k, p := range phases {
		names[k] = p.name
	}
	return names
}

// A run is one execution of the bench.
type run struct {
	options
	load   workload
	state  state
	model  *model
	server *server
	report *report
	notes  io.Writer // progress

	ingestTook time.Duration // of the burst
}

// state says what the log in the directory holds, so that --only knows. It is saved after every change.
type state struct {
	Events int    `json:"events"` // of the workload
	Seed   uint64 `json:"seed"`
	Sent   int    `json:"sent"` // first events of the workload that are in the log, with those beyond Events
}

// start runs the bench and prints its table, also that of a run that failed half-way.
func start(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	r := &run{options: o, load: workload{Seed: o.seed, Events: o.events, Until: defaultUntil}, notes: stderr, report: newReport(ctx, o)}
	err = r.execute(ctx)
	if err == nil && len(r.report.Wrong) > 0 {
		err = fmt.Errorf("wrong answers: %d", len(r.report.Wrong))
	}
	if len(r.report.Rows) > 0 {
		err = errors.Join(err, r.report.print(stdout))
	}
	if o.json != "" {
		err = errors.Join(err, r.report.save(o.json))
	}
	return err
}

func (r *run) execute(ctx context.Context) (err error) {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	defer func() {
		if err == nil && len(r.report.Wrong) == 0 && !r.keep {
			err = r.clear()
		}
	}()
	if err := r.serve(ctx); err != nil {
		return err
	}
	defer func() {
		if r.server != nil {
			r.server.kill()
		}
	}()
	for _, p := range phases {
		if !r.wants(p.name) {
			continue
		}
		if err := r.begin(p.ingests); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(r.notes, "%s %s\n", time.Now().Format(time.TimeOnly), p.name)
		if err := p.run(r, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	r.reportMemory()
	_, err = r.server.stop()
	r.server = nil
	return err
}

// prepare makes the directory, or takes up one that was kept, and builds the binary.
func (r *run) prepare(ctx context.Context) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	text, err := os.ReadFile(r.path("bench.json"))
	switch {
	case errors.Is(err, os.ErrNotExist):
		entries, err := os.ReadDir(r.dir)
		if err != nil {
			return fmt.Errorf("look into directory: %w", err)
		}
		if len(entries) > 0 {
			return fmt.Errorf("%s is not empty and no run of the bench kept it", r.dir)
		}
		r.state = state{Events: r.events, Seed: r.seed}
	case err != nil:
		return fmt.Errorf("read what the directory holds: %w", err)
	default:
		if err := json.Unmarshal(text, &r.state); err != nil {
			return fmt.Errorf("decode %s: %w", r.path("bench.json"), err)
		}
		if r.state.Events != r.events || r.state.Seed != r.seed {
			return fmt.Errorf("%s holds %d events of seed %d", r.dir, r.state.Events, r.state.Seed)
		}
	}
	if err := r.saveState(); err != nil || r.binary != "" {
		return err
	}
	r.binary = r.path("annals")
	return buildServer(ctx, r.binary)
}

func (r *run) path(name string) string { return filepath.Join(r.dir, name) }

// serve starts the server on the run's log.
func (r *run) serve(ctx context.Context) (err error) {
	r.server, err = startServer(ctx, r.binary, r.path("data"), r.path("server.log"))
	return err
}

// begin checks that the log is in the state that a phase needs, and counts the right answers when first needed.
func (r *run) begin(ingests bool) error {
	switch {
	case ingests:
		return nil
	case r.state.Sent < r.events:
		return fmt.Errorf("the log holds %d of %d events; run burst, sustained and single first", r.state.Sent, r.events)
	case r.model == nil || r.model.events != r.state.Sent:
		r.model = newModel(r.load, r.state.Sent)
	}
	return nil
}

func (r *run) saveState() error {
	text, err := json.Marshal(r.state)
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	if err := os.WriteFile(r.path("bench.json"), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("save what the directory holds: %w", err)
	}
	return nil
}

// clear removes what the run made.
func (r *run) clear() error {
	var errs []error
	for _, name := range []string{"data", "annals", "server.log", "bench.json"} {
		errs = append(errs, os.RemoveAll(r.path(name)))
	}
	return errors.Join(errs...)
}

// mostWrong is how many wrong answers are told; a run with more is no less wrong.
const mostWrong = 20

// wrong records a wrong answer, once however often it is given. It fails the run at its end.
func (r *run) wrong(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(r.report.Wrong) < mostWrong && !slices.Contains(r.report.Wrong, text) {
		r.report.Wrong = append(r.report.Wrong, text)
	}
}

// client returns a client of the running server.
func (r *run) client(connections int) *client {
	return newClient(r.server.base, r.server.token, connections)
}
