package engine

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// readGroups reads the window's groups from seq on, below end, until they have that many events. It is one short read, and holds no more
// than one group or that many events.
func (w *window) readGroups(seq, end uint64, events int) (groups []*group, err error) {
	err = w.read(end, func(txn *badger.Txn) error {
		heads := familyIterator(txn, familyGroup)
		defer heads.Close()
		heads.Seek(groupKey(seq))
		first, next := seq, seq
		for ; next < end && next-first < uint64(events); heads.Next() {
			g, err := readHead(heads, next, end)
			if err != nil {
				return err
			}
			groups, next = append(groups, g), g.end
		}
		places, of := make([]storedPlace, 0, next-first), 0
		err := eachSeq(txn, first, next, func(seq uint64, key []byte) error {
			if seq == groups[of].end {
				of++
			}
			places = append(places, storedPlace{groups[of], seq, append([]byte{familyEvent}, key...)})
			return nil
		})
		if err != nil {
			return err
		}
		if err := readPlaces(txn, places); err != nil {
			return err
		}
		return checkReceived(groups)
	})
	return groups, err
}

// readHead reads the head of the group that begins at seq, where the iterator is.
func readHead(it *badger.Iterator, seq, end uint64) (*group, error) {
	if !it.Valid() {
		return nil, fmt.Errorf("%w: group of seq %d is missing", ErrDamaged, seq)
	}
	g := &group{}
	err := it.Item().Value(func(value []byte) (err error) {
		g.groupHead, err = splitGroup(value)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: group of seq %d: %w", ErrDamaged, seq, err)
	}
	if g.first != seq || g.end > end {
		return nil, fmt.Errorf("%w: group of seq %d to %d where %d was next", ErrDamaged, g.first, g.end, seq)
	}
	g.events = make([]*pending, g.end-g.first)
	return g, nil
}

// storedPlace is where an event lies in the store and where it belongs.
type storedPlace struct {
	g   *group
	seq uint64
	key []byte
}

// readPlaces fills in the events. They are read in the order of their keys, in which most lie beside one another.
func readPlaces(txn *badger.Txn, places []storedPlace) error {
	slices.SortFunc(places, func(a, b storedPlace) int { return bytes.Compare(a.key, b.key) })
	r := eventReader{txn: txn, it: familyIterator(txn, familyEvent), missed: seekAfter - 1}
	defer r.it.Close()
	for _, p := range places {
		item, err := r.find(p.key)
		if err != nil {
			return fmt.Errorf("read event %d: %w", p.seq, damagedIfMissing(err))
		}
		value, err := item.ValueCopy(nil)
		if err != nil {
			return fmt.Errorf("%w: read event %d: %w", ErrDamaged, p.seq, err)
		}
		s, err := splitStored(value)
		if err != nil {
			return err
		}
		if s.seq != p.seq {
			return fmt.Errorf("%w: event at seq %d says it is %d", ErrDamaged, p.seq, s.seq)
		}
		e, err := newStoredPending(p.key, s.body)
		if err != nil {
			return err
		}
		e.event.Received = time.Unix(0, s.received)
		p.g.events[p.seq-p.g.first] = e
	}
	return nil
}

// checkReceived takes the groups' time of arrival from their events, which all have the same.
func checkReceived(groups []*group) error {
	for _, g := range groups {
		g.received = g.events[0].event.Received.UnixNano()
		for i := range g.events {
			if g.events[i].event.Received.UnixNano() != g.received {
				return fmt.Errorf("%w: seq %d to %d: one group, but not one time of arrival", ErrDamaged, g.first, g.end)
			}
		}
	}
	return nil
}

// eventReader finds events by keys that come in ascending order. Next to the last one it walks, to a lone one it goes by key, and
// after a few of those it walks on from there.
type eventReader struct {
	txn    *badger.Txn
	it     *badger.Iterator
	missed int // since the last one that was found by walking
}

const (
	walkAtMost = 16 // keys that are passed by on the way to the next
	seekAfter  = 3
)

func (r *eventReader) find(key []byte) (*badger.Item, error) {
	if r.missed == seekAfter-1 {
		r.it.Seek(key)
		r.missed = 0
	}
	for range walkAtMost {
		if !r.it.Valid() {
			break
		}
		order := bytes.Compare(r.it.Item().Key(), key)
		if order == 0 {
			r.missed = 0
			return r.it.Item(), nil
		}
		if order > 0 {
			break
		}
		r.it.Next()
	}
	r.missed++
	return r.txn.Get(key)
}
