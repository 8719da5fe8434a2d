package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/number"

	"annals/engine"
)

// exceptionsPage has the failures that the list's filters let through, those of one kind as one row.
type exceptionsPage struct {
	eventsPage
	Kinds    []*kind
	Unknown  *kind // failures that say nothing of their error; nil: none
	All      int   // kinds on all pages
	New      int   // of them
	Failures uint64
}

// kind is what the failures of one error group have in common.
type kind struct {
	engine.BreakdownRow
	Text  string // of the latest error
	Share float64
	Spark string // path of the sparkline
	URL   string // of the list of them
	Begun string // of the list of all there ever were, the first on top
}

const (
	kindsOnPage    = 50
	kindBuckets    = 30
	kindsFacets    = 3 // users and modules that are named
	exceptionsPath = "/exceptions"
)

// order is one that the page offers.
type order struct {
	Name, Label, URL string
	Now              bool
}

// exceptions answers GET /exceptions.
func (c *Console) exceptions(w http.ResponseWriter, r *http.Request) error {
	p := exceptionsPage{eventsPage: eventsPage{page: c.page(r, "Exceptions", "exceptions")}}
	f := readFilter(r.URL.Query(), p.Preferences).without("result")
	f.page, f.implied = exceptionsPath, "result"
	f.Values["result"] = []string{engine.Failure}
	p.Filter, p.Carried = f, f.carried()
	ctx, cancel := c.bounded(r)
	defer cancel()
	q, m := f.query(p.Caller, p.Now, p.Zone)
	if m != nil {
		p.Mistake = m
		return c.render(w, http.StatusBadRequest, "exceptions", &p)
	}
	begun := time.Now()
	if err := c.fillKinds(ctx, &p, q); err != nil {
		status, m := mistakeOf(err)
		if tooMany(err) {
			status, m = http.StatusBadRequest, wrong("", msg("There are more kinds of errors than can be counted. Choose a shorter period or more filters."))
		}
		if m == nil {
			return err
		}
		p.Mistake = m
		return c.render(w, status, "exceptions", &p)
	}
	p.Took = time.Since(begun)
	c.told(ctx, Read{Asked: true, Query: queryText(q.Where), From: q.From, To: q.To, Total: &p.Failures})
	return c.render(w, http.StatusOK, "exceptions", &p)
}

// fillKinds asks the log: for the kinds, for what has none, and for the menus, side by side.
func (c *Console) fillKinds(ctx context.Context, p *exceptionsPage, q engine.Query) error {
	p.From, p.To = q.From, q.To
	by := engine.BreakdownBy{Column: "group", Order: p.engineOrder(), Skip: (p.Filter.Page - 1) * kindsOnPage, Limit: kindsOnPage,
		Facets: []string{"user", "module"}, Named: kindsFacets, Buckets: kindBuckets}
	unknown := q
	unknown.Where = engine.And{Parts: []engine.Expr{q.Where, noGroup}}
	var kinds, rest *engine.Breakdown
	g, asking := errgroup.WithContext(ctx)
	g.SetLimit(2)
	g.Go(func() (err error) {
		kinds, err = c.log.Breakdown(asking, q, by)
		return err
	})
	g.Go(func() (err error) {
		rest, err = c.log.Breakdown(asking, unknown, engine.BreakdownBy{Column: "result", Limit: 1, Facets: by.Facets, Named: by.Named, Buckets: by.Buckets})
		return err
	})
	g.Go(func() (err error) {
		p.Facets, err = c.facets(asking, &p.eventsPage, q)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if kinds.Values > 0 && len(kinds.Rows) == 0 { // there are fewer pages by now
		p.Filter.Page = 1
		return c.fillKinds(ctx, p, q)
	}
	p.All, p.New, p.Failures = kinds.Values, kinds.New, kinds.Total
	p.Pages = (kinds.Values + kindsOnPage - 1) / kindsOnPage
	list := p.Filter.on("")
	for _, r := range kinds.Rows {
		k := p.kind(r)
		of := onlyGroup(list, r.Value)
		k.URL = of.link()
		of.Sort = "time"
		k.Begun = of.In(allTime)
		p.Kinds = append(p.Kinds, k)
	}
	if len(rest.Rows) > 0 {
		k := p.kind(rest.Rows[0])
		k.URL = withWords(list, "-group:*")
		p.Unknown = k
	}
	return nil
}

// onlyGroup is the filter for one kind, whichever were chosen before.
func onlyGroup(f filter, group string) filter {
	f = f.first()
	f.Values = cloneValues(f.Values)
	f.Values["group"] = []string{group}
	return f
}

// noGroup is -group:*, the failures without an error.
var noGroup = engine.Not{Part: engine.Field{Name: "group", Values: []engine.Value{{Prefix: true}}}}

func withWords(f filter, words string) string {
	f = f.first()
	if f.Words != "" {
		words = "(" + f.Words + ") " + words
	}
	f.Words = words
	return f.link()
}

func (p *exceptionsPage) engineOrder() string {
	return map[string]string{"": "count", "last": "last", "new": "first"}[p.Filter.Order] // as engine.BreakdownOrders has them
}

func (p *exceptionsPage) kind(r engine.BreakdownRow) *kind {
	k := &kind{BreakdownRow: r, Share: 100 * float64(r.Count) / float64(p.Failures), Spark: sparkline(r.Buckets)}
	if e := r.Latest.Error; e != nil {
		k.Text = first(e.Message, e.Code)
	}
	return k
}

// The page's choices are the list's without the result, which is given.

// Menus are the filter menus in order.
func (p *exceptionsPage) Menus() []menu {
	return slices.DeleteFunc(p.eventsPage.Menus(), func(m menu) bool { return m.Field == "result" })
}

// Chips are all filters besides the default.
func (p *exceptionsPage) Chips() []chip {
	return slices.DeleteFunc(p.eventsPage.Chips(), func(c chip) bool { return c.Label == fieldLabels["result"] && !c.Foreign })
}

// AllKinds reports whether every kind has a row; else only the most frequent ones have.
func (p *exceptionsPage) AllKinds() bool { return p.All < engine.MaxFacetValues }

// Ranged reports whether there is a time before the period, so that something can be new in it.
func (p *exceptionsPage) Ranged() bool { return !p.From.IsZero() }

// Percent writes a share; the smallest is not nothing.
func (p *exceptionsPage) Percent(share float64) string {
	if share < .1 {
		return "< " + p.Percent(.1)
	}
	return p.printer.Sprint(number.Decimal(share, number.MaxFractionDigits(1))) + "%"
}

// More is how many values of a column there are beyond those that are named.
func (k *kind) More(column string) int {
	f := k.Facets[column]
	return f.Distinct - len(f.Top)
}

// ResetURL is the default view.
func (p *exceptionsPage) ResetURL() string { return exceptionsPath }

// Orders are what the kinds can be sorted by.
func (p *exceptionsPage) Orders() []order {
	all := []order{{Name: "", Label: p.T("Most frequent")}, {Name: "last", Label: p.T("Last seen")}, {Name: "new", Label: p.T("Newest kind")}}
	for i := range all {
		f := p.Filter.first()
		f.Order = all[i].Name
		all[i].URL, all[i].Now = f.link(), all[i].Name == p.Filter.Order
	}
	return all
}

// kindView is a row with its page.
type kindView struct {
	Page *exceptionsPage
	Kind *kind
}

func kindOf(p *exceptionsPage, k *kind) kindView { return kindView{p, k} }
