package enginetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

	"annals/engine"
)

// Where makes a random expression in the query language, mostly about what the events have. It has gone through its text.
func (m *Maker) Where(events []*engine.Event) engine.Expr {
	for {
		e, err := engine.ParseQuery(engine.FormatQuery(m.expr(events, 2)), Day, time.UTC)
		if err == nil {
			return e
		}
	}
}

// Ask makes a random query: filter, tenants, range, order and page size.
func (m *Maker) Ask(events []*engine.Event) engine.Query {
	q := engine.Query{Tenants: engine.Tenants{All: true}, Where: m.Where(events), Desc: m.IntN(2) == 0, Limit: 1 + m.IntN(60)}
	if m.IntN(4) == 0 {
		q.Where = nil
	}
	switch m.IntN(6) {
	case 0:
		q.Tenants.Except = []string{Pick(m.Rand, tenants...), "nobody"}
	case 1, 2:
		q.Tenants = engine.Tenants{Names: []string{Pick(m.Rand, tenants...), Pick(m.Rand, "acme", "nobody")}}
	}
	if m.IntN(3) == 0 && len(events) > 0 {
		q.From = m.some(events).Time
	}
	if m.IntN(3) == 0 && len(events) > 0 {
		q.To = m.some(events).Time
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		q.From, q.To = q.To, q.From
	}
	if m.IntN(2) == 0 {
		q.Sort = Pick(m.Rand, engine.SortColumns...)
	}
	return q
}

func (m *Maker) some(events []*engine.Event) *engine.Event { return events[m.IntN(len(events))] }

func (m *Maker) expr(events []*engine.Event, deep int) engine.Expr {
	if n := m.IntN(10); deep > 0 && n < 5 {
		parts := []engine.Expr{m.expr(events, deep-1), m.expr(events, deep-1)}
		switch {
		case n < 2:
			return engine.And{Parts: parts}
		case n < 4:
			return engine.Or{Parts: parts}
		}
		return engine.Not{Part: parts[0]}
	}
	if len(events) == 0 {
		return engine.Word{Text: Pick(m.Rand, words...)}
	}
	e := m.some(events)
	switch m.IntN(8) {
	case 0, 1:
		return engine.Word{Text: Pick(m.Rand, append(words, longWords...)...), Prefix: m.IntN(4) == 0}
	case 2:
		return engine.Word{Text: piece(m.Rand, e.Description), Prefix: m.IntN(2) == 0}
	case 3:
		return engine.Phrase{Text: piece(m.Rand, e.Description)}
	case 4:
		return engine.TimeBound{After: m.IntN(2) == 0, At: e.Time}
	}
	return m.field(e)
}

// field asks for a value that the event has.
func (m *Maker) field(e *engine.Event) engine.Expr {
	name := Pick(m.Rand, append([]string{"id", "description", "details", "person", "size", "write", "dangerous"}, engine.Columns...)...)
	switch name {
	case "person":
		return engine.Field{Name: name, Values: []engine.Value{{Text: fmt.Sprint(e.Actor.Number())}}}
	case "size":
		return engine.Field{Name: name, Values: []engine.Value{{Text: Pick(m.Rand, engine.Sizes...).Name}}}
	case "write", "dangerous":
		return engine.Field{Name: name, Values: []engine.Value{{Text: Pick(m.Rand, "true", "false")}, {Text: "false"}}[:1+m.IntN(2)]}
	}
	if name == "details" {
		return engine.Field{Name: Pick(m.Rand, "details.request_id", "details.b", "details.b.c", "details.键"),
			Values: []engine.Value{{Text: fmt.Sprintf("c%d", m.IntN(50)), Prefix: m.IntN(3) == 0}}}
	}
	have := engine.ColumnValues(e, name, nil)
	if len(have) == 0 {
		return engine.Field{Name: name, Values: []engine.Value{{Prefix: true}}}
	}
	v := engine.Value{Text: Pick(m.Rand, have...)}
	switch m.IntN(4) {
	case 0:
		v = engine.Value{Text: piece(m.Rand, v.Text), Prefix: true}
	case 1:
		v.Text = strings.ToUpper(v.Text)
	case 2:
		if name == "ip" {
			v.Text = "10.0.0.0/8"
		}
	}
	return engine.Field{Name: name, Values: []engine.Value{v, {Text: v.Text}}[:1+m.IntN(2)]}
}

// piece cuts a random stretch of whole characters.
func piece(r *rand.Rand, s string) string {
	runes := []rune(s)
	if len(runes) == 0 || !utf8.ValidString(s) {
		return "nothing"
	}
	from := r.IntN(len(runes))
	return string(runes[from : from+1+r.IntN(min(20, len(runes)-from))])
}
