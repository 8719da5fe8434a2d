package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Scan calls fn for the tenants' events with from <= time < to in time order, or newest first, without the index: straight from the log's
// keys, window by window merged. Zero times are no bound. Equal times come in order of arrival (newest first when desc). Fn may keep
// the event. Fn's error stops the scan and is returned.
func (l *Log) Scan(ctx context.Context, who Tenants, from, to time.Time, desc bool, fn func(*Event) error) error {
	var cursors []*windowCursor
	for _, w := range l.list() {
		if !w.outside(from, to) {
			cursors = append(cursors, newWindowCursor(w, from, to, desc))
		}
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var best *windowCursor
		for _, c := range cursors {
			if err := c.fill(); err != nil {
				return fmt.Errorf("scan: %w", err)
			}
			if len(c.ready) > 0 && (best == nil || c.ready[0].Pos().Before(best.ready[0].Pos()) != desc) {
				best = c
			}
		}
		if best == nil {
			return nil
		}
		e := best.ready[0]
		best.ready = best.ready[1:]
		if who.All || slices.Contains(who.Names, e.Tenant) {
			if err := fn(e); err != nil {
				return err
			}
		}
	}
}

// windowCursor reads a window's events in time order, a chunk at a time, and between chunks holds nothing of the store.
type windowCursor struct {
	w     *window
	end   uint64 // the version that is read
	from  int64  // inclusive
	to    int64  // exclusive
	desc  bool
	ready []*Event
	done  bool
}

func newWindowCursor(w *window, from, to time.Time, desc bool) *windowCursor {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := &windowCursor{w: w, end: w.end.Load(), desc: desc, from: w.meta.minTime, to: w.meta.maxTime + 1}
	if !from.IsZero() {
		c.from = max(c.from, nanos(from))
	}
	if !to.IsZero() {
		c.to = min(c.to, nanos(to))
	}
	c.done = c.end == w.first
	return c
}

// fill reads the next chunk if none is ready: whole times only, so that equal times can be put in order of arrival.
func (c *windowCursor) fill() error {
	const chunk = 512
	if len(c.ready) > 0 || c.done || c.from >= c.to {
		return nil
	}
	err := c.w.read(c.end, func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchValues, o.Reverse = false, c.desc
		o.Prefix = []byte{familyEvent}
		it := txn.NewIterator(o)
		defer it.Close()
		start := timeKey(c.from)
		if c.desc {
			start = timeKey(c.to) // before the first key of that time
		}
		var last int64
		for it.Seek(start); it.ValidForPrefix(o.Prefix); it.Next() {
			key := it.Item().Key()
			t := eventKeyTime(key)
			if t < c.from || t >= c.to {
				break
			}
			if len(c.ready) >= chunk && t != last {
				c.next(t)
				return nil
			}
			last = t
			err := it.Item().Value(func(v []byte) error {
				e, err := decodeStored(key, v)
				c.ready = append(c.ready, e)
				return err
			})
			if err != nil {
				return c.w.damaged(fmt.Errorf("%w: read event: %w", ErrDamaged, err))
			}
		}
		c.done = true
		return nil
	})
	slices.SortFunc(c.ready, func(a, b *Event) int {
		if c.desc {
			a, b = b, a
		}
		return comparePos(a.Pos(), b.Pos())
	})
	return err
}

// next moves the bound that is read from to time t.
func (c *windowCursor) next(t int64) {
	if c.desc {
		c.to = t + 1
	} else {
		c.from = t
	}
}
