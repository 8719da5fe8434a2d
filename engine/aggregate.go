package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Bounds of histograms and facets.
const (
	MaxBuckets     = 1000
	MaxFacetValues = 1000
)

// Histogram counts q's events in n buckets of equal length between q.From and q.To or, where one is not given, the first or the last event
// that matches. Without any match and without a range there are no buckets.
func (l *Log) Histogram(ctx context.Context, q Query, n int) (buckets []Bucket, total uint64, err error) {
	begun := time.Now()
	if err := q.check(); err != nil {
		return nil, 0, err
	}
	if n < 1 || n > MaxBuckets {
		return nil, 0, &FieldError{"buckets", fmt.Sprintf("%d is outside 1 to %d", n, MaxBuckets)}
	}
	err = l.retryDropped(func() error {
		buckets, total, err = l.histogram(ctx, &q, n)
		return err
	})
	l.metrics.searches.WithLabelValues("histogram").Observe(time.Since(begun).Seconds())
	return buckets, total, err
}

func (l *Log) histogram(ctx context.Context, q *Query, n int) ([]Bucket, uint64, error) {
	var failed []int64 // times of the tail's failures
	s, err := l.snapshot(ctx, q, func(e *Event) {
		if e.Result == Failure {
			failed = append(failed, e.Time.UnixNano())
		}
	})
	if err != nil {
		return nil, 0, err
	}
	defer s.close()
	edges := s.edges(q, n)
	if edges == nil {
		return []Bucket{}, s.total(), nil
	}
	counts, failures := make([]uint64, n), make([]uint64, n)
	if s.hits != nil {
		copy(counts, s.hits.Counts(edges))
		failing, err := s.view.Find(ctx, PlanAnd{[]Plan{s.plan, PlanTerm{ExactTerm("result", Failure)}}}, l.fetch)
		if err != nil {
			return nil, 0, err
		}
		copy(failures, failing.Counts(edges))
	}
	for _, p := range s.tail {
		count(counts, edges, p.Time)
	}
	for _, t := range failed {
		count(failures, edges, t)
	}
	buckets := make([]Bucket, n)
	for i := range buckets {
		buckets[i] = Bucket{time.Unix(0, edges[i]).UTC(), time.Unix(0, edges[i+1]).UTC(), counts[i], failures[i]}
	}
	return buckets, s.total(), nil
}

// edges divides the range into n buckets; nil when there is no range.
func (s *snapshot) edges(q *Query, n int) []int64 {
	from, to := nanos(q.From), nanos(q.To)
	if q.From.IsZero() {
		first := s.byTime(nil, false, 0, 1)
		if len(first) == 0 {
			return nil
		}
		from = first[0].Time
	}
	if q.To.IsZero() {
		last := s.byTime(nil, true, 0, 1)
		if len(last) == 0 {
			return nil
		}
		to = last[0].Time + 1
	}
	if to <= from {
		return nil
	}
	edges := make([]int64, n+1)
	for i := range edges {
		edges[i] = from + int64(float64(to-from)/float64(n)*float64(i))
	}
	edges[n] = to
	for i := n - 1; i >= 0; i-- { // rounding must not make an edge pass the next
		edges[i] = min(edges[i], edges[i+1])
	}
	return edges
}

func count(counts []uint64, edges []int64, t int64) {
	i, found := slices.BinarySearch(edges, t)
	for found && i+1 < len(edges) && edges[i+1] == t {
		i++ // an empty bucket holds nothing
	}
	if !found {
		i--
	}
	if i >= 0 && i < len(counts) {
		counts[i]++
	}
}

// Facets counts q's events by the values of each of the columns: the limit most frequent values, most frequent first, equal counts by value.
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
	counts := make(map[string]map[string]uint64, len(columns))
	for _, c := range columns {
		counts[c] = map[string]uint64{}
	}
	var values []string
	add := func(e *Event, columns []string) {
		for _, c := range columns {
			values = ColumnValues(e, c, values[:0])
			for _, v := range values {
				counts[c][v]++
			}
		}
	}
	s, err := l.snapshot(ctx, q, func(e *Event) { add(e, columns) })
	if err != nil {
		return nil, 0, err
	}
	defer s.close()
	if s.hits != nil {
		if err := s.countHits(ctx, columns, counts, add); err != nil {
			return nil, 0, err
		}
	}
	facets := make(map[string][]FacetValue, len(columns))
	for c, m := range counts {
		facets[c] = topValues(m, limit)
	}
	return facets, s.total(), nil
}

// countHits adds the index's counts, and reads the hits for columns that it does not keep.
func (s *snapshot) countHits(ctx context.Context, columns []string, counts map[string]map[string]uint64, add func(*Event, []string)) error {
	var unkept []string
	for _, c := range columns {
		found, ok := s.hits.Facet(c)
		if !ok {
			unkept = append(unkept, c)
		}
		for v, n := range found {
			counts[c][v] += n
		}
	}
	if len(unkept) == 0 {
		return nil
	}
	var after *Pos
	for {
		at := s.hits.ByTime(after, false, 0, 4*fetchChunk)
		if len(at) == 0 {
			return nil
		}
		err := s.log.fetch(ctx, at, func(_ int, e *Event) error {
			add(e, unkept)
			return nil
		})
		if err != nil {
			return err
		}
		after = &at[len(at)-1]
	}
}

func topValues(counts map[string]uint64, limit int) []FacetValue {
	values := make([]FacetValue, 0, len(counts))
	for v, n := range counts {
		values = append(values, FacetValue{v, n})
	}
	slices.SortFunc(values, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return values[:min(limit, len(values))]
}
