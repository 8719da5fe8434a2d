package client

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
)

var searchCommand = Command{
	Name:    "search",
	Summary: "Find events by words and filters, newest first",
	Usage:   "[flags] QUERY...",
	Details: `
Words are AND-ed; OR, parentheses, "quoted phrases", -not and a final * work as in other search boxes. A filter is
field:value or field:one,two. Fields: user, action, operation, result, project, module, resource, type, id, ip, agent,
channel, error, group, description, tenant, details.PATH, and after: and before: for times; group is the error without what differs
from one to the next. Quote the query for the shell where it has quotes, parentheses or *. An argument such as -result:success is part of the query; "--" ends the flags for sure.

The table goes to stdout, the total to stderr.`,
	Examples: `
# what failed since yesterday
annals search result:failure --from yesterday
# two words and a phrase, in one module
annals search timeout 'module:"API management"' '"connection reset"'
# which kinds of errors there are, and one of them
annals facets group --from yesterday
annals search 'group:"timed out after <n>s"'
# who deleted or edited something from these addresses, except amy
annals search operation:delete,edit ip:10.0.0.0/8 -user:amy
# everything about one request, oldest first, as JSON for jq
annals search details.request_id:c89873 --sort time --json | jq .action
# count without listing
annals search result:failure --limit 1 >/dev/null
# who searched for amy: the server's own log is a tenant that only auditors and admins see, and only when asked for
annals search tenant:_annals action:event.search amy
# every match, not only the newest 50
annals search user:amy --all`,
	Run: runSearch,
}

// maxPage is the largest page that the server gives.
const maxPage = engine.MaxPage

type search struct {
	ask
	limit  count
	all    bool
	asJSON bool
	sort   string
	out    screen
}

// page is one answer of GET /events. Events stay as the server wrote them, for --json.
type page struct {
	Events     []jsontext.Value `json:"events"`
	Total      uint64           `json:"total"`
	Exact      *bool            `json:"exact"`
	Next       string           `json:"next"`
	From       string           `json:"from"`
	To         string           `json:"to"`
	TookMillis float64          `json:"took_ms"`
}

func runSearch(ctx context.Context, env *Env, args []string) error {
	s := search{limit: 50, out: env.screen(env.Stdout)}
	f := env.Flags()
	s.register(f)
	f.Var(&s.limit, "limit", "show at most `N` events")
	f.BoolVar(&s.all, "all", false, "show every match")
	f.BoolVar(&s.asJSON, "json", false, "print each event as a line of JSON")
	f.StringVar(&s.sort, "sort", "-time", "order by `COLUMN`, descending with a - before it: time, user, module, action, ...")
	if err := s.parse(args); err != nil {
		return err
	}
	loc, err := s.location()
	if err != nil {
		return err
	}
	return s.explain(s.run(ctx, env, loc))
}

func (s *search) run(ctx context.Context, env *Env, loc *time.Location) error {
	values := s.values()
	values.Set("sort", s.sort)
	rows := newTable(s.out, loc)
	shown, left := 0, int(s.limit)
	if s.all {
		left = math.MaxInt
	}
	var first *page
	for {
		p, err := s.page(ctx, values, min(left, maxPage))
		if err != nil {
			return err
		}
		if first == nil {
			first = p
			s.settle(values, p)
		}
		shown += len(p.Events)
		left -= len(p.Events)
		more := p.Next != "" && left > 0 && len(p.Events) > 0
		if err := s.print(p, rows, more); err != nil {
			return err
		}
		if !more {
			footer(env.Stderr, first, shown, p.Next != "")
			return nil
		}
		values.Set("cursor", p.Next)
	}
}

// settle puts what words such as now-15m meant for the first page in their place: the cursor belongs to that question.
func (s *search) settle(values url.Values, p *page) {
	for name, at := range map[string]string{"from": p.From, "to": p.To} {
		if values.Get(name) != "" && at != "" {
			values.Set(name, at)
		}
	}
}

func (s *search) page(ctx context.Context, values url.Values, limit int) (*page, error) {
	values.Set("limit", strconv.Itoa(limit))
	p := new(page)
	return p, s.get(ctx, "/events", values, p)
}

func (s *search) print(p *page, rows *table, more bool) error {
	if s.asJSON {
		return printJSONLines(s.out.w, p.Events)
	}
	events := make([]*engine.Event, len(p.Events))
	for i, raw := range p.Events {
		events[i] = new(engine.Event)
		if err := json.Unmarshal(raw, events[i]); err != nil {
			return fmt.Errorf("read an event of the answer: %w", err)
		}
	}
	return rows.print(events, more)
}

func printJSONLines(w io.Writer, events []jsontext.Value) error {
	for _, e := range events {
		if err := e.Compact(); err != nil {
			return fmt.Errorf("read an event of the answer: %w", err)
		}
		if _, err := w.Write(append(harmless(e), '\n')); err != nil {
			return fmt.Errorf("write event: %w", err)
		}
	}
	return nil
}

// footer says how the shown events stand to all that match.
func footer(w io.Writer, first *page, shown int, more bool) {
	took := "in " + strconv.FormatFloat(first.TookMillis, 'f', -1, 64) + " ms"
	total := grouped(first.Total)
	if first.Exact != nil && !*first.Exact {
		total = "about " + total
	}
	switch {
	case first.Total == 0:
		fmt.Fprintf(w, "no event matches (%s)\n", took)
	case more:
		fmt.Fprintf(w, "%s of %s events (%s); --limit N or --all shows more\n", grouped(uint64(shown)), total, took)
	default:
		fmt.Fprintf(w, "%s %s (%s)\n", total, plural(first.Total, "event"), took)
	}
}

// grouped writes a number with commas: 12,345.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n uint64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
