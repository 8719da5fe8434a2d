package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// findID appends the seqs of all events, in every window, whose ID has the key.
func (l *Log) findID(key idKey, dst []uint64) []uint64 {
	l.eachIDs(func(ids idSet) { dst = ids.find(key, dst) })
	return dst
}

// findName appends the seqs of all events, in every window and of every tenant, whose ID may be the one.
func (l *Log) findName(id string, dst []uint64) []uint64 {
	name := nameHash([]byte(id))
	l.eachIDs(func(ids idSet) { dst = ids.findName(name, dst) })
	return dst
}

func (l *Log) eachIDs(fn func(idSet)) {
	for _, w := range slices.Backward(l.list()) {
		w.mu.Lock()
		if w.ids != nil && !w.gone {
			fn(w.ids)
		}
		w.mu.Unlock()
	}
}

// damagedIfMissing names what it means when a key that must be there is not.
func damagedIfMissing(err error) error {
	if errors.Is(err, badger.ErrKeyNotFound) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// eventAt reads the event with the seq.
func eventAt(txn *badger.Txn, seq uint64) (*Event, error) {
	key, err := eventKeyAt(txn, seq, make([]byte, 0, 64))
	if err != nil {
		return nil, err
	}
	item, err := txn.Get(key)
	if err != nil {
		return nil, fmt.Errorf("read event %d: %w", seq, damagedIfMissing(err))
	}
	var e *Event
	err = item.Value(func(v []byte) error {
		e, err = decodeStored(key, v)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read event %d: %w", seq, err)
	}
	if e.Seq != seq {
		return nil, fmt.Errorf("%w: event at seq %d says it is %d", ErrDamaged, seq, e.Seq)
	}
	return e, nil
}

// digestAt reads the key and content digest of a durable event.
func (l *Log) digestAt(seq uint64) (key []byte, digest [32]byte, err error) {
	w := windowOf(l.list(), seq)
	if w == nil {
		return nil, digest, fmt.Errorf("seq %d: %w", seq, errDropped)
	}
	err = w.read(w.end.Load(), func(txn *badger.Txn) error {
		if key, err = eventKeyAt(txn, seq, nil); err != nil {
			return err
		}
		item, err := txn.Get(key)
		if err != nil {
			return fmt.Errorf("read event %d: %w", seq, damagedIfMissing(err))
		}
		return item.Value(func(v []byte) error {
			s, err := splitStored(v)
			if err == nil {
				digest, _, err = storedDigest(nil, key, s.body)
			}
			return err
		})
	})
	return key, digest, err
}

// lookup finds the places of the events with the IDs in the tenants that who may see.
func (l *Log) lookup(ctx context.Context, who Tenants, ids []string) (at []Pos, err error) {
	windows := l.list()
	for _, id := range ids {
		l.touch(int64(len(windows)) * touchBytes)
		for _, seq := range l.mayHaveID(who, id) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			w := windowOf(windows, seq)
			if w == nil {
				continue // being committed, or dropped a moment ago
			}
			err := w.read(w.end.Load(), func(txn *badger.Txn) error {
				key, err := eventKeyAt(txn, seq, nil)
				if err != nil {
					return err
				}
				t, foundID, tenant, err := splitEventKey(key)
				if err == nil && foundID == id && who.Sees(tenant) {
					at = append(at, Pos{t.UnixNano(), seq})
				}
				return err
			})
			if err != nil && !errors.Is(err, errDropped) {
				return nil, fmt.Errorf("look up event ID: %w", err)
			}
		}
	}
	return at, nil
}

// mayHaveID returns the seqs of the events that have the ID in one of who's tenants, and perhaps of some others.
func (l *Log) mayHaveID(who Tenants, id string) (seqs []uint64) {
	if who.All {
		return l.findName(id, nil)
	}
	for _, tenant := range who.Names {
		seqs = l.findID(newIDKey(tenant, id), seqs)
	}
	return seqs
}

// Get returns the event with the ID in one of the tenants, or ErrNotFound. Where several tenants have it, the newest is returned.
func (l *Log) Get(ctx context.Context, who Tenants, id string) (*Event, error) {
	at, err := l.lookup(ctx, who, []string{id})
	if err != nil {
		return nil, err
	}
	if l.stopping() {
		return nil, ErrClosed
	}
	if len(at) == 0 {
		for _, w := range l.list() {
			if err := w.servable(); err != nil { // it may be there
				return nil, fmt.Errorf("event %q: %w", shorten(id), err)
			}
		}
		return nil, fmt.Errorf("event %q: %w", shorten(id), ErrNotFound)
	}
	newest := slices.MaxFunc(at, func(a, b Pos) int {
		if a.Before(b) {
			return -1
		}
		return 1
	})
	w := windowOf(l.list(), newest.Seq)
	if w == nil {
		return nil, fmt.Errorf("event %q: %w", shorten(id), ErrNotFound)
	}
	var e *Event
	err = w.read(w.end.Load(), func(txn *badger.Txn) error {
		e, err = eventAt(txn, newest.Seq)
		return err
	})
	if errors.Is(err, errDropped) {
		err = fmt.Errorf("event %q: %w", shorten(id), ErrNotFound)
	}
	return e, err
}

// missing says why no window holds the seq: retention has removed it, or a damaged window has lost its end.
func missing(windows []*window, seq uint64) error {
	for i, next := range windows[1:] {
		if w := windows[i]; w.end.Load() <= seq && seq < next.first {
			err := w.servable()
			if err == nil {
				err = w.damaged(ErrDamaged)
			}
			return fmt.Errorf("seq %d to %d are lost: %w", w.end.Load(), next.first, err)
		}
	}
	return fmt.Errorf("seq %d: %w", seq, errDropped)
}

// readRange calls fn for the events with from <= seq < to in seq order. Fn may keep the event.
func (l *Log) readRange(ctx context.Context, from, to uint64, fn func(*Event) error) error {
	each := func(events []*Event) error {
		for _, e := range events {
			if err := fn(e); err != nil {
				return err
			}
		}
		return nil
	}
	for from < to {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		windows := l.list()
		w := windowOf(windows, from)
		if w == nil {
			return missing(windows, from)
		}
		end := min(to, w.end.Load(), from+fetchChunk)
		events := l.recent.get(from, end)
		var err error
		if events != nil {
			err = each(events)
		} else {
			var at []Pos
			if at, err = w.placesOf(from, end); err == nil {
				err = l.fetchChunks(ctx, at, each)
			}
		}
		if err != nil {
			return err
		}
		from = end
	}
	return nil
}

// placesOf reads the places of the events with from <= seq < to, by seq.
func (w *window) placesOf(from, to uint64) ([]Pos, error) {
	at := make([]Pos, 0, to-from)
	err := w.read(w.end.Load(), func(txn *badger.Txn) error { // the version is a whole group's, and the last one may reach beyond to
		return eachSeq(txn, from, to, func(seq uint64, key []byte) error {
			at = append(at, Pos{keyTime(key), seq})
			return nil
		})
	})
	if errors.Is(err, ErrDamaged) {
		err = w.damaged(err)
	}
	if err != nil {
		return nil, err
	}
	return at, nil
}

func comparePos(a, b Pos) int {
	if a.Before(b) {
		return -1
	} else if b.Before(a) {
		return 1
	}
	return 0
}
