package engine

import (
	"context"
	"slices"
	"time"
)

// grouped is a snapshot whose tail is kept by the values of a column.
type grouped struct {
	*snapshot
	column string
	counts *valueCounts
	tail   map[string]*tailGroup // by folded value
}

// tailGroup is the tail's events of one value.
type tailGroup struct {
	at     []Pos
	facets []*valueCounts
}

func (l *Log) grouped(ctx context.Context, q *Query, column string, facets []string) (*grouped, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g := &grouped{column: column, counts: &valueCounts{column: column, n: map[string]uint64{}}, tail: map[string]*tailGroup{}}
	var err error
	g.snapshot, err = l.snapshot(ctx, q, func(e *Event) {
		if err := g.add(e, facets); err != nil {
			cancel(err)
		}
	})
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func (g *grouped) add(e *Event, facets []string) error {
	if err := g.counts.add(e); err != nil {
		return err
	}
	for _, v := range g.counts.values {
		key := FoldValue(v)
		t := g.tail[key]
		if t == nil {
			t = &tailGroup{}
			for _, column := range facets {
				t.facets = append(t.facets, &valueCounts{column: column, n: map[string]uint64{}})
			}
			g.tail[key] = t
		}
		t.at = append(t.at, e.Pos())
		for _, c := range t.facets {
			if err := c.add(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// values are the most frequent ones, a row for each.
func (g *grouped) values(ctx context.Context) ([]BreakdownRow, error) {
	top, err := g.facet(ctx, g.counts, MaxFacetValues)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(top))
	rows := make([]BreakdownRow, 0, len(top))
	for _, v := range top {
		if key := FoldValue(v.Value); !seen[key] {
			seen[key] = true
			rows = append(rows, BreakdownRow{Value: v.Value, key: key})
		}
	}
	return rows, nil
}

// valueEvents are the events of one value.
type valueEvents struct {
	hits Hits // nil without an index
	tail *tailGroup
}

func (g *grouped) of(key string) (valueEvents, error) {
	events := valueEvents{tail: g.tail[key]}
	if events.tail == nil {
		events.tail = &tailGroup{}
	}
	slices.SortFunc(events.tail.at, comparePos)
	if g.hits == nil {
		return events, nil
	}
	var err error
	events.hits, err = g.hits.With(ExactTerm(g.column, key))
	return events, err
}

func (e valueEvents) count() uint64 {
	n := uint64(len(e.tail.at))
	if e.hits != nil {
		n += e.hits.Total()
	}
	return n
}

// end returns the first place or, newest first, the last; false when there is none.
func (e valueEvents) end(desc bool) (Pos, bool) {
	at := e.tail.at
	if e.hits != nil {
		at = append(slices.Clip(at), e.hits.ByTime(nil, desc, 0, 1)...)
	}
	switch {
	case len(at) == 0:
		return Pos{}, false
	case desc:
		return slices.MaxFunc(at, comparePos), true
	}
	return slices.MinFunc(at, comparePos), true
}

// find counts the row's events, and finds the first and the last of them.
func (r *BreakdownRow) find(in, before *grouped) (err error) {
	if r.events, err = in.of(r.key); err != nil {
		return err
	}
	r.Count = r.events.count()
	first, _ := r.events.end(false)
	r.last, _ = r.events.end(true)
	if before != nil {
		earlier, err := before.of(r.key)
		if err != nil {
			return err
		}
		at, some := earlier.end(false)
		if r.New = !some; some {
			first = at
		}
	}
	r.First = time.Unix(0, first.Time).UTC()
	return nil
}

// fill counts the row's events by time and by the facets.
func (r *BreakdownRow) fill(ctx context.Context, by *BreakdownBy, edges []int64) error {
	r.Buckets = make([]uint64, by.Buckets)
	if r.events.hits != nil {
		copy(r.Buckets, r.events.hits.Counts(edges))
	}
	for _, p := range r.events.tail.at {
		count(r.Buckets, edges, p.Time)
	}
	r.Facets = make(map[string]RowFacet, len(by.Facets))
	for i, column := range by.Facets {
		tail := &valueCounts{column: column}
		if len(r.events.tail.facets) > 0 {
			tail = r.events.tail.facets[i]
		}
		top := topValues{limit: by.Named}
		if r.events.hits != nil {
			if _, err := top.offerHits(ctx, r.events.hits, tail); err != nil {
				return err
			}
		}
		top.offerTail(tail)
		r.Facets[column] = RowFacet{Distinct: top.offered, Top: top.sorted()}
	}
	return nil
}
