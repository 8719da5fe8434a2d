package engine

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// MaxBuckets is the most buckets of a histogram.
const MaxBuckets = 1000

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
		failing, err := s.hits.With(ExactTerm("result", Failure))
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
