package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// fetchChunk is how many events are read in one go: enough to find runs of neighbours, few enough to hold.
const fetchChunk = 1024

// fetch is the log's Fetch: it reads the events at ascending places and calls fn for each, in that order. Fn may keep the event.
func (l *Log) fetch(ctx context.Context, at []Pos, fn func(i int, e *Event) error) error {
	windows := l.list()
	events := make([]*Event, min(len(at), fetchChunk))
	for done := 0; done < len(at); done += fetchChunk {
		if l.fetches.Add(1)%32 == 0 {
			l.closeIdle() // a long walk must not wait for the housekeeper
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		chunk := at[done:min(len(at), done+fetchChunk)]
		if err := fetchInto(windows, chunk, events); err != nil {
			return err
		}
		for i := range chunk {
			if err := fn(done+i, events[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetchInto reads one chunk, window by window.
func fetchInto(windows []*window, at []Pos, events []*Event) error {
	byWindow := map[*window][]int{}
	for i, p := range at {
		w := windowOf(windows, p.Seq)
		if w == nil {
			return missing(windows, p.Seq)
		}
		byWindow[w] = append(byWindow[w], i)
	}
	for w, which := range byWindow {
		if err := w.fetchSome(at, which, events); err != nil {
			return err
		}
	}
	return nil
}

// fetchSome reads the places that which lists, all in this window; many of them in two halves at once.
func (w *window) fetchSome(at []Pos, which []int, events []*Event) error {
	read := func(which []int) error {
		part := make([]Pos, len(which))
		for j, i := range which {
			part[j] = at[i]
		}
		return w.fetch(part, func(j int, e *Event) { events[which[j]] = e })
	}
	if len(which) < 64 {
		return read(which)
	}
	half, other := len(which)/2, make(chan error, 1)
	go func() { other <- read(which[:half]) }()
	return errors.Join(read(which[half:]), <-other)
}

// fetch reads events of the window at ascending places: neighbours with one pass over their stretch of the store, scattered ones each by key.
func (w *window) fetch(at []Pos, fn func(i int, e *Event)) error {
	return w.read(w.end.Load(), func(txn *badger.Txn) error {
		if dense(at) {
			return w.fetchRun(txn, at, fn)
		}
		for i, p := range at {
			e, err := eventAt(txn, p.Seq)
			if err != nil {
				return w.damaged(err)
			}
			fn(i, e)
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

// fetchRun walks the event keys from the first place's time to the last's. When it meets many more events than it wants, it
// reads the rest by key.
func (w *window) fetchRun(txn *badger.Txn, at []Pos, fn func(i int, e *Event)) error {
	wanted := make(map[uint64]int, len(at))
	for i, p := range at {
		wanted[p.Seq] = i
	}
	o := badger.DefaultIteratorOptions
	o.PrefetchValues, o.Prefix = false, []byte{familyEvent}
	it := txn.NewIterator(o)
	defer it.Close()
	last, walked := at[len(at)-1].Time, 0
	for it.Seek(timeKey(at[0].Time)); it.Valid() && len(wanted) > 0 && walked < 24*len(at); it.Next() {
		key := it.Item().Key()
		if eventKeyTime(key) > last {
			break
		}
		walked++
		err := it.Item().Value(func(v []byte) error {
			s, err := splitStored(v)
			if err != nil {
				return err
			}
			i, ok := wanted[s.seq]
			if !ok {
				return nil
			}
			e, err := decodeStored(key, v)
			if err != nil {
				return err
			}
			delete(wanted, s.seq)
			fn(i, e)
			return nil
		})
		if err != nil {
			return w.damaged(fmt.Errorf("%w: read event: %w", ErrDamaged, err))
		}
	}
	for seq, i := range wanted {
		e, err := eventAt(txn, seq)
		if err != nil {
			return w.damaged(err)
		}
		fn(i, e)
	}
	return nil
}
