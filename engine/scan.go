package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// Scan calls fn for the tenants' events with from <= time < to in time order, or newest first, without the index: straight from the log's
// keys, window by window merged. Zero times are no bound. Equal times come in order of arrival (newest first when desc). Fn may keep
// the event. Fn's error stops the scan and is returned.
func (l *Log) Scan(ctx context.Context, who Tenants, from, to time.Time, desc bool, fn func(*Event) error) error {
	var cursors []*windowCursor
	for _, w := range l.list() {
		if !w.outside(from, to) {
			cursors = append(cursors, &windowCursor{w: w, from: from, to: to, desc: desc})
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
		if who.Sees(e.Tenant) {
			if err := fn(e); err != nil {
				return err
			}
		}
	}
}

// windowCursor reads a window's events in time order, a chunk at a time, and between chunks holds nothing of the store. It finds them by their
// seq pages, which have no gaps, because Badger's iterators pass over a damaged block without a word.
type windowCursor struct {
	w        *window
	from, to time.Time
	desc     bool
	places   []Pos // that are still to be read, in the scan's order
	chunks   chunker
	ready    []*Event
}

// A cursor holds fewer events than other readers: there is one for each window.
const (
	cursorChunk      = fetchChunk / 2
	cursorChunkBytes = 1 << 20
)

// fill reads the next chunk if none is ready.
func (c *windowCursor) fill() (err error) {
	if len(c.ready) > 0 {
		return nil
	}
	if c.chunks.read == nil {
		if c.places, err = c.w.placesBetween(c.from, c.to); err != nil {
			return err
		}
		if c.desc {
			slices.Reverse(c.places)
		}
		c.chunks = chunker{most: cursorChunk, bytes: cursorChunkBytes, read: c.w.fetch}
	}
	if len(c.places) == 0 {
		return nil
	}
	if c.ready, err = c.chunks.next(c.places); err != nil {
		return err
	}
	c.places = c.places[len(c.ready):]
	return nil
}

// placesBetween lists the places of the window's events with from <= time < to, in time order.
func (w *window) placesBetween(from, to time.Time) (at []Pos, err error) {
	end := w.end.Load()
	low, high := int64(0), int64(math.MaxInt64)
	if !from.IsZero() {
		low = nanos(from)
	}
	if !to.IsZero() {
		high = nanos(to)
	}
	err = w.eachSeq(end, func(seq uint64, key []byte) error {
		if t := keyTime(key); low <= t && t < high {
			at = append(at, Pos{t, seq})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(at, comparePos)
	return at, nil
}
