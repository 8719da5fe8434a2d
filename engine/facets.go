package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of facets. Within them counts are exact; beyond them there is an error that says so.
const (
	MaxFacetValues   = 1000     // values in an answer
	MaxFacetCounts   = 16 << 20 // counts that the index keeps while it counts by one column: one for each value in each segment
	MaxFacetDistinct = 200_000  // different values of one column in events that are read: the tail's, and all for a column that the index lacks
)

// TooManyValues is the error of a facet that passes a bound.
func TooManyValues(column string, n, most uint64) *FieldError {
	return &FieldError{"fields", fmt.Sprintf("%s has %d values or more to count among these events, and no more than %d are counted; narrow the query or the time range", column, n, most)}
}

// Facets counts q's events by the values of each of the columns: the limit most frequent values, most frequent first, equal counts by value.
// Errors: *FieldError for a bad column or limit, and for a column with too many values; ErrTooBroad, ErrDamaged, ctx's.
func (l *Log) Facets(ctx context.Context, q Query, columns []string, limit int) (facets map[string][]FacetValue, total uint64, err error) {
	begun := time.Now()
	if err := q.check(); err != nil {
		return nil, 0, err
	}
	if limit < 1 || limit > MaxFacetValues {
		return nil, 0, &FieldError{"limit", fmt.Sprintf("%d is outside 1 to %d", limit, MaxFacetValues)}
	}
	for _, c := range columns {
		if !KnownColumn(c) {
			return nil, 0, &FieldError{"fields", fmt.Sprintf("%q is not a column", shorten(c))}
		}
	}
	columns = slices.Compact(slices.Sorted(slices.Values(columns))) // one that is asked for twice is counted once
	err = l.retryDropped(func() error {
		facets, total, err = l.facets(ctx, &q, columns, limit)
		return err
	})
	l.metrics.searches.WithLabelValues("facets").Observe(time.Since(begun).Seconds())
	return facets, total, err
}

func (l *Log) facets(ctx context.Context, q *Query, columns []string, limit int) (map[string][]FacetValue, uint64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	counts := make([]*valueCounts, len(columns))
	for i, c := range columns {
		counts[i] = &valueCounts{column: c, n: map[string]uint64{}}
	}
	s, err := l.snapshot(ctx, q, func(e *Event) {
		for _, c := range counts {
			if err := c.add(e); err != nil {
				cancel(err)
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	defer s.close()
	if err := context.Cause(ctx); err != nil {
		return nil, 0, err
	}
	facets := make(map[string][]FacetValue, len(columns))
	for _, c := range counts {
		if facets[c.column], err = s.facet(ctx, c, limit); err != nil {
			return nil, 0, err
		}
		l.searched()
	}
	return facets, s.total(), nil
}

// facet adds the hits to the tail's counts and returns the most frequent values.
func (s *snapshot) facet(ctx context.Context, tail *valueCounts, limit int) ([]FacetValue, error) {
	top := topValues{limit: limit}
	if s.hits != nil {
		ok, err := top.offerHits(ctx, s.hits, tail)
		if err == nil && !ok {
			err = s.readHits(ctx, tail)
		}
		if err != nil {
			return nil, err
		}
	}
	top.offerTail(tail)
	return top.sorted(), nil
}

// readHits counts by a column that the index does not keep.
func (s *snapshot) readHits(ctx context.Context, counts *valueCounts) error {
	var after *Pos
	for {
		at := s.hits.ByTime(after, false, 0, 4*fetchChunk)
		if len(at) == 0 {
			return nil
		}
		if err := s.log.fetch(ctx, at, func(_ int, e *Event) error { return counts.add(e) }); err != nil {
			return err
		}
		after = &at[len(at)-1]
	}
}

// valueCounts counts the values that events have in a column.
type valueCounts struct {
	column string
	n      map[string]uint64
	values []string // of the event at hand
}

func (c *valueCounts) add(e *Event) error {
	c.values = ColumnValues(e, c.column, c.values[:0])
	for _, v := range c.values {
		if n, known := c.n[v]; known {
			c.n[v] = n + 1
			continue
		}
		if len(c.n) == MaxFacetDistinct {
			return TooManyValues(c.column, MaxFacetDistinct+1, MaxFacetDistinct)
		}
		c.n[strings.Clone(v)] = 1 // the event's text is not kept with it
	}
	return nil
}

// topValues keeps the most frequent of the values that it is offered.
type topValues struct {
	limit   int
	offered int          // how many values there were
	values  []FacetValue // those to keep, in order, and some more
	full    bool         // there are limit values that are not below the last
	last    FacetValue
}

// offerHits offers the values that hits have in tail's column. It takes those that the tail has too out of the tail.
func (t *topValues) offerHits(ctx context.Context, hits Hits, tail *valueCounts) (ok bool, err error) {
	return hits.Facet(ctx, tail.column, func(value []byte, n uint64) {
		if more, also := tail.n[string(value)]; also {
			n += more
			delete(tail.n, string(value))
		}
		t.offer(value, n)
	})
}

// offerTail offers the values that only the tail has.
func (t *topValues) offerTail(tail *valueCounts) {
	for v, n := range tail.n {
		t.offer([]byte(v), n)
	}
}

// offer takes a value that was not offered before.
func (t *topValues) offer(value []byte, n uint64) {
	t.offered++
	if t.full && (n < t.last.Count || n == t.last.Count && string(value) > t.last.Value) {
		return
	}
	t.values = append(t.values, FacetValue{string(value), n})
	if len(t.values) >= 2*t.limit+100 {
		t.values = t.sorted()
		t.full, t.last = true, t.values[t.limit-1]
	}
}

func (t *topValues) sorted() []FacetValue {
	slices.SortFunc(t.values, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return t.values[:min(t.limit, len(t.values))]
}
