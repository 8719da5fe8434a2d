package engine

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// BreakdownBy says how events are broken down: a row for each value of a column, a page of rows at a time.
type BreakdownBy struct {
	Column  string   // of BreakdownColumns
	Order   string   // of BreakdownOrders; "" is the first of them
	Skip    int      // rows before the page
	Limit   int      // rows on the page, 1 to MaxBreakdownRows
	Facets  []string // of IndexedColumns: what each row's events are counted by
	Named   int      // how many values of such a column are named, the most frequent first
	Buckets int      // of each row's histogram, 1 to MaxBuckets
}

// BreakdownColumns are columns that have at most one value in an event, never too long to be a term as it is.
var BreakdownColumns = []string{"group", "result", "operation"}

// BreakdownOrders are the most frequent first, the one whose last event is the latest first, and the one whose first event is.
var BreakdownOrders = []string{"count", "last", "first"}

// MaxBreakdownRows is the most rows of a page.
const MaxBreakdownRows = 200

// Breakdown is a page of rows, and what there is besides.
type Breakdown struct {
	Rows     []BreakdownRow
	Values   int       // rows on all pages: the MaxFacetValues most frequent values at most
	New      int       // rows on all pages that are new
	Total    uint64    // events, with those that have no value
	From, To time.Time // what the buckets divide
}

// BreakdownRow is what the events of one value have in common. Values that differ in case only are one, as they are to a query.
type BreakdownRow struct {
	Value   string // as most of them have it
	Count   uint64
	First   time.Time // of the first event ever: the query's From is no bound to it
	New     bool      // there was none before From; false when the query has no From
	Latest  *Event
	Facets  map[string]RowFacet
	Buckets []uint64

	key    string // the folded value
	events valueEvents
	last   Pos
}

// RowFacet counts the values of a column in a row.
type RowFacet struct {
	Distinct int
	Top      []FacetValue
}

// Breakdown breaks q's events down by the values of a column. All of it comes from one snapshot, with one pass over what is not indexed yet, however
// many rows there are. Errors: as Facets.
func (l *Log) Breakdown(ctx context.Context, q Query, by BreakdownBy) (b *Breakdown, err error) {
	begun := time.Now()
	if err := cmp.Or(q.check(), by.check()); err != nil {
		return nil, err
	}
	err = l.retryDropped(func() error {
		b, err = l.breakdown(ctx, &q, &by)
		return err
	})
	l.metrics.searches.WithLabelValues("breakdown").Observe(time.Since(begun).Seconds())
	return b, err
}

func (by *BreakdownBy) check() error {
	if by.Order == "" {
		by.Order = BreakdownOrders[0]
	}
	switch {
	case !slices.Contains(BreakdownColumns, by.Column):
		return &FieldError{"column", fmt.Sprintf("%q is not a column to break events down by", shorten(by.Column))}
	case !slices.Contains(BreakdownOrders, by.Order):
		return &FieldError{"order", fmt.Sprintf("%q is not an order", shorten(by.Order))}
	case by.Limit < 1 || by.Limit > MaxBreakdownRows:
		return &FieldError{"limit", fmt.Sprintf("%d is outside 1 to %d", by.Limit, MaxBreakdownRows)}
	case by.Buckets < 1 || by.Buckets > MaxBuckets:
		return &FieldError{"buckets", fmt.Sprintf("%d is outside 1 to %d", by.Buckets, MaxBuckets)}
	case by.Named < 1 || by.Named > MaxFacetValues:
		return &FieldError{"named", fmt.Sprintf("%d is outside 1 to %d", by.Named, MaxFacetValues)}
	case by.Skip < 0:
		return &FieldError{"skip", fmt.Sprintf("%d is negative", by.Skip)}
	}
	for _, c := range by.Facets {
		if !slices.Contains(IndexedColumns, c) {
			return &FieldError{"fields", fmt.Sprintf("%q is not a column that rows are counted by", shorten(c))}
		}
	}
	return nil
}

func (l *Log) breakdown(ctx context.Context, q *Query, by *BreakdownBy) (*Breakdown, error) {
	in, err := l.grouped(ctx, q, by.Column, by.Facets)
	if err != nil {
		return nil, err
	}
	defer in.close()
	var before *grouped
	if !q.From.IsZero() {
		earlier := *q
		earlier.From, earlier.To = time.Time{}, q.From
		if before, err = l.grouped(ctx, &earlier, by.Column, nil); err != nil {
			return nil, err
		}
		defer before.close()
	}
	rows, err := in.values(ctx)
	if err != nil {
		return nil, err
	}
	if err := eachInParallel(ctx, rows, func(r *BreakdownRow) error { return r.find(in, before) }); err != nil {
		return nil, err
	}
	b := &Breakdown{Values: len(rows), Total: in.total()}
	for i := range rows {
		if rows[i].New {
			b.New++
		}
	}
	slices.SortFunc(rows, by.compare)
	b.Rows = rows[min(by.Skip, len(rows)):min(by.Skip+by.Limit, len(rows))]
	edges := in.edges(q, by.Buckets)
	if edges == nil {
		return b, nil
	}
	b.From, b.To = time.Unix(0, edges[0]).UTC(), time.Unix(0, edges[by.Buckets]).UTC()
	err = eachInParallel(ctx, b.Rows, func(r *BreakdownRow) error { return r.fill(ctx, by, edges) })
	if err != nil {
		return nil, err
	}
	return b, l.latest(ctx, b.Rows)
}

func (by *BreakdownBy) compare(a, b BreakdownRow) int {
	order := 0
	switch by.Order {
	case "last":
		order = comparePos(b.last, a.last)
	case "first":
		order = b.First.Compare(a.First)
	}
	return cmp.Or(order, cmp.Compare(b.Count, a.Count), cmp.Compare(a.key, b.key))
}

// latest reads the rows' latest events.
func (l *Log) latest(ctx context.Context, rows []BreakdownRow) error {
	at := make([]Pos, len(rows))
	for i := range rows {
		at[i] = rows[i].last
	}
	return l.fetch(ctx, at, func(i int, e *Event) error {
		rows[i].Latest = e
		return nil
	})
}

// eachInParallel calls fn for every row, with no more goroutines than a machine shared by many should give to one question.
func eachInParallel(ctx context.Context, rows []BreakdownRow, fn func(*BreakdownRow) error) error {
	var g errgroup.Group
	g.SetLimit(min(4, runtime.GOMAXPROCS(0)))
	for part := range slices.Chunk(rows, 8) {
		g.Go(func() error {
			for i := range part {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if err := fn(&part[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
