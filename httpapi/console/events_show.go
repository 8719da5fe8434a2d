package console

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the list's templates ask of the page.

// Periods are the choices of time.
func (p *eventsPage) Periods() []period { return periods }

// AllColumns are those that can be shown.
func (p *eventsPage) AllColumns() []column { return listColumns }

// Shows reports whether the column is shown.
func (p *eventsPage) Shows(name string) bool {
	return slices.ContainsFunc(p.Columns, func(c column) bool { return c.Name == name })
}

// Sizes are how many events a page may have.
func (p *eventsPage) Sizes() []string { return pageSizes }

// IsSize reports whether the page has so many.
func (p *eventsPage) IsSize(n string) bool { return strconv.Itoa(p.Filter.Size) == n }

// SizeKept is the page's size where the URL has to name it.
func (p *eventsPage) SizeKept() string {
	if p.Filter.Size == p.Filter.fallback.size {
		return ""
	}
	return strconv.Itoa(p.Filter.Size)
}

// ResetURL is the default view.
func (p *eventsPage) ResetURL() string { return "/events" }

// ZoneURL is the same view with times in the other zone.
func (p *eventsPage) ZoneURL() string { return p.Filter.inZone(p.OtherZone, p.From, p.To) }

// MistakeText is the mistake in the viewer's language.
func (p *eventsPage) MistakeText() string { return p.Said(p.Mistake.Message) }

// wayOut is a link that leads out of a mistake which nothing typed can mend.
type wayOut struct{ Text, URL string }

// WaysOut are those of the page's mistake.
func (p *eventsPage) WaysOut() (all []wayOut) {
	switch p.Mistake.Field {
	case "size":
		for _, n := range pageSizes {
			if size, _ := strconv.Atoi(n); size < p.Filter.Size {
				all = append(all, wayOut{n + " " + p.T("a page"), p.Filter.Sized(n)})
			}
		}
	case "page":
		byTime := p.Filter.first()
		byTime.Sort = defaultSort
		all = append(all, wayOut{p.T("First page"), p.Filter.first().link()}, wayOut{p.T("Newest first"), byTime.link()})
	}
	return all
}

// Unreachable reports whether there are more pages than can be asked for by number.
func (p *eventsPage) Unreachable() bool { return uint64(p.Pages)*uint64(p.Filter.Size) < p.Total }

// AriaSort and Arrow tell in which order a column is.
func (p *eventsPage) AriaSort(column string) string {
	switch p.Filter.Sort {
	case column:
		return "ascending"
	case "-" + column:
		return "descending"
	}
	return "none"
}

// Arrow is AriaSort for the eye.
func (p *eventsPage) Arrow(column string) string {
	return map[string]string{"ascending": "↑", "descending": "↓", "none": ""}[p.AriaSort(column)]
}

// CustomFrom and CustomTo are the ends of the period in its form: as typed, or, of a link's, in the viewer's zone.
func (p *eventsPage) CustomFrom() string { return p.typed(p.Filter.From) }

// CustomTo is the period's end.
func (p *eventsPage) CustomTo() string { return p.typed(p.Filter.To) }

func (p *eventsPage) typed(s string) string {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return s
	}
	if local := t.In(p.Zone); local.Equal(local.Truncate(time.Minute)) {
		return local.Format("2006-01-02 15:04")
	}
	return t.In(p.Zone).Format("2006-01-02T15:04:05.999999999Z07:00")
}

// MistakeBefore and MistakeAt are the words up to the mistake and where it is.
func (p *eventsPage) MistakeBefore() string {
	before, _ := p.splitWords()
	return before
}

// MistakeAt is the rest of the words.
func (p *eventsPage) MistakeAt() string {
	_, at := p.splitWords()
	return at
}

func (p *eventsPage) splitWords() (before, at string) {
	runes := []rune(p.Filter.Words)
	n := min(max(p.Mistake.Column-1, 0), len(runes))
	if n == len(runes) {
		return string(runes), " "
	}
	return string(runes[:n]), string(runes[n:])
}

// chip is one filter that can be removed.
type chip struct {
	Label, Value, URL string
	Foreign           bool // the label is a path in the details, which is no text of ours
}

// Chips are all filters besides the default.
func (p *eventsPage) Chips() []chip {
	var all []chip
	f := p.Filter
	if f.Words != "" {
		all = append(all, chip{Label: "Words", Value: f.Words, URL: f.WithoutWords()})
	}
	if f.Period.Name != f.fallback.period {
		text := p.T(f.Period.Label)
		if f.Period.Name == custom {
			text = p.span(p.From, p.To)
		}
		all = append(all, chip{Label: "Time", Value: text, URL: f.In(f.fallback.period)})
	}
	for _, field := range fieldsOf(f.Values) {
		for _, v := range f.Values[field] {
			c := chip{Label: fieldLabels[field], Value: v, URL: f.Without(field, v)}
			if c.Label == "" {
				c.Label, c.Foreign = strings.TrimPrefix(field, detailsPrefix), true
			}
			if field == "result" || field == "operation" {
				c.Value = p.T(v)
			}
			all = append(all, c)
		}
	}
	return all
}

func (p *eventsPage) span(from, to time.Time) string {
	text := "…"
	if !from.IsZero() {
		text = p.Time(from)
	}
	if text += " – "; to.IsZero() {
		return text + "…"
	}
	return text + p.Time(to)
}

// fieldLabels are what filterFields are called.
var fieldLabels = map[string]string{
	"tenant": "Tenant", "user": "User", "project": "Project", "module": "Module", "operation": "Operation type", "result": "Result",
	"action": "Event name", "error": "Error", "group": "Kind of error", "resource": "Resource", "type": "Resource type", "ip": "Source IP", "agent": "User agent",
	"channel": "Channel", "id": "Event ID",
}

// keptValue is a filter that the form has no control for and must not lose.
type keptValue struct{ Field, Value string }

// KeptValues are those.
func (p *eventsPage) KeptValues() []keptValue {
	var all []keptValue
	for _, field := range fieldsOf(p.Filter.Values) {
		if slices.Contains(p.menuFields(), field) {
			continue
		}
		for _, v := range p.Filter.Values[field] {
			all = append(all, keptValue{field, v})
		}
	}
	return all
}

// cell is one of the table's.
type cell struct {
	Page          *eventsPage
	Row           row
	Column, Title string
	Value, Field  string // of a plain cell; Field is what the value can be filtered by
	Mono          bool
}

// Cell is a row's cell in a column.
func (p *eventsPage) Cell(r row, c column) cell {
	out := cell{Page: p, Row: r, Column: c.Name, Title: c.Title}
	switch c.Name {
	case "project":
		out.Value, out.Field = first(r.Project.Name, r.Project.ID), "project"
	case "module":
		out.Value, out.Field = r.Module, "module"
	case "action":
		out.Value, out.Field, out.Mono = r.Action, "action", true
	case "resource":
		if len(r.Resources) > 0 {
			out.Value, out.Field = first(r.Resources[0].Name, r.Resources[0].ID), "resource"
		}
	case "error":
		if r.Error != nil {
			out.Value = first(r.Error.Message, r.Error.Code)
		}
	case "ip":
		out.Value, out.Field, out.Mono = r.Source.IP, "ip", true
	case "channel":
		out.Value, out.Field = r.Source.Channel, "channel"
	case "agent":
		out.Value = r.Source.UserAgent
	case "tenant":
		out.Value, out.Field = r.Tenant, "tenant"
	case "id":
		out.Value, out.Mono = r.ID, true
	}
	return out
}

func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// fieldView is a line of the details.
type fieldView struct {
	Page         *eventsPage
	Label, Field string
	Value        string
	Mono         bool
}

// Shown is as much of the value as the page has room for.
func (v fieldView) Shown() string { return long(v.Value) }

// Cut reports whether that is not all of it.
func (v fieldView) Cut() bool { return len(v.Value) > maxLeafBytes }

// maxBrief is how many bytes of one value are in the list, which shows two lines of it.
const maxBrief = 400

func brief(s string) string { return shortened(s, maxBrief) }
func long(s string) string  { return shortened(s, maxLeafBytes) }

func shortened(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return cutText(s, n) + "…"
}

func field(p *eventsPage, label, name, value string, mono bool) fieldView {
	return fieldView{p, label, name, value, mono}
}

// nodeView is a part of the details' tree.
type nodeView struct {
	Page *eventsPage
	Node *node
}

func treeNode(p *eventsPage, n *node) nodeView { return nodeView{p, n} }
