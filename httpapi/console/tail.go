package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// tailPage follows the log: it begins with the newest events that match, and its script adds what comes.
type tailPage struct {
	eventsPage
	Next   uint64 // seq of the first event that is not on the page: the script follows from there
	Stream string // what to follow, without from where
	Keep   int    // rows that the script keeps on the page
}

const (
	tailPath  = "/tail"
	tailFirst = 50 // events that the page begins with
	tailKept  = 1000
)

// tail answers GET /tail.
func (c *Console) tail(w http.ResponseWriter, r *http.Request) error {
	p := tailPage{eventsPage: eventsPage{page: c.page(r, "Live tail", "tail")}, Keep: tailKept}
	p.Filter = readFilter(r.URL.Query(), p.Preferences)
	p.Filter.page = tailPath
	p.Carried = p.Filter.carried()
	ctx, cancel := c.bounded(r)
	defer cancel()
	q, m := p.Filter.query(p.Caller, p.Now, p.Zone)
	if m != nil && m.Field == "q" { // a mistake in the period is not the tail's
		p.Mistake = m
		return c.render(w, http.StatusBadRequest, "tail", &p)
	}
	if err := c.fillTail(ctx, &p, q); err != nil {
		status, m := mistakeOf(err)
		if m == nil {
			return err
		}
		p.Mistake = m
		return c.render(w, status, "tail", &p)
	}
	c.told(ctx, Read{Asked: true, Query: queryText(q.Where)})
	return c.render(w, http.StatusOK, "tail", &p)
}

// fillTail reads the newest events, whatever the filter's period, in the order of their arrival. They end below the size that the log had before
// it was asked, and the script follows from there, so that no event is missed and none comes twice.
func (c *Console) fillTail(ctx context.Context, p *tailPage, q engine.Query) (err error) {
	if p.Facets, err = c.facets(ctx, &p.eventsPage, q); err != nil {
		return err
	}
	p.Next = c.log.Size()
	newest, err := c.log.Search(ctx, engine.Query{Tenants: q.Tenants, Where: q.Where, Desc: true, Limit: tailFirst})
	if err != nil {
		return err
	}
	list := p.Filter.on("")
	for _, e := range newest.Events {
		if e.Seq < p.Next {
			rw := row{Event: e, URL: list.Showing(e)}
			rw.Name, rw.Account = who(e.Actor)
			p.Rows = append(p.Rows, rw)
		}
	}
	slices.SortFunc(p.Rows, func(a, b row) int { return cmp.Compare(b.Seq, a.Seq) })
	p.Stream = "/api/v1/tail?" + url.Values{"q": {engine.FormatQuery(q.Where)}}.Encode()
	return nil
}

// ListURL is the list of the same filter.
func (p *tailPage) ListURL() string { return p.Filter.on("").first().link() }

// ResetURL is the tail of everything.
func (p *tailPage) ResetURL() string { return tailPath }

// Periods are none: a tail has no end.
func (p *tailPage) Periods() []period { return nil }

// Chips are all filters; the period is none of the tail's.
func (p *tailPage) Chips() []chip {
	return slices.DeleteFunc(p.eventsPage.Chips(), func(c chip) bool { return c.Label == "Time" && !c.Foreign })
}

// KeptValues are what the form has no control for: the period too, which other pages have.
func (p *tailPage) KeptValues() []keptValue {
	return append(p.eventsPage.KeptValues(), keptValue{"range", p.Filter.Period.Name}, keptValue{"from", p.Filter.From}, keptValue{"to", p.Filter.To})
}

// Blank is a row for the script to fill in.
func (p *tailPage) Blank() row { return row{Event: &engine.Event{}} }

// Texts are what the script says, as a JSON object.
func (p *tailPage) Texts() (string, error) {
	texts := map[string]string{
		"connecting": p.T("Connecting…"),
		"following":  p.T("Following"),
		"paused":     p.T("Paused"),
		"waiting":    p.T("The connection was lost. Connecting again in {n} s"),
		"broken":     p.T("The server ended the stream: {why} Connecting again in {n} s"),
		"lost":       p.T("The connection was lost"),
		"session":    p.T("Your session is over."),
		"forbidden":  p.T("You may not follow these events any more."),
		"refused":    p.T("The server does not follow this filter: {why}"),
		"pause":      p.T("Pause"),
		"resume":     p.T("Resume"),
		"one":        p.T("1 new event"),
		"many":       p.T("{n} new events"),
		"left-one":   p.T("1 event is not shown here any more."),
		"left-many":  p.T("{n} events are not shown here any more."),
		"details":    p.T("View details"),
	}
	for _, word := range append([]string{engine.Success, engine.Failure}, engine.Operations...) {
		texts["word-"+word] = p.T(word)
	}
	text, err := json.Marshal(texts, json.Deterministic(true))
	return string(text), err
}

// tailRow is a row with its page.
type tailRow struct {
	Page *tailPage
	Row  row
}

func tailRowOf(p *tailPage, r row) tailRow { return tailRow{p, r} }
