package index

import (
	"slices"
	"sort"

	"annals/engine"
)

// part is what a plan found in one segment.
type part struct {
	s     *segment
	set   docSet
	count uint64
}

// hits are the parts of an answer. Segments overlap in time when events came late, so every ordered read merges the parts.
type hits struct {
	parts []part
	total uint64
}

func total(parts []part) (n uint64) {
	for _, p := range parts {
		n += p.count
	}
	return n
}

func (h *hits) Total() uint64 { return h.total }

func (h *hits) ByTime(after *engine.Pos, desc bool, skip, limit int) []engine.Pos {
	if limit <= 0 || skip < 0 {
		return nil
	}
	bounds := h.bounds(after, desc)
	if skip > 0 && !h.skip(bounds, desc, uint64(skip)) {
		return nil
	}
	m := newTimeMerge(h.parts, bounds, desc)
	at := make([]engine.Pos, 0, min(uint64(limit), h.total))
	for len(at) < limit && m.more() {
		at = append(at, m.take())
	}
	return at
}

// bounds returns for each part where the hits strictly after the given place begin, or, newest first, end.
func (h *hits) bounds(after *engine.Pos, desc bool) []uint32 {
	bounds := make([]uint32, len(h.parts))
	for i := range h.parts {
		switch p := &h.parts[i]; {
		case after == nil && !desc:
			bounds[i] = 0
		case after == nil:
			bounds[i] = uint32(p.s.docs)
		case desc:
			bounds[i] = p.s.fromPos(*after)
		default:
			bounds[i] = p.s.fromPos(following(*after))
		}
	}
	return bounds
}

// following returns the next place there could be.
func following(p engine.Pos) engine.Pos { return engine.Pos{Time: p.Time, Seq: p.Seq + 1} }

// skip moves the bounds past n hits, and reports whether any are left.
func (h *hits) skip(bounds []uint32, desc bool, n uint64) bool {
	below := uint64(0)
	for i := range h.parts {
		below += h.parts[i].set.rank(bounds[i])
	}
	if desc && n >= below || !desc && n >= h.total-below {
		return false
	}
	var to engine.Pos
	if desc {
		to = following(h.at(below - 1 - n))
	} else {
		to = h.at(below + n)
	}
	for i := range h.parts {
		bounds[i] = h.parts[i].s.fromPos(to)
	}
	return true
}

// at returns the place of the hit that n hits come before, oldest first. It is found by halving the span of time, then
// that of seqs, and counting hits, so it takes the same time wherever it lies.
func (h *hits) at(n uint64) engine.Pos {
	low, high := h.parts[0].s.minTime, h.parts[0].s.maxTime
	top := h.parts[0].s.end
	for _, p := range h.parts[1:] {
		low, high, top = min(low, p.s.minTime), max(high, p.s.maxTime), max(top, p.s.end)
	}
	upTo := func(p engine.Pos) (count uint64) {
		for i := range h.parts {
			count += h.parts[i].set.rank(h.parts[i].s.fromPos(following(p)))
		}
		return count
	}
	for low < high {
		mid := low + (high-low)/2
		if upTo(engine.Pos{Time: mid, Seq: top}) > n {
			high = mid
		} else {
			low = mid + 1
		}
	}
	seq := sort.Search(int(top), func(seq int) bool { return upTo(engine.Pos{Time: low, Seq: uint64(seq)}) > n })
	return engine.Pos{Time: low, Seq: uint64(seq)}
}

// With implements engine.Hits.
func (h *hits) With(term string) (engine.Hits, error) {
	parts := make([]part, len(h.parts))
	err := eachOf(len(parts), len(parts) >= parallelFrom, func(i int) error {
		p := h.parts[i]
		f := finder{s: p.s}
		set, err := f.leaf(engine.PlanTerm{Term: term})
		set = p.set.and(set)
		parts[i] = part{s: p.s, set: set, count: set.count()}
		return err
	})
	if err != nil {
		return nil, err
	}
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.count == 0 })
	return &hits{parts: parts, total: total(parts)}, nil
}

func (h *hits) Counts(edges []int64) []uint64 {
	if len(edges) < 2 {
		return nil
	}
	counts := make([]uint64, len(edges)-1)
	for i := range h.parts {
		p := &h.parts[i]
		before := p.set.rank(p.s.fromTime(edges[0]))
		for k, edge := range edges[1:] {
			if before == p.count {
				break
			}
			upTo := p.set.rank(p.s.fromTime(edge))
			counts[k] += upTo - before
			before = upTo
		}
	}
	return counts
}

// timeMerge reads the hits of several parts in one order.
type timeMerge struct {
	parts []part
	desc  bool
	docs  []uint32     // the next hit of each part
	at    []engine.Pos // its place
	heap  heap
}

func newTimeMerge(parts []part, bounds []uint32, desc bool) *timeMerge {
	m := &timeMerge{parts: parts, desc: desc, docs: make([]uint32, len(parts)), at: make([]engine.Pos, len(parts))}
	for i := range parts {
		if m.load(i, bounds[i]) {
			m.heap = append(m.heap, i)
		}
	}
	m.heap.init(m.less)
	return m
}

// load finds part i's next hit from a bound on: the first not below it or, newest first, the last below it.
func (m *timeMerge) load(i int, bound uint32) bool {
	var ok bool
	if m.desc {
		m.docs[i], ok = m.parts[i].set.before(bound)
	} else {
		m.docs[i], ok = m.parts[i].set.next(bound)
	}
	if ok {
		m.at[i] = m.parts[i].s.pos(m.docs[i])
	}
	return ok
}

func (m *timeMerge) less(a, b int) bool {
	if m.desc {
		a, b = b, a
	}
	return m.at[a].Before(m.at[b])
}

func (m *timeMerge) more() bool { return len(m.heap) > 0 }

func (m *timeMerge) take() engine.Pos {
	i := m.heap[0]
	at, bound := m.at[i], m.docs[i]
	if !m.desc {
		bound++
	}
	if m.load(i, bound) {
		m.heap.down(0, m.less)
	} else {
		m.heap.pop(m.less)
	}
	return at
}
