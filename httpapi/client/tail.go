package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
)

var tailCommand = Command{
	Name:    "tail",
	Summary: "Show events as they come in",
	Usage:   "[flags] [QUERY...]",
	Details: `
First the newest events that match, then each new one as soon as it is durable, in order of arrival. When the connection breaks, the
tail takes it up again where it was: no event is missed or shown twice. Ctrl-C ends it. The query language is that of search.`,
	Examples: `
# everything
annals tail
# only failures of one user, without a beginning
annals tail -n 0 user:amy result:failure
# into another program, from the very first event on
annals tail --from 0 --json | jq -c '{time, action, result}'`,
	Run: runTail,
}

// The tail gives a connection up when nothing comes for quietFor (the server shows signs of life far more often), and waits
// between attempts up to reconnectMax.
const (
	quietFor     = time.Minute
	reconnectMax = 10 * time.Second
)

type tail struct {
	ask
	last   string // how many events to begin with
	start  string // seq to begin at, instead
	asJSON bool

	env   *Env
	rows  *table
	next  uint64          // the first seq not yet seen
	shown map[uint64]bool // seqs from next on that the beginning has shown
}

func runTail(ctx context.Context, env *Env, args []string) error {
	t := tail{env: env, shown: map[uint64]bool{}}
	f := env.Flags()
	t.flags = f
	f.Minus = true
	t.connection.register(f)
	f.StringVar(&t.last, "n", "10", "begin with the newest `N` events that match")
	f.StringVar(&t.start, "from", "", "begin with the event of sequence number `SEQ` instead")
	f.StringVar(&t.tz, "tz", "", "time `ZONE` to read and show times in (default: this machine's)")
	f.BoolVar(&t.utc, "utc", false, "show times in UTC")
	f.BoolVar(&t.asJSON, "json", false, "print each event as a line of JSON")
	f.Setting("tz")
	if err := t.parse(args); err != nil {
		return err
	}
	loc, err := t.location()
	if err != nil {
		return err
	}
	t.rows = newTable(env.screen(env.Stdout), loc)
	if err := t.begin(ctx); err != nil {
		return t.explain(err)
	}
	return t.explain(t.follow(ctx))
}

// begin notes the place from which to follow before it asks for the newest events: what arrives in between comes from
// both, and is known by its seq.
func (t *tail) begin(ctx context.Context) (err error) {
	if t.start != "" {
		if t.next, err = strconv.ParseUint(t.start, 10, 63); err != nil {
			return usagef("--from: %q is not a sequence number; times are for search, or after: in the query", t.start)
		}
		return nil
	}
	n, err := strconv.Atoi(t.last)
	if err != nil || n < 0 || n > maxPage {
		return usagef("-n: want a number from 0 to %d, have %q", maxPage, t.last)
	}
	var s stats
	if err := t.get(ctx, "/stats", nil, &s); err != nil {
		return err
	}
	t.next = s.Size
	if n == 0 {
		return nil
	}
	values := t.values()
	values.Set("limit", t.last)
	values.Set("sort", "-time")
	var p page
	if err := t.get(ctx, "/events", values, &p); err != nil {
		return err
	}
	slices.Reverse(p.Events)
	for _, raw := range p.Events {
		e := new(engine.Event)
		if err := json.Unmarshal(raw, e); err != nil {
			return fmt.Errorf("read an event of the answer: %w", err)
		}
		if e.Seq >= t.next {
			t.shown[e.Seq] = true
		}
		if err := t.print(raw, e); err != nil {
			return err
		}
	}
	return nil
}

// errPrint marks a failure of our own output, which no new connection mends.
type errPrint struct{ error }

func (e errPrint) Unwrap() error { return e.error }

// follow stays connected until the context ends or the server refuses.
func (t *tail) follow(ctx context.Context) error {
	wait := time.Duration(0)
	for attempt := 0; ; attempt++ {
		before := t.next
		err := t.stream(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, ok := errors.AsType[errPrint](err); ok {
			return err
		}
		if p, ok := errors.AsType[*problem](err); ok && p.Status < 500 {
			return err
		}
		if attempt == 0 && t.next == before && t.start != "" {
			if _, ok := errors.AsType[*connectError](err); ok {
				return err // nothing has ever answered
			}
		}
		if t.next > before {
			wait = 0
		}
		if wait == 0 { // the others say the same
			fmt.Fprintf(t.env.Stderr, "annals tail: %s; going on from event %d\n", visible(brief(err)), t.next)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		wait = min(max(2*wait, 250*time.Millisecond), reconnectMax)
	}
}

func (t *tail) print(raw []byte, e *engine.Event) error {
	if t.asJSON {
		return printJSONLines(t.env.Stdout, []jsontext.Value{raw})
	}
	return t.rows.print([]*engine.Event{e}, true)
}
