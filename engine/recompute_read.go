package engine

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/dgraph-io/badger/v4"
)

// readGroups reads the group heads, which say how far the window goes and with what each leaf is salted.
func (r *recomputed) readGroups(w *window, end uint64) error {
	err := w.walk(end, familyGroup, func(item *badger.Item) error {
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
	}, nil)
	return readProblem("group heads", err)
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

// keyValue is one stored event.
type keyValue struct{ key, value []byte }

// readEvents hashes every event; the hashing is spread over the processors.
func (r *recomputed) readEvents(w *window, end uint64, progress func(uint64)) error {
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
	err := w.walk(end, familyEvent, func(item *badger.Item) error {
		value, err := item.ValueCopy(nil)
		if err != nil {
			return fmt.Errorf("%w: read event %x: %w", ErrDamaged, item.Key(), err)
		}
		batch = append(batch, keyValue{item.KeyCopy(nil), value})
		return nil
	}, func() {
		if progress != nil && len(batch) > 0 {
			progress(uint64(len(batch)))
		}
		batches <- batch
		batch = make([]keyValue, 0, shortRead)
	})
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

// readSeqs notes what event each seq's key names.
func (r *recomputed) readSeqs(w *window, end uint64) error {
	err := w.walk(end, familySeq, func(item *badger.Item) error {
		return item.Value(func(page []byte) error {
			return splitSeqPage(item.Key(), page, func(seq uint64, key []byte) error {
				if seq < r.first || seq >= r.end {
					r.report("the key of seq %d lies outside the window's groups", seq)
					return nil
				}
				r.seqKeys[seq-r.first] = xxhash.Sum64(key)
				return nil
			})
		})
	}, nil)
	return readProblem("seq pages", err)
}

// readProblem says that what could not be read is damaged, unless it is only gone.
func readProblem(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errDropped) || errors.Is(err, ErrClosed):
		return fmt.Errorf("read %s: %w", what, err)
	}
	return fmt.Errorf("%w: read %s: %w", ErrDamaged, what, err)
}
