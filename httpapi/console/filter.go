package console

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"annals/engine"
)

// filterFields are what the list is filtered by besides words and time, in the order of the form. Each may have several values, any of which
// will do.
var filterFields = []string{"tenant", "user", "project", "module", "operation", "result", "action", "error", "group", "resource", "type", "ip", "agent", "channel", "id"}

// fixedValues are all that a field can have. Any other makes no sense, and is no word of the catalogue.
var fixedValues = map[string][]string{"operation": engine.Operations, "result": {engine.Success, engine.Failure}}

// filter is what a URL asks for. It can be written as a URL again, with changes; nothing that was typed is lost on the way.
type filter struct {
	Words  string // in the query language
	Period period
	From   string              // as typed, of a custom period
	To     string              // as typed, exclusive
	Values map[string][]string // by filterFields
	Zone   string              // of this URL only

	Sort  string // column, "-" in front for descending
	Order string // of the exceptions: of orders, or "" for the most frequent first
	Page  int
	Size  int

	Event, EventTenant string // shown in the drawer

	fallback defaults

	page    string // where the filter is used, and its links lead; "": the list
	implied string // a field whose value that page gives by itself: it is not in links to it
}

// defaults are what a URL leaves out.
type defaults struct {
	period string
	size   int
}

var pageSizes = []string{"10", "20", "50", "100"}

// orders are what the exceptions can be sorted by: the last one seen first, or the one that is the newest.
var orders = []string{"last", "new"}

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
			if words := fixedValues[field]; words != nil {
				if v = engine.FoldValue(v); !slices.Contains(words, v) {
					continue
				}
			}
			if strings.TrimSpace(v) != "" && !slices.Contains(f.Values[field], v) && len(f.Values[field]) < maxValues {
				f.Values[field] = append(f.Values[field], v)
			}
		}
	}
	f.Sort = defaultSort
	if column := strings.TrimPrefix(values.Get("sort"), "-"); column == "time" || slices.Contains(engine.SortColumns, column) {
		f.Sort = values.Get("sort")
	}
	if slices.Contains(orders, values.Get("order")) {
		f.Order = values.Get("order")
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
		return detailsPrefix + engine.FoldValue(strings.ToValidUTF8(path, "\ufffd"))
	}
	return field
}

const detailsPrefix = "details."

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
	set("order", f.Order, "")
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

// link is the URL of the page that the filter is used on.
func (f filter) link() string {
	path := cmp.Or(f.page, listPath)
	if q := f.without(f.implied).encode(); q != "" {
		return path + "?" + q
	}
	return path
}

const listPath = "/events"

// carried is what other pages take over of the filter: which events, not which of them are shown.
func (f filter) carried() string { return f.first().without(f.implied).encode() }

// on is the same filter on another page.
func (f filter) on(page string) filter {
	f.page, f.implied = page, ""
	return f
}
