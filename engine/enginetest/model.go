package enginetest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"annals/engine"
)

// Model is a log as a plain slice. It answers by looking at every event; what a log says is held against it.
type Model struct {
	Events []*engine.Event // by seq
	First  uint64          // events below it are gone
}

// Add takes over what a log has created.
func (m *Model) Add(events ...*engine.Event) { m.Events = append(m.Events, events...) }

// Kept returns the events that are not gone.
func (m *Model) Kept() []*engine.Event { return m.Events[m.First:] }

// Find returns all events that q matches, in q's order.
func (m *Model) Find(q engine.Query) []*engine.Event {
	everyone := engine.Tenants{All: true}
	matcher := engine.NewMatcher(engine.Compile(q.Where, everyone, time.Time{}, time.Time{}, func(ids []string) (at []engine.Pos) {
		for _, e := range m.Kept() {
			if slices.Contains(ids, e.ID) {
				at = append(at, e.Pos())
			}
		}
		return at
	}))
	var found []*engine.Event
	for _, e := range m.Kept() {
		if inRange(q, e) && matcher.Match(e) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *engine.Event) int { return compare(q, a, b) })
	return found
}

// inRange reports whether e is of q's tenants and lies between its times.
func inRange(q engine.Query, e *engine.Event) bool {
	return (q.Tenants.All && !slices.Contains(q.Tenants.Except, e.Tenant) || !q.Tenants.All && slices.Contains(q.Tenants.Names, e.Tenant)) &&
		(q.From.IsZero() || !e.Time.Before(q.From)) && (q.To.IsZero() || e.Time.Before(q.To))
}

// compare is the order of q's answer: by time, ties by arrival; or by a column's first value, ties newest first, none last.
func compare(q engine.Query, a, b *engine.Event) int {
	byTime := cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Seq, b.Seq))
	if q.Sort == "" || q.Sort == "time" {
		if q.Desc {
			return -byTime
		}
		return byTime
	}
	x, y := sortValues(a, q.Sort), sortValues(b, q.Sort)
	switch {
	case len(x) == 0 && len(y) == 0:
		return -byTime
	case len(x) == 0:
		return 1
	case len(y) == 0:
		return -1
	}
	c := cmp.Or(strings.Compare(engine.FoldValue(x[0]), engine.FoldValue(y[0])), strings.Compare(x[0], y[0]))
	if q.Desc {
		c = -c
	}
	return cmp.Or(c, -byTime)
}

// sortValues are an event's values in a column. Resources are sorted by without regard to case.
func sortValues(e *engine.Event, column string) []string {
	if column != "resource" {
		return engine.ColumnValues(e, column, nil)
	}
	var values []string
	for _, r := range e.Resources {
		if name := cmp.Or(r.Name, r.ID); name != "" {
			values = append(values, engine.FoldValue(name))
		}
	}
	return values
}

// facet counts by a column.
func facet(events []*engine.Event, column string, limit int) []engine.FacetValue {
	counts := map[string]uint64{}
	for _, e := range events {
		for _, v := range engine.ColumnValues(e, column, nil) {
			counts[v]++
		}
	}
	values := []engine.FacetValue{}
	for v, n := range counts {
		values = append(values, engine.FacetValue{Value: v, Count: n})
	}
	slices.SortFunc(values, func(a, b engine.FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return values[:min(limit, len(values))]
}
