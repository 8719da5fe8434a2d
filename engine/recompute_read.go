package engine

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/dgraph-io/badger/v4"
)

// iterate calls fn for each item of a key family.
func iterate(txn *badger.Txn, family byte, fn func(item *badger.Item) error) error {
	o := badger.DefaultIteratorOptions
	o.PrefetchValues, o.Prefix = false, []byte{family}
	it := txn.NewIterator(o)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if err := fn(it.Item()); err != nil {
			return err
		}
	}
	return nil
}

// readGroups reads the group heads, which say how far the window goes and with what each leaf is salted.
func (r *recomputed) readGroups(txn *badger.Txn) error {
	err := iterate(txn, familyGroup, func(item *badger.Item) error {
		return item.Value(func(value []byte) error {
			g, err := splitGroup(value)
			if err != nil {
				return err
			}
			if g.first != r.end {
				r.report("group of seq %d to %d where %d was next", g.first, g.end, r.end)
				if g.first = r.end; g.end <= g.first {
					return nil
				}
			}
			r.groups, r.end = append(r.groups, g), g.end
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("%w: read group heads: %w", ErrDamaged, err)
	}
	return nil
}

// groupOf returns the group that holds the seq.
func (r *recomputed) groupOf(seq uint64) *groupHead {
	i, _ := slices.BinarySearchFunc(r.groups, seq, func(g groupHead, seq uint64) int {
		if g.end <= seq {
			return -1
		}
		return 1
	})
	return &r.groups[i]
}

// Bounds of what one goroutine hashes at a time; several batches are on their way at once.
const (
	hashedEvents = 512
	hashedBytes  = 1 << 20
)

// keyValue is one stored event.
type keyValue struct{ key, value []byte }

// readEvents hashes every event; the hashing is spread over the processors.
func (r *recomputed) readEvents(txn *badger.Txn, progress func(uint64)) error {
	batches := make(chan []keyValue, runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for batch := range batches {
				r.hashBatch(batch)
			}
		})
	}
	var batch []keyValue
	held := 0
	send := func() {
		if progress != nil && len(batch) > 0 {
			progress(uint64(len(batch)))
		}
		batches <- batch
		batch, held = nil, 0
	}
	read := func(item *badger.Item) error {
		value, err := item.ValueCopy(nil)
		if err != nil {
			return fmt.Errorf("%w: read event %x: %w", ErrDamaged, item.Key(), err)
		}
		batch = append(batch, keyValue{item.KeyCopy(nil), value})
		if held += len(value); len(batch) == hashedEvents || held >= hashedBytes {
			send()
		}
		return nil
	}
	err := contained(func() error { return iterate(txn, familyEvent, read) })
	send()
	close(batches)
	workers.Wait()
	return err
}

func (r *recomputed) hashBatch(batch []keyValue) {
	sums, buf := newMeta(), []byte(nil)
	for _, e := range batch {
		var err error
		if buf, err = r.hashEvent(e.key, e.value, buf, &sums); err != nil {
			r.report("%v", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.meta.merge(&sums)
}

func (m *windowMeta) merge(o *windowMeta) {
	m.minTime, m.maxTime = min(m.minTime, o.minTime), max(m.maxTime, o.maxTime)
	m.received, m.bytes = max(m.received, o.received), m.bytes+o.bytes
	for t := range o.tenants {
		m.tenants[t] = struct{}{}
	}
}

// hashEvent fills in the leaf of one event. Two events with one seq would write the same leaf: the second is told by the lock.
func (r *recomputed) hashEvent(key, value, buf []byte, sums *windowMeta) ([]byte, error) {
	s, err := splitStored(value)
	if err != nil {
		return buf, fmt.Errorf("event %x: %w", key, err)
	}
	if s.seq < r.first || s.seq >= r.end {
		return buf, fmt.Errorf("event %x has seq %d, outside the window's groups", key, s.seq)
	}
	t, id, tenant, err := splitEventKey(key)
	if err != nil {
		return buf, err
	}
	buf = append(appendHead(buf[:0], id, t, tenant), s.body...)
	l := leaf{
		hash: leafHash(&r.groupOf(s.seq).secret, s.seq, s.received, contentDigest(buf)),
		id:   newIDKey(tenant, id), key: xxhash.Sum64(key[1:]), seen: true,
	}
	r.mu.Lock()
	taken := r.leaves[s.seq-r.first].seen
	r.leaves[s.seq-r.first] = l
	r.mu.Unlock()
	if taken {
		return buf, fmt.Errorf("two events have seq %d", s.seq)
	}
	sums.add(t.UnixNano(), s.received, len(s.body), tenant)
	return buf, nil
}

// readSeqs notes what event each seq key names.
func (r *recomputed) readSeqs(txn *badger.Txn) error {
	err := iterate(txn, familySeq, func(item *badger.Item) error {
		seq, err := keySeq(item.Key())
		if err != nil {
			return err
		}
		if seq < r.first || seq >= r.end {
			r.report("seq key %d lies outside the window's groups", seq)
			return nil
		}
		return item.Value(func(value []byte) error {
			r.seqKeys[seq-r.first] = xxhash.Sum64(value)
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("%w: read seq keys: %w", ErrDamaged, err)
	}
	return nil
}
