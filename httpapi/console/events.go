package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

// eventsPage is the list: what is asked for, what was found, and what else could be asked for.
type eventsPage struct {
	page
	Filter    filter
	Mistake   *mistake
	Columns   []column
	Rows      []row
	Total     uint64
	Took      time.Duration
	Pages     int
	Around    []int // page numbers to offer; 0 is a gap
	Histogram histogram
	Facets    map[string][]engine.FacetValue // by field, under the other filters
	Query     string                         // all of the filter in the query language, for the API
	From, To  time.Time
	OtherZone string // what times can be switched to; "": nothing
	Drawer    *drawer
	Saved     []SavedView
	shareable []string // tenants that a view may be shared in
}

type row struct {
	*engine.Event
	Name, Account string // of the actor
	URL           string // with the details
	Open          bool
}

// What is the operation event in a line: what was done, in words if there are any.
func (r row) What() string {
	if r.Description != "" {
		return r.Description
	}
	return r.Action
}

// events answers GET /events.
func (c *Console) events(w http.ResponseWriter, r *http.Request) error {
	p := eventsPage{page: c.page(r, "Events", "events"), OtherZone: otherZone(r)}
	p.Filter = readFilter(r.URL.Query(), p.Preferences)
	p.Carried = p.Filter.carried()
	p.Columns = p.Preferences.shownColumns()
	p.shareable = c.tenantsOf(p.Caller.Tenants)
	var err error
	if p.Saved, err = c.saved.List(p.Caller); err != nil {
		reply.Keep(r, err) // the list is worth more than its menu of views
	}
	ctx, cancel := c.bounded(r)
	defer cancel()
	q, m := p.Filter.query(p.Caller, p.Now, p.Zone)
	if m != nil {
		p.Mistake = m
		return c.render(w, http.StatusBadRequest, "events", &p)
	}
	begun := time.Now()
	if err := c.fillList(ctx, &p, q); err != nil {
		status, m := mistakeOf(err)
		if m == nil {
			return err
		}
		p.Mistake = m
		return c.render(w, status, "events", &p)
	}
	p.Took = time.Since(begun)
	p.Query = queryText(q.Where)
	if p.Filter.Event != "" {
		if err := c.fillDrawer(ctx, &p, q); err != nil {
			return err
		}
	}
	total := p.Total
	c.told(ctx, Read{Asked: true, Query: p.Query, From: q.From, To: q.To, Total: &total, Event: p.Filter.Event})
	return c.render(w, http.StatusOK, "events", &p)
}

// mistakeOf is what a viewer can do about an error of the list's; nil: nothing.
func mistakeOf(err error) (status int, m *mistake) {
	switch {
	case errors.Is(err, engine.ErrTooBroad):
		return http.StatusBadRequest, wrong("q", msg("The * stands for too many words. Write more letters before it."))
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, wrong("", msg("The search took too long. Choose a shorter period or more filters."))
	}
	if at, ok := errors.AsType[*engine.FieldError](err); ok && at.Field == "limit" {
		return http.StatusBadRequest, wrong("size", msg("The events are too large to show so many on a page. Choose fewer a page."))
	} else if ok && at.Field == "page" {
		return http.StatusBadRequest, wrong("page", msg("In this order page numbers do not reach so far. Use more filters, or go by time."))
	}
	return 0, nil
}

// fillList asks the log.
func (c *Console) fillList(ctx context.Context, p *eventsPage, q engine.Query) error {
	result, err := c.log.Search(ctx, q)
	if err != nil {
		return err
	}
	p.Total = result.Total
	p.pages()
	if p.Filter.Page > max(p.Pages, 1) { // the list has become shorter
		p.Filter.Page = max(p.Pages, 1)
		q.Page = p.Filter.Page
		if result, err = c.log.Search(ctx, q); err != nil {
			return err
		}
		p.pages()
	}
	for _, e := range result.Events {
		rw := row{Event: e, URL: p.Filter.Showing(e), Open: e.ID == p.Filter.Event && (p.Filter.EventTenant == "" || e.Tenant == p.Filter.EventTenant)}
		rw.Name, rw.Account = who(e.Actor)
		p.Rows = append(p.Rows, rw)
	}
	p.Query = engine.FormatQuery(q.Where)
	p.From, p.To = q.From, q.To
	buckets, _, err := c.log.Histogram(ctx, q, p.Filter.Period.buckets)
	if err != nil {
		return err
	}
	p.Histogram = draw(buckets, p.Filter, p.Zone)
	p.Facets, err = c.facets(ctx, p, q)
	return err
}

// ManyTenants reports whether the viewer sees more than one.
func (p *eventsPage) ManyTenants() bool {
	return p.Caller.Tenants.All || len(p.Caller.Tenants.Names) > 1
}

// pages counts them and chooses which numbers to offer.
func (p *eventsPage) pages() {
	p.Around = nil
	size := uint64(p.Filter.Size)
	p.Pages = int(min((p.Total+size-1)/size, uint64(engine.MaxSkip)/size))
	last := 0
	for n := 1; n <= p.Pages; n++ {
		if n > 2 && n < p.Pages-1 && (n < p.Filter.Page-2 || n > p.Filter.Page+2) {
			if n < p.Filter.Page-2 {
				n = p.Filter.Page - 3
			} else {
				n = p.Pages - 2
			}
			if last != 0 {
				p.Around = append(p.Around, 0)
				last = 0
			}
			continue
		}
		p.Around = append(p.Around, n)
		last = n
	}
}

// FirstShown and LastShown number the events on the page.
func (p *eventsPage) FirstShown() int { return (p.Filter.Page-1)*p.Filter.Size + 1 }

// LastShown is the number of the page's last event.
func (p *eventsPage) LastShown() int { return p.FirstShown() + len(p.Rows) - 1 }
