package engine

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// readGroups reads whole groups of the window from seq on, below end and up to about the bytes. It is one short read.
func (w *window) readGroups(seq, end uint64, bytes int) (groups []*group, err error) {
	err = w.read(end, func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchValues, o.Prefix = false, []byte{familyGroup}
		it := txn.NewIterator(o)
		defer it.Close()
		it.Seek(groupKey(seq))
		for n := 0; seq < end && n < bytes; it.Next() {
			if !it.Valid() {
				return fmt.Errorf("%w: group of seq %d is missing", ErrDamaged, seq)
			}
			g, err := readGroup(txn, it.Item(), seq, end)
			if err != nil {
				return err
			}
			for i := range g.events {
				n += len(g.events[i].body) + len(g.events[i].event.ID) + 64
			}
			groups, seq = append(groups, g), g.end
		}
		return nil
	})
	return groups, err
}

// readGroup reads the group whose head the item is, with its events. It must begin at seq.
func readGroup(txn *badger.Txn, head *badger.Item, seq, end uint64) (*group, error) {
	g := &group{}
	err := head.Value(func(value []byte) (err error) {
		g.groupHead, err = splitGroup(value)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: group of seq %d: %w", ErrDamaged, seq, err)
	}
	if g.first != seq || g.end > end {
		return nil, fmt.Errorf("%w: group of seq %d to %d where %d was next", ErrDamaged, g.first, g.end, seq)
	}
	if err := g.readEvents(txn); err != nil {
		return nil, fmt.Errorf("seq %d to %d: %w", g.first, g.end, err)
	}
	return g, nil
}

// readEvents fills in the group's events. They are read in the order of their keys, in which they lie beside one another.
func (g *group) readEvents(txn *badger.Txn) error {
	type place struct {
		i   int
		key []byte
	}
	places := make([]place, g.end-g.first)
	for i := range places {
		key, err := eventKeyAt(txn, g.first+uint64(i), nil)
		if err != nil {
			return err
		}
		places[i] = place{i, key}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(string(a.key), string(b.key)) })
	g.events = make([]pending, len(places))
	for n, p := range places {
		item, err := txn.Get(p.key)
		if err != nil {
			return fmt.Errorf("read event %d: %w", g.first+uint64(p.i), damagedIfMissing(err))
		}
		value, err := item.ValueCopy(nil)
		if err != nil {
			return fmt.Errorf("read event %d: %w: %w", g.first+uint64(p.i), ErrDamaged, err)
		}
		s, err := splitStored(value)
		if err != nil {
			return err
		}
		if n == 0 {
			g.received = s.received
		}
		if s.seq != g.first+uint64(p.i) || s.received != g.received {
			return fmt.Errorf("%w: event at seq %d says it is %d, received %d", ErrDamaged, g.first+uint64(p.i), s.seq, s.received)
		}
		if g.events[p.i], err = newStoredPending(p.key, s.body); err != nil {
			return err
		}
	}
	return nil
}

// newStoredPending makes an event that was in a log ready to be hashed, and to be committed again. Of the event itself only what is in the
// key is filled in.
func newStoredPending(key, body []byte) (pending, error) {
	t, id, tenant, err := splitEventKey(key)
	if err != nil {
		return pending{}, err
	}
	content := append(appendHead(make([]byte, 0, len(key)+len(body)+64), id, t, tenant), body...)
	return pending{event: &Event{ID: id, Time: t, Tenant: tenant}, body: body, digest: contentDigest(content), hash: idHash(tenant, id), timed: true}, nil
}

// appendBackup appends the group as a backup has it: its head | received (8) | its events by seq, each key | body. Head, keys and
// bodies stand behind their lengths.
func (g *group) appendBackup(dst []byte) []byte {
	dst = appendPart(dst, g.groupHead.append(nil))
	dst = binary.BigEndian.AppendUint64(dst, uint64(g.received))
	var key []byte
	for i := range g.events {
		e := g.events[i].event
		key = appendEventKey(key[:0], e.Time, e.ID, e.Tenant)
		dst = appendPart(dst, key)
		dst = appendPart(dst, g.events[i].body)
	}
	return dst
}

// cutGroup takes the next group off content of a backup. Its bodies alias the content.
func cutGroup(p *parts) (*group, error) {
	g := &group{}
	var err error
	if g.groupHead, err = splitGroup(p.part()); err != nil {
		return nil, err
	}
	if received := p.take(8); received != nil {
		g.received = int64(binary.BigEndian.Uint64(received))
	}
	for seq := g.first; seq < g.end; seq++ {
		key, body := p.part(), p.part()
		if p.bad || len(body) < 2 || body[0] != ',' {
			return nil, fmt.Errorf("%w: event %d", ErrDamaged, seq)
		}
		e, err := newStoredPending(key, body)
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", seq, err)
		}
		g.events = append(g.events, e)
	}
	return g, nil
}
