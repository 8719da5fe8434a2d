package client

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"annals/engine"
)

// table prints events as rows under a header. Its columns are laid out by the first events it is given and stay so.
type table struct {
	out     screen
	loc     *time.Location
	columns []column
	widths  []int
}

// column is one column of the table. On a terminal it is at most max wide; the last has no max and takes what is left.
type column struct {
	head string
	max  int
	cell func(e *engine.Event, loc *time.Location) string
}

const timeLayout = "2006-01-02 15:04:05"

func eventColumns(loc *time.Location) []column {
	head := "TIME"
	if loc == time.UTC {
		head = "TIME (UTC)"
	}
	return []column{
		{head, 19, func(e *engine.Event, loc *time.Location) string { return e.Time.In(loc).Format(timeLayout) }},
		{"USER", 24, func(e *engine.Event, _ *time.Location) string {
			return cmp.Or(e.Actor.Name, e.Actor.Email, e.Actor.ID)
		}},
		{"RESULT", 7, func(e *engine.Event, _ *time.Location) string { return e.Result }},
		{"PROJECT", 16, func(e *engine.Event, _ *time.Location) string { return cmp.Or(e.Project.Name, e.Project.ID) }},
		{"MODULE", 20, func(e *engine.Event, _ *time.Location) string { return e.Module }},
		{"OPERATION", 9, func(e *engine.Event, _ *time.Location) string { return e.Operation }},
		{"ACTION", 32, func(e *engine.Event, _ *time.Location) string { return e.Action }},
		{"WHAT", 0, func(e *engine.Event, _ *time.Location) string { return what(e) }},
	}
}

// what says what an event was about: its description, else its resources; and why it failed.
func what(e *engine.Event) string {
	text := e.Description
	if text == "" {
		names := make([]string, len(e.Resources))
		for i, r := range e.Resources {
			names[i] = strings.TrimPrefix(r.Type+":"+cmp.Or(r.Name, r.ID, r.Content), ":")
		}
		text = strings.Join(names, ", ")
	}
	if e.Error == nil {
		return text
	}
	why := strings.TrimSpace(e.Error.Code + " " + e.Error.Message)
	if text == "" {
		return why
	}
	return text + " | " + why
}

func newTable(out screen, loc *time.Location) *table {
	return &table{out: out, loc: loc, columns: eventColumns(loc)}
}

// print writes rows, before the first with the header. More says that others may follow: then no column is left out.
func (t *table) print(events []*engine.Event, more bool) error {
	if len(events) == 0 {
		return nil
	}
	rows := make([][]string, len(events))
	for i, e := range events {
		rows[i] = make([]string, len(t.columns))
		for k, c := range t.columns {
			rows[i][k] = visible(c.cell(e, t.loc))
		}
	}
	if t.widths == nil {
		t.layOut(rows, more)
		heads := make([]string, len(t.columns))
		for k, c := range t.columns {
			heads[k] = c.head
		}
		if _, err := fmt.Fprintln(t.out.w, t.out.paint(bold, t.line(heads))); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	for i, row := range rows {
		line := t.line(row)
		if events[i].Result == engine.Failure {
			line = t.out.paint(red, line)
		}
		if _, err := fmt.Fprintln(t.out.w, line); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	return nil
}

// layOut gives each column the width its cells want, within its max and the terminal. A width of 0 leaves a column out.
func (t *table) layOut(rows [][]string, more bool) {
	last := len(t.columns) - 1
	t.widths = make([]int, len(t.columns))
	for k, c := range t.columns {
		for _, row := range rows {
			t.widths[k] = max(t.widths[k], textWidth(row[k]))
		}
		if t.widths[k] == 0 && !more && k != last {
			continue
		}
		t.widths[k] = max(t.widths[k], len(c.head))
		if t.out.width > 0 && k != last {
			t.widths[k] = min(t.widths[k], max(c.max, len(c.head)))
		}
	}
	if t.out.width > 0 {
		t.squeeze(last)
	}
}

// squeeze narrows the widest columns, except the time, until the last has two fifths of the line, and gives it the rest.
func (t *table) squeeze(last int) {
	const narrowest = 7
	room := max(24, t.out.width*2/5)
	used := func() int {
		n := 0
		for k, w := range t.widths {
			if w > 0 && k != last {
				n += w + 2
			}
		}
		return n
	}
	for used()+room > t.out.width {
		k := 1 + slices.Index(t.widths[1:last], slices.Max(t.widths[1:last]))
		if t.widths[k] <= narrowest {
			break
		}
		t.widths[k]--
	}
	t.widths[last] = max(t.out.width-used(), len(t.columns[last].head))
}

// line joins the cells of a row. On a terminal each is cut to its column; elsewhere a long one pushes the rest along.
func (t *table) line(cells []string) string {
	var b strings.Builder
	for k, text := range cells {
		w := t.widths[k]
		if w == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("  ")
		}
		if t.out.width == 0 && textWidth(text) > w {
			w = textWidth(text)
		}
		b.WriteString(fit(text, w))
	}
	return strings.TrimRight(b.String(), " ")
}
