package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// TestBreakdown holds every row against a plain look at all events: found in the tail, in the index, and in both.
func TestBreakdown(t *testing.T) {
	l := enginetest.OpenLog(t, withIndex(t.TempDir()))
	r := rand.New(rand.NewPCG(7, 7))
	var events []*engine.Event
	more := func(n int) {
		for range n {
			e := &engine.Event{ID: fmt.Sprint("b", len(events)), Action: "a", Time: enginetest.Day.Add(time.Duration(r.IntN(1_000_000)) * time.Second),
				Module: fmt.Sprint("m", r.IntN(7)), Actor: engine.Actor{Name: fmt.Sprint("u", r.IntN(40))}, Result: "success"}
			if r.IntN(3) == 0 {
				e.Result = engine.Failure
				if kind := r.IntN(30); kind > 0 {
					letter := string(rune('a' + kind))
					e.Error = &engine.EventError{Message: []string{"No such ", "no such "}[r.IntN(2)] + strings.Repeat(letter, 3) + fmt.Sprint(" ", r.IntN(1000))}
				}
			}
			events = append(events, e)
		}
		enginetest.Append(t, l, events[len(events)-n:]...)
	}
	questions := []engine.Query{
		{Tenants: all, Where: failures},
		{Tenants: all, Where: failures, From: enginetest.Day.Add(950_000 * time.Second)},
		{Tenants: all, Where: failures, From: enginetest.Day.Add(300_000 * time.Second), To: enginetest.Day.Add(320_000 * time.Second)},
		{Tenants: all, Where: engine.And{Parts: []engine.Expr{failures, engine.Field{Name: "module", Values: []engine.Value{{Text: "m3"}}}}}},
		{Tenants: all, To: enginetest.Day},
	}
	for round := range 4 {
		more(600)
		if round > 1 {
			waitIndexed(t, l)
		}
		if round == 3 {
			more(50)
		}
		for _, q := range questions {
			for _, order := range engine.BreakdownOrders {
				checkBreakdown(t, l, events, q, engine.BreakdownBy{Column: "group", Order: order, Skip: 3, Limit: 20, Facets: []string{"user", "module"}, Named: 4, Buckets: 9})
			}
		}
		checkBreakdown(t, l, events, questions[1], engine.BreakdownBy{Column: "result", Limit: 200, Named: 1, Buckets: 1})
	}
}

var failures = engine.Field{Name: "result", Values: []engine.Value{{Text: "failure"}}}

func checkBreakdown(t *testing.T, l *engine.Log, events []*engine.Event, q engine.Query, by engine.BreakdownBy) {
	t.Helper()
	got, err := l.Breakdown(context.Background(), q, by)
	if err != nil {
		t.Fatal(err)
	}
	want := plainBreakdown(events, q, by)
	if got.Values != want.Values || got.New != want.New || got.Total != want.Total || len(got.Rows) != len(want.Rows) {
		t.Fatalf("%d of %d rows, %d new, %d events; want %d of %d, %d, %d", len(got.Rows), got.Values, got.New, got.Total, len(want.Rows), want.Values, want.New, want.Total)
	}
	for i, w := range want.Rows {
		g := got.Rows[i]
		if engine.FoldValue(g.Value) != engine.FoldValue(w.Value) || g.Count != w.Count || !g.First.Equal(w.First) || g.New != w.New ||
			g.Latest.ID != w.Latest.ID || !slices.Equal(g.Buckets, w.Buckets) || !reflect.DeepEqual(g.Facets, w.Facets) {
			t.Fatalf("row %d by %s:\n%+v %s\nwant\n%+v %s", i, by.Order, g, g.Latest.ID, w, w.Latest.ID)
		}
	}
}

// plainBreakdown looks at each event.
func plainBreakdown(events []*engine.Event, q engine.Query, by engine.BreakdownBy) engine.Breakdown {
	var b engine.Breakdown
	rows, ofRow := map[string]*engine.BreakdownRow{}, map[string][]*engine.Event{}
	first := map[string]time.Time{}
	var found []*engine.Event
	everAt := q
	everAt.From = time.Time{}
	model := enginetest.Model{Events: events}
	for _, e := range model.Find(everAt) {
		for _, v := range engine.ColumnValues(e, by.Column, nil) {
			key := engine.FoldValue(v)
			if at, ok := first[key]; !ok || e.Time.Before(at) {
				first[key] = e.Time
			}
			if e.Time.Before(q.From) {
				continue
			}
			if rows[key] == nil {
				rows[key] = &engine.BreakdownRow{Value: v}
			}
			ofRow[key] = append(ofRow[key], e)
		}
		if !e.Time.Before(q.From) {
			found = append(found, e)
		}
	}
	b.Total, b.Values = uint64(len(found)), len(rows)
	if len(found) == 0 {
		return b
	}
	byTime := func(a, b *engine.Event) int {
		if a.Pos().Before(b.Pos()) {
			return -1
		}
		return 1
	}
	from, to := slices.MinFunc(found, byTime).Time, slices.MaxFunc(found, byTime).Time.Add(1)
	if !q.From.IsZero() {
		from = q.From
	}
	if !q.To.IsZero() {
		to = q.To
	}
	var all []engine.BreakdownRow
	for key, r := range rows {
		slices.SortFunc(ofRow[key], byTime)
		r.Count, r.Latest, r.First = uint64(len(ofRow[key])), ofRow[key][len(ofRow[key])-1], first[key]
		r.New = !q.From.IsZero() && !r.First.Before(q.From)
		if r.New {
			b.New++
		}
		r.Buckets = make([]uint64, by.Buckets)
		for _, e := range ofRow[key] {
			for i := range r.Buckets {
				edge := func(i int) time.Time {
					return from.Add(time.Duration(float64(to.Sub(from)) / float64(by.Buckets) * float64(i)))
				}
				if !e.Time.Before(edge(i)) && (i == by.Buckets-1 || e.Time.Before(edge(i+1))) {
					r.Buckets[i]++
				}
			}
		}
		r.Facets = map[string]engine.RowFacet{}
		for _, column := range by.Facets {
			counts := map[string]uint64{}
			for _, e := range ofRow[key] {
				for _, v := range engine.ColumnValues(e, column, nil) {
					counts[v]++
				}
			}
			var top []engine.FacetValue
			for v, n := range counts {
				top = append(top, engine.FacetValue{Value: v, Count: n})
			}
			slices.SortFunc(top, func(a, b engine.FacetValue) int {
				if a.Count != b.Count {
					return int(b.Count) - int(a.Count)
				}
				return strings.Compare(a.Value, b.Value)
			})
			r.Facets[column] = engine.RowFacet{Distinct: len(top), Top: top[:min(by.Named, len(top))]}
		}
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b engine.BreakdownRow) int {
		switch {
		case by.Order == "last" && a.Latest != b.Latest:
			return byTime(b.Latest, a.Latest)
		case by.Order == "first" && !a.First.Equal(b.First):
			return b.First.Compare(a.First)
		case a.Count != b.Count:
			return int(b.Count) - int(a.Count)
		}
		return strings.Compare(engine.FoldValue(a.Value), engine.FoldValue(b.Value))
	})
	b.Rows = all[min(by.Skip, len(all)):min(by.Skip+by.Limit, len(all))]
	return b
}

// TestBreakdownRefuses: what cannot be answered is refused by the name of what is wrong.
func TestBreakdownRefuses(t *testing.T) {
	l := enginetest.NewLog(t)
	good := engine.BreakdownBy{Column: "group", Limit: 1, Named: 1, Buckets: 1}
	for field, spoil := range map[string]func(*engine.BreakdownBy){
		"column":  func(by *engine.BreakdownBy) { by.Column = "resource" },
		"order":   func(by *engine.BreakdownBy) { by.Order = "loud" },
		"limit":   func(by *engine.BreakdownBy) { by.Limit = engine.MaxBreakdownRows + 1 },
		"buckets": func(by *engine.BreakdownBy) { by.Buckets = 0 },
		"named":   func(by *engine.BreakdownBy) { by.Named = 0 },
		"skip":    func(by *engine.BreakdownBy) { by.Skip = -1 },
		"fields":  func(by *engine.BreakdownBy) { by.Facets = []string{"resource"} },
	} {
		by := good
		spoil(&by)
		_, err := l.Breakdown(context.Background(), engine.Query{Tenants: all}, by)
		if fe, ok := errors.AsType[*engine.FieldError](err); !ok || fe.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Breakdown(ctx, engine.Query{Tenants: all}, good); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
