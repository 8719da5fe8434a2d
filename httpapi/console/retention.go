package console

import (
	"bytes"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// retentionPage says how long events are kept, and what was removed.
type retentionPage struct {
	settingsPage
	Age      time.Duration // 0: for ever
	Oldest   time.Time     // of the events that the viewer sees; zero: there are none
	SeesRuns bool
	Runs     []retentionRun
}

// retentionRun is one window that retention has removed, as the log says.
type retentionRun struct {
	At, Event string    // when, and the event's link
	Events    uint64    `json:"events"`
	MinTime   time.Time `json:"min_time"`
	MaxTime   time.Time `json:"max_time"`
}

const runsShown = 20

// showRetention answers GET /settings/retention.
func (c *Console) showRetention(w http.ResponseWriter, r *http.Request) error {
	p := retentionPage{settingsPage: c.settings(r, "Retention", "retention"), Age: c.log.Retention()}
	ctx, cancel := c.bounded(r)
	defer cancel()
	oldest, err := c.log.Search(ctx, engine.Query{Tenants: p.Caller.Tenants, Sort: "time", Limit: 1})
	if err != nil {
		return err
	}
	for _, e := range oldest.Events {
		p.Oldest = e.Time
	}
	if p.SeesRuns = p.Caller.Tenants.Sees(engine.ReservedTenant); p.SeesRuns {
		found, err := c.log.Search(ctx, engine.Query{Tenants: p.Caller.Tenants.Only(engine.ReservedTenant), Where: fieldIs("action", []string{"retention.run"}),
			Sort: "time", Desc: true, Limit: runsShown})
		if err != nil {
			return err
		}
		for _, e := range found.Events {
			p.Runs = append(p.Runs, newRun(p.page, e))
		}
	}
	return c.render(w, http.StatusOK, "retention", &p)
}

// newRun reads what the log says of a run. What it does not say stays zero.
func newRun(p page, e *engine.Event) (run retentionRun) {
	_ = json.UnmarshalRead(bytes.NewReader(e.Details), &run)
	run.At = p.Time(e.Time)
	run.Event = filter{fallback: defaults{size: defaultSize}, Size: defaultSize, Page: 1, Sort: defaultSort, Period: period{Name: allTime}}.Showing(e)
	return run
}

// Days is the age as people say it.
func (p *retentionPage) Days() int { return int(p.Age / (24 * time.Hour)) }
