package engine

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"annals/engine/merkle"

	"github.com/cespare/xxhash/v2"
	"github.com/dgraph-io/badger/v4"
)

// recomputed is what a window's stored bytes say about it.
type recomputed struct {
	end      uint64
	edge     merkle.Edge // the tree with end leaves
	tiles    []merkle.Hash
	tile     merkle.Edge
	meta     windowMeta
	leaves   []leafInput // by seq - first
	watch    uint64      // a tree size whose root is wanted
	watched  merkle.Hash // that root, zero if no group ends there
	problems []string
}

// leafInput is what an event adds to its leaf and to the window's sums.
type leafInput struct {
	digest   [32]byte
	received int64
	hash     uint64 // idHash
	key      uint64 // xxhash of the event key, to hold the seq key against
	seen     bool
}

// recompute reads every stored byte of the window at version end and hashes it: events, seq keys and group heads must agree with one
// another and with the roots in the group heads. Watch is a tree size whose root the caller wants. It is what recovery, repair and Verify run.
func (w *window) recompute(edge merkle.Edge, end, watch uint64, progress func(events uint64)) (*recomputed, error) {
	r := &recomputed{end: w.first, edge: edge, watch: watch, meta: windowMeta{minTime: math.MaxInt64, maxTime: math.MinInt64, tenants: map[string]struct{}{}}}
	err := w.read(end, func(txn *badger.Txn) error {
		if err := r.findEnd(txn, w.first); err != nil {
			return err
		}
		r.leaves = make([]leafInput, r.end-w.first)
		if err := r.readEvents(txn, w.first, progress); err != nil {
			return err
		}
		if err := r.readSeqs(txn, w.first); err != nil {
			return err
		}
		return r.readGroups(txn, w.first)
	})
	if err != nil {
		return nil, fmt.Errorf("recompute window %d: %w", w.first, err)
	}
	return r, nil
}

// install takes over the sums, IDs and tiles into a window that nobody else uses yet.
func (r *recomputed) install(w *window) {
	w.meta, w.tiles, w.tile = r.meta, r.tiles, r.tile
	ids := w.ids.(*openIDs)
	for i := range r.leaves {
		ids.add(r.leaves[i].hash, w.first+uint64(i))
	}
	r.leaves = nil
}

func (r *recomputed) problem(w *window) error {
	if len(r.problems) == 0 {
		return nil
	}
	return fmt.Errorf("%w: window %020d (seq %d to %d): %s (%d problems)", ErrDamaged, w.first, w.first, r.end, r.problems[0], len(r.problems))
}

// report notes a problem; after the first hundred only their number matters.
func (r *recomputed) report(format string, args ...any) {
	if len(r.problems) < 100 {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

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

// findEnd finds the end of the last group.
func (r *recomputed) findEnd(txn *badger.Txn, first uint64) error {
	return iterate(txn, familyGroup, func(item *badger.Item) error {
		last, err := keySeq(item.Key())
		if err != nil {
			return err
		}
		r.end = last + 1
		return nil
	})
}

// readEvents hashes every event; the hashing is spread over the processors.
func (r *recomputed) readEvents(txn *badger.Txn, first uint64, progress func(uint64)) error {
	type kv struct{ key, value []byte }
	batches := make(chan []kv, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			var buf []byte
			for batch := range batches {
				sums := windowMeta{minTime: math.MaxInt64, maxTime: math.MinInt64, tenants: map[string]struct{}{}}
				var problems []string
				for _, e := range batch {
					var err error
					if buf, err = r.hashEvent(e.key, e.value, first, buf, &sums); err != nil {
						problems = append(problems, err.Error())
					}
				}
				mu.Lock()
				r.meta.merge(&sums)
				for _, p := range problems {
					r.report("%s", p)
				}
				mu.Unlock()
			}
		})
	}
	var batch []kv
	err := iterate(txn, familyEvent, func(item *badger.Item) error {
		value, err := item.ValueCopy(nil)
		if err != nil {
			return fmt.Errorf("%w: read event %x: %w", ErrDamaged, item.Key(), err)
		}
		if batch = append(batch, kv{item.KeyCopy(nil), value}); len(batch) == 512 {
			batches <- batch
			batch = nil
			if progress != nil {
				progress(512)
			}
		}
		return nil
	})
	if len(batch) > 0 {
		batches <- batch
		if progress != nil {
			progress(uint64(len(batch)))
		}
	}
	close(batches)
	wg.Wait()
	return err
}

func (m *windowMeta) merge(o *windowMeta) {
	m.minTime, m.maxTime = min(m.minTime, o.minTime), max(m.maxTime, o.maxTime)
	m.received, m.bytes = max(m.received, o.received), m.bytes+o.bytes
	for t := range o.tenants {
		m.tenants[t] = struct{}{}
	}
}

// hashEvent fills in the leaf of one event. Every seq is written by one worker only.
func (r *recomputed) hashEvent(key, value []byte, first uint64, buf []byte, sums *windowMeta) ([]byte, error) {
	s, err := splitStored(value)
	if err != nil {
		return buf, fmt.Errorf("event %x: %w", key, err)
	}
	if s.seq < first || s.seq >= r.end {
		return buf, fmt.Errorf("event %x has seq %d, outside the window's groups", key, s.seq)
	}
	t, id, tenant, err := splitEventKey(key)
	if err != nil {
		return buf, err
	}
	leaf := &r.leaves[s.seq-first]
	if leaf.seen {
		return buf, fmt.Errorf("two events have seq %d", s.seq)
	}
	buf = append(appendHead(buf[:0], id, t, tenant), s.body...)
	*leaf = leafInput{digest: contentDigest(buf), received: s.received, hash: idHash(tenant, id), key: xxhash.Sum64(key[1:]), seen: true}
	sums.add(t.UnixNano(), s.received, len(s.body), tenant)
	return buf, nil
}

// readSeqs holds every seq key against the event that it points to.
func (r *recomputed) readSeqs(txn *badger.Txn, first uint64) error {
	next := first
	err := iterate(txn, familySeq, func(item *badger.Item) error {
		seq, err := keySeq(item.Key())
		if err != nil {
			return err
		}
		for ; next < seq && next < r.end; next++ {
			r.report("seq %d: no seq key", next)
		}
		next = seq + 1
		return item.Value(func(value []byte) error {
			if seq >= r.end || seq < first {
				r.report("seq key %d lies outside the window's groups", seq)
			} else if leaf := &r.leaves[seq-first]; !leaf.seen {
				r.report("seq %d: event is missing", seq)
			} else if leaf.key != xxhash.Sum64(value) {
				r.report("seq %d: seq key and event differ", seq)
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("%w: read seq keys: %w", ErrDamaged, err)
	}
	for ; next < r.end; next++ {
		r.report("seq %d: no seq key", next)
	}
	return nil
}

// readGroups builds the tree group by group and holds it against each group's root.
func (r *recomputed) readGroups(txn *badger.Txn, first uint64) error {
	next := first
	var w window // for its tiles
	err := iterate(txn, familyGroup, func(item *badger.Item) error {
		return item.Value(func(value []byte) error {
			g, err := splitGroup(value)
			if err != nil {
				return err
			}
			if g.first != next || g.end > r.end {
				r.report("group of seq %d to %d where %d was next", g.first, g.end, next)
				g.first = max(g.first, first)
				g.end = min(g.end, r.end)
			}
			for seq := g.first; seq < g.end; seq++ {
				leaf := &r.leaves[seq-first]
				if !leaf.seen {
					r.report("seq %d: event is missing", seq)
				}
				h := leafHash(&g.secret, seq, leaf.received, leaf.digest)
				r.edge.Append(h)
				w.addLeaf(h)
			}
			if r.edge.Root() != g.root {
				r.report("seq %d to %d: hashes do not give the root of their group", g.first, g.end)
			}
			if g.end == r.watch {
				r.watched = r.edge.Root()
			}
			next, r.meta.root = g.end, g.root
			return nil
		})
	})
	r.tiles, r.tile = w.tiles, w.tile
	if err != nil {
		return fmt.Errorf("%w: read group heads: %w", ErrDamaged, err)
	}
	return nil
}
