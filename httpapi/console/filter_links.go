package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"annals/engine"
)

// The links below lead to the first page, since another filter or order has other pages, and close the drawer. What they call the list is the page
// that the filter is used on.

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
	return f.link()
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
	return f.link()
}

// WithoutWords is the list without the keyword box.
func (f filter) WithoutWords() string {
	f = f.first()
	f.Words = ""
	return f.link()
}

// Between is the list of another stretch of time.
func (f filter) Between(from, to time.Time) string {
	f = f.first()
	f.Period, _ = periodNamed(custom)
	f.From, f.To = moment(from), moment(to)
	return f.link()
}

// In is the list of another period.
func (f filter) In(name string) string {
	f = f.first()
	f.Period, _ = periodNamed(name)
	f.From, f.To = "", ""
	return f.link()
}

// inZone is the same view with times in another zone; "" leaves it to the viewer's preferences.
func (f filter) inZone(name string, from, to time.Time) string {
	if f.Period.Name == custom { // the same moments, however they were typed
		f.From, f.To = moment(from), moment(to)
	}
	f.Zone = name
	return f.link()
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
	return f.link()
}

// OnPage is another page of the list.
func (f filter) OnPage(n int) string {
	f.Page, f.Event, f.EventTenant = n, "", ""
	return f.link()
}

// Sized is the list with as many events on a page.
func (f filter) Sized(n string) string {
	f = f.first()
	f.Size, _ = strconv.Atoi(n)
	return f.link()
}

// Showing is the list with an event's details beside it.
func (f filter) Showing(e *engine.Event) string {
	f.Event, f.EventTenant = e.ID, e.Tenant
	return f.link()
}

// Closed is the list without the details.
func (f filter) Closed() string {
	f.Event, f.EventTenant = "", ""
	return f.link()
}

// Has reports whether the value is chosen in the field.
func (f filter) Has(field, value string) bool { return slices.Contains(f.Values[field], value) }

// Bare reports whether nothing is filtered but by the default period.
func (f filter) Bare() bool {
	return f.Words == "" && len(f.without(f.implied).Values) == 0 && f.Period.Name == f.fallback.period
}
