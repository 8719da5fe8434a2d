package engine

import (
	"fmt"
	"math"
	"sync"

	"annals/engine/merkle"
)

// recomputed is what a window's stored bytes say about it.
type recomputed struct {
	first, end uint64
	groups     []groupHead
	leaves     []leaf      // by seq - first
	seqKeys    []uint64    // by seq - first: xxhash of the event key that its page names, 0 if there is none
	edge       merkle.Edge // the tree with end leaves
	tiles      []merkle.Hash
	tile       merkle.Edge
	meta       windowMeta
	watch      uint64      // a tree size whose root is wanted
	watched    merkle.Hash // that root, zero if no group ends there

	mu       sync.Mutex // guards meta and problems while several goroutines read
	problems []string
}

// leaf is what was read of one event.
type leaf struct {
	hash merkle.Hash
	id   idKey
	key  uint64 // xxhash of the event key
	seen bool
}

// recompute reads every stored byte of the window at version end and hashes it: events, seq pages and group heads must agree with one
// another and with the roots in the group heads. Watch is a tree size whose root the caller wants. It is what recovery, repair and Verify run.
func (w *window) recompute(edge merkle.Edge, end, watch uint64, progress func(events uint64)) (*recomputed, error) {
	r := &recomputed{first: w.first, end: w.first, edge: edge, watch: watch, meta: newMeta()}
	err := r.readAll(w, end, progress)
	if err != nil {
		return nil, fmt.Errorf("recompute window %d: %w", w.first, err)
	}
	r.compareKeys()
	r.growTree()
	return r, nil
}

func (r *recomputed) readAll(w *window, end uint64, progress func(events uint64)) error {
	if err := r.readGroups(w, end); err != nil {
		return err
	}
	r.leaves, r.seqKeys = make([]leaf, r.end-r.first), make([]uint64, r.end-r.first)
	seqs := make(chan error, 1)
	go func() { seqs <- r.readSeqs(w, end) }()
	err := r.readEvents(w, end, progress)
	if seqErr := <-seqs; err == nil {
		err = seqErr
	}
	return err
}

func newMeta() windowMeta {
	return windowMeta{minTime: math.MaxInt64, maxTime: math.MinInt64, tenants: map[string]struct{}{}}
}

// compareKeys holds the key that the pages have of every seq against the event of that seq.
func (r *recomputed) compareKeys() {
	run, since := "", 0 // a problem that several seqs in a row have is told once
	for i := 0; i <= len(r.leaves); i++ {
		what := ""
		switch {
		case i == len(r.leaves):
		case !r.leaves[i].seen:
			what = "event is missing"
		case r.seqKeys[i] == 0:
			what = "the event's key is missing"
		case r.leaves[i].key != r.seqKeys[i]:
			what = "the seq's key and the event's differ"
		}
		if what == run {
			continue
		}
		if run != "" {
			r.report("seq %d to %d: %s", r.first+uint64(since), r.first+uint64(i), run)
		}
		run, since = what, i
	}
}

// growTree builds the tree group by group and holds it against each group's root.
func (r *recomputed) growTree() {
	var w window // for its tiles
	for i := range r.groups {
		g := &r.groups[i]
		for seq := g.first; seq < g.end; seq++ {
			h := r.leaves[seq-r.first].hash
			r.edge.Append(h)
			w.addLeaf(h)
		}
		if r.edge.Root() != g.root {
			r.report("seq %d to %d: hashes do not give the root of their group", g.first, g.end)
		}
		if g.end == r.watch {
			r.watched = r.edge.Root()
		}
		r.meta.root = g.root
	}
	r.tiles, r.tile = w.tiles, w.tile
}

// install takes over the sums, IDs and tiles into a window that nobody else uses yet.
func (r *recomputed) install(w *window) {
	w.meta, w.tiles, w.tile = r.meta, r.tiles, r.tile
	ids := w.ids.(*openIDs)
	for i := range r.leaves {
		ids.add(r.leaves[i].id)
	}
	r.leaves, r.seqKeys, r.groups = nil, nil, nil
}

func (r *recomputed) problem(w *window) error {
	if len(r.problems) == 0 {
		return nil
	}
	return fmt.Errorf("%w: window %020d (seq %d to %d): %s (%d problems)", ErrDamaged, w.first, w.first, r.end, r.problems[0], len(r.problems))
}

// report notes a problem; after the first hundred only their number matters.
func (r *recomputed) report(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.problems) < 100 {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}
