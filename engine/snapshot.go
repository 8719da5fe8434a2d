package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// snapshot is one query over the log as it was at one moment: what the index covers, and the tail behind it. The tail
// is matched event by event. Every event that was acknowledged before the snapshot is in it.
type snapshot struct {
	log  *Log
	view IndexView // nil without an index
	plan Plan
	size uint64
	hits Hits  // in the index; nil without one
	tail []Pos // matches in the tail, in time order
}

// snapshot evaluates q's filter. Visit (may be nil) is called for every match in the tail, in seq order.
func (l *Log) snapshot(ctx context.Context, q *Query, visit func(*Event)) (*snapshot, error) {
	if l.stopping() {
		return nil, ErrClosed
	}
	s := &snapshot{log: l}
	var lookupErr error
	if l.o.Index != nil {
		s.view = l.o.Index.View()
	}
	// The size after the view, the windows after the size: what the view lacks is in the tail.
	s.size = l.Size()
	windows := l.list()
	s.plan = Compile(q.Where, q.Tenants, q.From, q.To, func(ids []string) []Pos {
		at, err := l.lookup(ctx, q.Tenants, ids)
		lookupErr = errors.Join(lookupErr, err)
		return at
	})
	err := lookupErr
	if err == nil && s.view != nil {
		s.hits, err = s.view.Find(ctx, s.plan, l.fetch)
	}
	if err == nil {
		err = s.scanTail(ctx, windows, q, visit)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *snapshot) close() {
	if s.view != nil {
		s.view.Close()
		s.log.searched()
	}
}

// scanTail matches what the index does not cover.
func (s *snapshot) scanTail(ctx context.Context, windows []*window, q *Query, visit func(*Event)) error {
	if _, none := s.plan.(PlanNone); none {
		return nil
	}
	matcher := NewMatcher(s.plan)
	for _, w := range windows {
		from, end := w.first, min(w.end.Load(), s.size)
		if w.outside(q.From, q.To) {
			continue
		}
		if s.view != nil {
			from = max(from, s.view.Covered(w.first))
		}
		err := s.log.readRange(ctx, from, end, func(e *Event) error {
			if matcher.Match(e) {
				s.tail = append(s.tail, e.Pos())
				if visit != nil {
					visit(e)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("search the tail: %w", err)
		}
		if err := w.servable(); err != nil {
			return err
		}
	}
	slices.SortFunc(s.tail, comparePos)
	return nil
}

// outside reports whether no event of the window can lie in the range. A damaged window's range is unknown.
func (w *window) outside(from, to time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.damage != "" && !w.sealed {
		return false
	}
	return !from.IsZero() && w.meta.maxTime < nanos(from) || !to.IsZero() && w.meta.minTime >= nanos(to)
}

// servable returns why an answer that needs the window cannot be complete.
func (w *window) servable() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.damage != "" {
		return w.damaged(nil)
	}
	return nil
}

func (s *snapshot) total() uint64 {
	n := uint64(len(s.tail))
	if s.hits != nil {
		n += s.hits.Total()
	}
	return n
}

// byTime returns a page of places in time order, from index and tail together.
func (s *snapshot) byTime(after *Pos, desc bool, skip, limit int) []Pos {
	tail := s.tailAfter(after, desc)
	// At most len(tail) of the skipped places are in the tail, so the others are hits; the rest is merged here.
	sure := max(0, skip-len(tail))
	var hits []Pos
	if s.hits != nil {
		hits = s.hits.ByTime(after, desc, sure, skip-sure+limit)
	}
	merged := make([]Pos, 0, min(len(hits)+len(tail), skip-sure+limit))
	for len(merged) < skip-sure+limit && len(hits)+len(tail) > 0 {
		if len(tail) == 0 || len(hits) > 0 && hits[0].Before(tail[0]) != desc {
			merged, hits = append(merged, hits[0]), hits[1:]
		} else {
			merged, tail = append(merged, tail[0]), tail[1:]
		}
	}
	return merged[min(skip-sure, len(merged)):]
}

// tailAfter returns the tail's places behind after, in the wanted order.
func (s *snapshot) tailAfter(after *Pos, desc bool) []Pos {
	tail := s.tail
	if after != nil {
		i, found := slices.BinarySearchFunc(tail, *after, comparePos)
		switch {
		case desc:
			tail = tail[:i]
		case found:
			tail = tail[i+1:]
		default:
			tail = tail[i:]
		}
	}
	if desc {
		tail = slices.Clone(tail)
		slices.Reverse(tail)
	}
	return tail
}

// walk calls fn with chunks of all places in time order.
func (s *snapshot) walk(desc bool, fn func([]Pos) error) error {
	var after *Pos
	for {
		at := s.byTime(after, desc, 0, 2*fetchChunk)
		if len(at) == 0 {
			return nil
		}
		if err := fn(at); err != nil {
			return err
		}
		after = &at[len(at)-1]
	}
}

// retryDropped runs a read again when retention removed a window under it: the next snapshot does not have it.
func (l *Log) retryDropped(fn func() error) error {
	for {
		first := l.list()[0].first
		if err := fn(); !errors.Is(err, errDropped) || l.list()[0].first == first {
			return err
		}
	}
}
