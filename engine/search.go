package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Search returns one page of q's answer. It sees every event acknowledged before it began. Errors: *FieldError for a bad page, sort or
// limit, ErrCursor, ErrTooBroad, ErrDamaged naming the window when the range touches one that cannot be read, ctx's.
func (l *Log) Search(ctx context.Context, q Query) (r *Result, err error) {
	begun := time.Now()
	if err := q.check(); err != nil {
		return nil, err
	}
	err = l.retryDropped(func() error {
		if q.byTime() {
			r, err = l.searchByTime(ctx, &q)
		} else {
			r, err = l.searchByColumn(ctx, &q)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r.From, r.To, r.Took = q.From, q.To, time.Since(begun)
	l.metrics.searches.WithLabelValues("search").Observe(r.Took.Seconds())
	return r, nil
}

func (q *Query) byTime() bool { return q.Sort == "" || q.Sort == "time" }

// check refuses what cannot be answered and fills in the defaults.
func (q *Query) check() error {
	if q.Limit == 0 {
		q.Limit = 50
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return &FieldError{"limit", fmt.Sprintf("%d is outside 1 to %d", q.Limit, MaxPage)}
	}
	if q.Page < 0 || q.Page > 0 && (q.Page-1)*q.Limit > MaxSkip {
		return &FieldError{"page", fmt.Sprintf("%d is outside 1 to %d; use the cursor to go deeper", q.Page, MaxSkip/q.Limit+1)}
	}
	if q.Page > 0 && q.Cursor != "" {
		return &FieldError{"page", "cannot be used together with cursor"}
	}
	if !q.byTime() && !slices.Contains(SortColumns, q.Sort) {
		return &FieldError{"sort", fmt.Sprintf("%q is not a column", shorten(q.Sort))}
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return &FieldError{"to", "is before from"}
	}
	return nil
}

// skip is how many places come before the page.
func (q *Query) skip() int { return max(0, q.Page-1) * q.Limit }

func (l *Log) searchByTime(ctx context.Context, q *Query) (*Result, error) {
	after, err := decodeCursor(q)
	if err != nil {
		return nil, err
	}
	s, err := l.snapshot(ctx, q, nil)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var from *Pos
	if after != nil {
		from = &after.Pos
	}
	at := s.byTime(from, q.Desc, q.skip(), q.Limit+1)
	r := &Result{Total: s.total()}
	if len(at) > q.Limit {
		at = at[:q.Limit]
		r.Next = encodeCursor(q, ColumnPos{Pos: at[q.Limit-1]})
	}
	return r, s.fill(ctx, q, r, at, func(i int) ColumnPos { return ColumnPos{Pos: at[i]} })
}

// fill reads the page's events. When they grow too large, a page by cursor ends early and the cursor goes on from there; a numbered page
// is refused, because the next number begins where a full page would have ended.
func (s *snapshot) fill(ctx context.Context, q *Query, r *Result, at []Pos, place func(i int) ColumnPos) error {
	r.Events = make([]*Event, 0, len(at))
	held := 0
	err := s.log.fetchChunks(ctx, at, func(events []*Event) error {
		for _, e := range events {
			if held += e.held(); held > MaxPageBytes && len(r.Events) > 0 {
				return errEnough
			}
			r.Events = append(r.Events, e)
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		return err
	}
	if q.Page > 0 {
		return &FieldError{"limit", fmt.Sprintf("page %d of %d events is larger than %d MiB; ask for fewer, or go on by the cursor", q.Page, q.Limit, MaxPageBytes>>20)}
	}
	r.Next = encodeCursor(q, place(len(r.Events)-1))
	return nil
}

// Each calls fn for every event that q matches, in time order (q.Desc: newest first), from a snapshot taken at the call: exactly the events of the
// total that it passes to start first (which may be nil). Fn may keep the event. Any error means that not all were given.
func (l *Log) Each(ctx context.Context, q Query, start func(total uint64) error, fn func(*Event) error) error {
	if err := q.check(); err != nil {
		return err
	}
	s, err := l.snapshot(ctx, &q, nil)
	if err != nil {
		return err
	}
	defer s.close()
	if start != nil {
		if err := start(s.total()); err != nil {
			return err
		}
	}
	return s.stream(ctx, q.Desc, fn)
}

// stream calls fn for all events in time order. The next ones are read while fn has these.
func (s *snapshot) stream(ctx context.Context, desc bool, fn func(*Event) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks, failed := make(chan []*Event, 1), error(nil)
	go func() {
		defer close(chunks)
		failed = s.walk(desc, func(at []Pos) error {
			return s.log.fetchChunks(ctx, at, func(events []*Event) error {
				select {
				case chunks <- events:
					return nil
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			})
		})
	}()
	for events := range chunks {
		for _, e := range events {
			if err := fn(e); err != nil {
				cancel()
				for range chunks { // the reader must be gone before the view is closed
				}
				return err
			}
		}
	}
	return failed
}
