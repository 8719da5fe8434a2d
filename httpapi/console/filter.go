package console

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"annals/engine"
)

// filterFields are what the list is filtered by besides words and time, in the order of the form. Each may have several values, any of which
// will do.
var filterFields = []string{"tenant", "user", "project", "module", "operation", "result", "action", "error", "group", "resource", "type", "ip", "agent", "channel", "id"}

// filter is what a URL asks for. It can be written as a URL again, with changes; nothing that was typed is lost on the way.
type filter struct {
	Words  string // in the query language
	Period period
	From   string              // as typed, of a custom period
	To     string              // as typed, exclusive
	Values map[string][]string // by filterFields
	Zone   string              // of this URL only

	Sort string // column, "-" in front for descending
	Page int
	Size int

	Event, EventTenant string // shown in the drawer

	fallback defaults
}

// defaults are what a URL leaves out.
type defaults struct {
	period string
	size   int
}

var pageSizes = []string{"10", "20", "50", "100"}

const (
	defaultSize = 20
	defaultSort = "-time"
	maxValues   = 100 // of one field
)

// readFilter reads a URL's query. What makes no sense is left out, as an address that was cut short should still show something; only words
// and times are kept as typed, since a mistake in them must be shown.
func readFilter(values url.Values, p preferences) filter {
	f := filter{Words: strings.TrimSpace(values.Get("q")), From: values.Get("from"), To: values.Get("to"), Values: map[string][]string{},
		Zone: values.Get("tz"), Event: values.Get("event"), EventTenant: values.Get("event_tenant"),
		fallback: defaults{defaultPeriod, defaultSize}}
	if p.Period != "" {
		f.fallback.period = p.Period
	}
	if n, err := strconv.Atoi(p.Size); err == nil {
		f.fallback.size = n
	}
	f.Period, _ = periodNamed(f.fallback.period)
	if named, ok := periodNamed(values.Get("range")); ok {
		f.Period = named
	} else if f.From != "" || f.To != "" {
		f.Period, _ = periodNamed(custom)
	}
	if f.Period.Name != custom {
		f.From, f.To = "", ""
	}
	for _, name := range fieldsOf(values) {
		field := canonical(name)
		for _, v := range values[name] {
			if field == "id" {
				v = strings.TrimSpace(v) // it was pasted; the other values may begin or end with a space, and links have them so
			}
			v = strings.ToValidUTF8(v, "\ufffd")
			if strings.TrimSpace(v) != "" && !slices.Contains(f.Values[field], v) && len(f.Values[field]) < maxValues {
				f.Values[field] = append(f.Values[field], v)
			}
		}
	}
	f.Sort = defaultSort
	if column := strings.TrimPrefix(values.Get("sort"), "-"); column == "time" || slices.Contains(engine.SortColumns, column) {
		f.Sort = values.Get("sort")
	}
	f.Size = f.fallback.size
	if slices.Contains(pageSizes, values.Get("size")) {
		f.Size, _ = strconv.Atoi(values.Get("size"))
	}
	f.Page = 1
	if n, err := strconv.Atoi(values.Get("page")); err == nil && n > 0 && n <= engine.MaxSkip/f.Size {
		f.Page = n
	}
	return f
}

// canonical is the name by which a filter has a field: paths in the details are folded as the log folds them.
func canonical(field string) string {
	if path, ok := strings.CutPrefix(field, detailsPrefix); ok {
		return detailsPrefix + engine.FoldValue(path)
	}
	return field
}

const detailsPrefix = "details."

// mistake is what somebody typed wrong: the form shows it where it was typed.
type mistake struct {
	Field   string // of the form: q, from or to
	Message string
	Own     bool // the message is the catalogue's; else it is the engine's, which are in English
	Column  int  // in the words, from 1; 0: nowhere in particular
}

func wrong(field, message string) *mistake {
	return &mistake{Field: field, Message: message, Own: true}
}

// query makes the question to the log. A mistake is not nil when the words or times cannot be read: then nothing is to be asked.
func (f filter) query(who engine.Tenants, now time.Time, loc *time.Location) (engine.Query, *mistake) {
	q := engine.Query{Tenants: who, Limit: f.Size, Page: f.Page}
	q.Sort, q.Desc = strings.CutPrefix(f.Sort, "-")
	where, m := f.where(now, loc)
	if m != nil {
		return q, m
	}
	q.Where = where
	q.From, q.To = f.Period.within(now, loc)
	if f.Period.Name == custom {
		for _, bound := range []struct {
			field, text string
			at          *time.Time
		}{{"from", f.From, &q.From}, {"to", f.To, &q.To}} {
			if bound.text == "" {
				continue
			}
			t, err := engine.ParseTime(bound.text, now, loc)
			if err != nil {
				return q, wrong(bound.field, msg("This is no time. Write 2026-11-01, 2026-11-08 17:30, 2026-11-08T12:00Z, now-15m, today or yesterday."))
			}
			*bound.at = t
		}
		if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
			return q, wrong("to", msg("The end must come after the beginning."))
		}
	}
	return q, nil
}

// where joins the words and the fields.
func (f filter) where(now time.Time, loc *time.Location) (engine.Expr, *mistake) {
	var parts []engine.Expr
	words, err := engine.ParseQuery(f.Words, now, loc)
	if err != nil {
		m := &mistake{Field: "q", Message: err.Error()}
		if at, ok := errors.AsType[*engine.QueryError](err); ok {
			m.Message, m.Column = at.Message, at.Column
		}
		return nil, m
	}
	if words != nil {
		parts = append(parts, words)
	}
	for _, field := range fieldsOf(f.Values) {
		parts = append(parts, fieldIs(field, f.Values[field]))
	}
	switch len(parts) {
	case 0:
		return nil, nil
	case 1:
		return parts[0], nil
	}
	return engine.And{Parts: parts}, nil
}

// fieldsOf are the names that a list can be filtered by: filterFields in their order, then paths in the details.
func fieldsOf(values map[string][]string) []string {
	var all, paths []string
	for _, field := range filterFields {
		if len(values[field]) > 0 {
			all = append(all, field)
		}
	}
	for name, list := range values {
		if path, ok := strings.CutPrefix(name, detailsPrefix); ok && path != "" && len(list) > 0 {
			paths = append(paths, name)
		}
	}
	slices.Sort(paths)
	return append(all, paths...)
}

func fieldIs(field string, values []string) engine.Expr {
	e := engine.Field{Name: field}
	for _, v := range values {
		e.Values = append(e.Values, engine.Value{Text: v, Quoted: true})
	}
	return e
}

// without returns the filter with nothing chosen in a field.
func (f filter) without(field string) filter {
	f.Values = cloneValues(f.Values)
	delete(f.Values, field)
	return f
}

func cloneValues(m map[string][]string) map[string][]string {
	c := make(map[string][]string, len(m))
	for k, v := range m {
		c[k] = slices.Clone(v)
	}
	return c
}

// encode writes the filter as a URL's query, without what is the default.
func (f filter) encode() string {
	v := url.Values{}
	set := func(name, value, otherwise string) {
		if value != otherwise {
			v.Set(name, value)
		}
	}
	set("q", f.Words, "")
	set("range", f.Period.Name, f.fallback.period)
	set("from", f.From, "")
	set("to", f.To, "")
	set("tz", f.Zone, "")
	set("sort", f.Sort, defaultSort)
	set("size", strconv.Itoa(f.Size), strconv.Itoa(f.fallback.size))
	set("page", strconv.Itoa(f.Page), "1")
	set("event", f.Event, "")
	set("event_tenant", f.EventTenant, "")
	for field, values := range f.Values {
		for _, value := range values {
			v.Add(field, value)
		}
	}
	return v.Encode()
}

// at returns the URL of a page that takes filters.
func (f filter) at(path string) string {
	if q := f.encode(); q != "" {
		return path + "?" + q
	}
	return path
}

// The links below lead to the list's first page, since another filter or order has other pages, and close the drawer.

func (f filter) first() filter {
	f.Page, f.Event, f.EventTenant = 1, "", ""
	return f
}

// With is the list where the field has the value as well.
func (f filter) With(field, value string) string {
	f = f.first()
	f.Values = cloneValues(f.Values)
	value = beginning(field, value)
	if !slices.Contains(f.Values[field], value) {
		f.Values[field] = append(f.Values[field], value)
	}
	return f.at("/events")
}

// beginning is as much of a long value as it is found by, so that addresses stay short.
func beginning(field, value string) string {
	if len(value) <= engine.MaxTermValue {
		return value
	}
	if field == "error" { // found by its words, which must be whole
		value = cutText(value, engine.MaxTermValue)
		if i := strings.LastIndexByte(value, ' '); i > 0 {
			value = value[:i]
		}
		return value
	}
	return engine.FoldValue(value)
}

// Without is the list where the field need not have the value.
func (f filter) Without(field, value string) string {
	f = f.first()
	f.Values = cloneValues(f.Values)
	f.Values[field] = slices.DeleteFunc(f.Values[field], func(v string) bool { return v == value })
	return f.at("/events")
}

// WithoutWords is the list without the keyword box.
func (f filter) WithoutWords() string {
	f = f.first()
	f.Words = ""
	return f.at("/events")
}

// Between is the list of another stretch of time.
func (f filter) Between(from, to time.Time) string {
	f = f.first()
	f.Period, _ = periodNamed(custom)
	f.From, f.To = moment(from), moment(to)
	return f.at("/events")
}

// In is the list of another period.
func (f filter) In(name string) string {
	f = f.first()
	f.Period, _ = periodNamed(name)
	f.From, f.To = "", ""
	return f.at("/events")
}

// inZone is the same view with times in another zone; "" leaves it to the viewer's preferences.
func (f filter) inZone(name string, from, to time.Time) string {
	if f.Period.Name == custom { // the same moments, however they were typed
		f.From, f.To = moment(from), moment(to)
	}
	f.Zone = name
	return f.at("/events")
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// SortedBy is the list in the order of a column: its own order first, then the other way round.
func (f filter) SortedBy(column string) string {
	f = f.first()
	descending := column == "time"
	if f.Sort == "-"+column {
		descending = false
	} else if f.Sort == column {
		descending = true
	}
	f.Sort = column
	if descending {
		f.Sort = "-" + column
	}
	return f.at("/events")
}

// OnPage is another page of the list.
func (f filter) OnPage(n int) string {
	f.Page, f.Event, f.EventTenant = n, "", ""
	return f.at("/events")
}

// Sized is the list with as many events on a page.
func (f filter) Sized(n string) string {
	f = f.first()
	f.Size, _ = strconv.Atoi(n)
	return f.at("/events")
}

// Showing is the list with an event's details beside it.
func (f filter) Showing(e *engine.Event) string {
	f.Event, f.EventTenant = e.ID, e.Tenant
	return f.at("/events")
}

// Closed is the list without the details.
func (f filter) Closed() string {
	f.Event, f.EventTenant = "", ""
	return f.at("/events")
}

// Has reports whether the value is chosen in the field.
func (f filter) Has(field, value string) bool { return slices.Contains(f.Values[field], value) }

// Bare reports whether nothing is filtered but by the default period.
func (f filter) Bare() bool {
	return f.Words == "" && len(f.Values) == 0 && f.Period.Name == f.fallback.period
}
