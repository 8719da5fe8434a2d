package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// fetch is the log's Fetch: it reads the events at ascending places and calls fn for each, in that order. Fn may keep the event.
func (l *Log) fetch(ctx context.Context, at []Pos, fn func(i int, e *Event) error) error {
	done := 0
	return l.fetchChunks(ctx, at, func(events []*Event) error {
		for i, e := range events {
			if err := fn(done+i, e); err != nil {
				return err
			}
		}
		done += len(events)
		return nil
	})
}

// fetchChunks reads the events at places in any order and calls fn with some of them at a time, in that order. Fn may keep them.
func (l *Log) fetchChunks(ctx context.Context, at []Pos, fn func([]*Event) error) error {
	windows := l.list()
	chunks := chunker{most: fetchChunk, bytes: fetchChunkBytes, read: func(at []Pos, fn func(int, *Event) error) error {
		return fetchFrom(windows, at, fn)
	}}
	for len(at) > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		events, err := chunks.next(at)
		if err != nil {
			return err
		}
		if err := fn(events); err != nil {
			return err
		}
		at = at[len(events):]
	}
	return nil
}

// fetchFrom reads the events at ascending places, window by window.
func fetchFrom(windows []*window, at []Pos, fn func(i int, e *Event) error) error {
	byWindow := map[*window][]int{}
	for i, p := range at {
		w := windowOf(windows, p.Seq)
		if w == nil {
			return missing(windows, p.Seq)
		}
		byWindow[w] = append(byWindow[w], i)
	}
	for w, which := range byWindow {
		if err := w.fetchSome(at, which, fn); err != nil {
			return err
		}
	}
	return nil
}

// fetchSome reads the places that which lists, all in this window; many of them, or some that are far from one another, in two halves at once.
func (w *window) fetchSome(at []Pos, which []int, fn func(i int, e *Event) error) error {
	places := func(which []int) []Pos {
		part := make([]Pos, len(which))
		for j, i := range which {
			part[j] = at[i]
		}
		return part
	}
	read := func(which []int) error {
		return w.fetch(places(which), func(j int, e *Event) error { return fn(which[j], e) })
	}
	if len(which) < 8 || len(which) < 64 && dense(places(which)) {
		return read(which)
	}
	half, other := len(which)/2, make(chan error, 1)
	go func() { other <- read(which[:half]) }()
	return errors.Join(read(which[half:]), <-other)
}

// fetch reads events of the window at ascending places: neighbours with one pass over their stretch of the store, scattered ones each by key.
func (w *window) fetch(at []Pos, fn func(i int, e *Event) error) error {
	return w.read(w.end.Load(), func(txn *badger.Txn) error {
		if dense(at) {
			return w.fetchRun(txn, at, fn)
		}
		for i, p := range at {
			e, err := eventAt(txn, p.Seq)
			if err != nil {
				return w.damaged(err)
			}
			w.touch(2 * touchBytes) // a block of keys and one of events
			if err := fn(i, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// dense guesses from the seqs whether most events between the first and the last place are wanted. Late events, whose seqs are far from
// their neighbours', are left out of the guess; it need not be right: both ways of reading are.
func dense(at []Pos) bool {
	if len(at) < 32 {
		return false
	}
	seqs := make([]uint64, len(at))
	for i, p := range at {
		seqs[i] = p.Seq
	}
	slices.Sort(seqs)
	low, high := len(seqs)/16, len(seqs)*15/16
	return seqs[high]-seqs[low] < uint64(high-low)*12
}

// together returns the times between which the ascending places lie but for those that are far from the others: events that came late, to which
// walking from the others would pass thousands.
func together(at []Pos) (first, last int64) {
	low, high := at[len(at)/16].Time, at[len(at)*15/16].Time
	first, last = at[0].Time, at[len(at)-1].Time
	return max(first, low-(high-low)), min(last, high+(high-low))
}

// fetchRun walks the event keys where most places lie together. When it meets many more events than it wants, it reads the rest by key, as
// it does those that lie elsewhere.
func (w *window) fetchRun(txn *badger.Txn, at []Pos, fn func(i int, e *Event) error) error {
	wanted := make(map[uint64]int, len(at))
	for i, p := range at {
		wanted[p.Seq] = i
	}
	it := familyIterator(txn, familyEvent)
	defer it.Close()
	first, last := together(at)
	walked, bytes := 0, int64(touchBytes)
	defer func() { w.touch(bytes) }()
	for it.Seek(timeKey(first)); it.Valid() && len(wanted) > 0 && walked < 24*len(at); it.Next() {
		key := it.Item().Key()
		if eventKeyTime(key) > last {
			break
		}
		walked++
		bytes += it.Item().EstimatedSize() / 2 // compressed
		e, i, err := wantedEvent(it.Item(), wanted)
		if err != nil {
			return w.damaged(fmt.Errorf("%w: read event: %w", ErrDamaged, err))
		}
		if e == nil {
			continue
		}
		delete(wanted, e.Seq)
		if err := fn(i, e); err != nil {
			return err
		}
	}
	for seq, i := range wanted {
		e, err := eventAt(txn, seq)
		if err != nil {
			return w.damaged(err)
		}
		if err := fn(i, e); err != nil {
			return err
		}
	}
	return nil
}

// wantedEvent decodes the event at the item if its seq is wanted, else it returns nil.
func wantedEvent(item *badger.Item, wanted map[uint64]int) (e *Event, i int, err error) {
	err = item.Value(func(v []byte) error {
		s, err := splitStored(v)
		if err != nil {
			return err
		}
		var ok bool
		if i, ok = wanted[s.seq]; ok {
			e, err = decodeStored(item.Key(), v)
		}
		return err
	})
	return e, i, err
}
