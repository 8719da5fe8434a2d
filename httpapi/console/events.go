package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
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

// facetValues are offered in a menu; more are found by typing.
const facetValues = 30

// facetFields are the menus. Users and actions have many values: the most frequent are offered, the rest is suggested while typing.
var facetFields = []string{"user", "project", "module", "operation", "result", "action"}

// events answers GET /events.
func (c *Console) events(w http.ResponseWriter, r *http.Request) error {
	p := eventsPage{page: c.page(r, "Events", "events")}
	p.Filter = readFilter(r.URL.Query(), p.Preferences)
	p.Columns = p.Preferences.shownColumns()
	p.shareable = c.tenantsOf(p.Caller.Tenants)
	var err error
	if p.Saved, err = c.saved.List(p.Caller); err != nil {
		reply.Keep(r, err) // the list is worth more than its menu of views
	}
	ctx, cancel := c.bounded(r)
	defer cancel()
	q, m := p.Filter.query(p.Caller.Tenants, p.Now, p.Zone)
	if m != nil {
		p.Mistake = m
		return c.render(w, http.StatusBadRequest, "events", &p)
	}
	begun := time.Now()
	if err := c.fillList(ctx, &p, q); err != nil {
		if errors.Is(err, engine.ErrTooBroad) {
			p.Mistake = &mistake{Field: "q", Message: "the * stands for too many words; write more letters before it"}
			return c.render(w, http.StatusBadRequest, "events", &p)
		}
		return err
	}
	p.Took = time.Since(begun)
	if p.Filter.Event != "" {
		if p.Drawer, err = c.drawer(ctx, p.page, p.Filter); err != nil {
			return err
		}
	}
	return c.render(w, http.StatusOK, "events", &p)
}

// fillList asks the log.
func (c *Console) fillList(ctx context.Context, p *eventsPage, q engine.Query) error {
	result, err := c.log.Search(ctx, q)
	if err != nil {
		return err
	}
	p.Total = result.Total
	p.pages()
	for _, e := range result.Events {
		rw := row{Event: e, URL: p.Filter.Showing(e), Open: e.ID == p.Filter.Event && e.Tenant == p.Filter.EventTenant}
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

// facets counts the values of each menu under all filters but the menu's own, so that another value can be chosen beside the first.
func (c *Console) facets(ctx context.Context, p *eventsPage, q engine.Query) (map[string][]engine.FacetValue, error) {
	all := map[string][]engine.FacetValue{}
	fields := facetFields
	if p.ManyTenants() {
		fields = append([]string{"tenant"}, fields...)
	}
	count := func(q engine.Query, fields []string) error {
		found, _, err := c.log.Facets(ctx, q, fields, facetValues)
		if tooMany(err) && len(fields) > 1 { // one of them has more values than can be counted: its menu is for typing only
			for _, field := range fields {
				one, _, err := c.log.Facets(ctx, q, []string{field}, facetValues)
				if err != nil && !tooMany(err) {
					return err
				}
				all[field] = one[field]
			}
			return nil
		}
		for field, values := range found {
			all[field] = values
		}
		if tooMany(err) {
			return nil
		}
		return err
	}
	var free []string
	for _, field := range fields {
		if len(p.Filter.Values[field]) == 0 {
			free = append(free, field)
			continue
		}
		where, m := p.Filter.without(field).where(p.Now, p.Zone)
		if m != nil {
			return nil, reply.BadParameter(m.Field, "%s", m.Message)
		}
		other := q
		other.Where = where
		if err := count(other, []string{field}); err != nil {
			return nil, err
		}
	}
	if len(free) == 0 {
		return all, nil
	}
	return all, count(q, free)
}

func tooMany(err error) bool {
	_, ok := errors.AsType[*engine.FieldError](err)
	return ok
}

// ManyTenants reports whether the viewer sees more than one.
func (p *eventsPage) ManyTenants() bool {
	return p.Caller.Tenants.All || len(p.Caller.Tenants.Names) > 1
}

// pages counts them and chooses which numbers to offer.
func (p *eventsPage) pages() {
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

// Menu is what the template needs of one filter menu.
type menu struct {
	Field, Label string
	Values       []engine.FacetValue // those chosen first, whatever their count
	Chosen       []string
	Search       bool // has too many values to list
}

// Menus are the filter menus in order.
func (p *eventsPage) Menus() []menu {
	var all []menu
	for _, field := range append([]string{"tenant"}, facetFields...) {
		if field == "tenant" && !p.ManyTenants() {
			continue
		}
		m := menu{Field: field, Label: fieldLabels[field], Chosen: p.Filter.Values[field], Search: field != "operation" && field != "result"}
		for _, v := range m.Chosen {
			i := slices.IndexFunc(p.Facets[field], func(f engine.FacetValue) bool { return strings.EqualFold(f.Value, v) })
			if i < 0 {
				m.Values = append(m.Values, engine.FacetValue{Value: v})
			} else {
				m.Values = append(m.Values, engine.FacetValue{Value: v, Count: p.Facets[field][i].Count})
			}
		}
		for _, f := range p.Facets[field] {
			if !slices.ContainsFunc(m.Chosen, func(v string) bool { return strings.EqualFold(f.Value, v) }) {
				m.Values = append(m.Values, f)
			}
		}
		all = append(all, m)
	}
	return all
}
