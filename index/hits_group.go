package index

import "annals/engine"

// group is the hits of one value that a page takes some of: of all, newest first, need after skipping skip.
type group struct {
	value      string
	has        bool
	skip, need int
	parts      []groupPart
}

type groupPart struct {
	c      *columnPart
	number uint32
	count  uint64
	need   uint64   // how many of them the group can need
	docs   []uint32 // the newest ones, newest first
}

// columnWalk goes through the values of all parts in order.
type columnWalk struct {
	parts []*columnPart
	desc  bool
	each  func(fn func(i int)) // calls fn for all parts, maybe at once
}

// wanted returns the groups that the page takes hits from.
func (w *columnWalk) wanted(skip, limit int) []*group {
	var wanted []*group
	for limit > 0 {
		g, total := w.group()
		if g == nil {
			break
		}
		if uint64(skip) >= total {
			skip -= int(total)
			continue
		}
		g.skip, g.need = skip, int(min(uint64(limit), total-uint64(skip)))
		skip, limit = 0, limit-g.need
		wanted = append(wanted, g)
		if !g.has {
			break
		}
	}
	return wanted
}

// group returns the next value's group and how many hits it has; the last one is that without a value.
func (w *columnWalk) group() (*group, uint64) {
	var best *columnPart
	for _, c := range w.parts {
		if c.next == 0 {
			continue
		}
		if best == nil {
			best = c
		} else if order := c.head.compare(&best.head); order < 0 && !w.desc || order > 0 && w.desc {
			best = c
		}
	}
	g := &group{has: best != nil}
	total := uint64(0)
	if best == nil {
		for _, c := range w.parts {
			if c.none > 0 {
				g.parts = append(g.parts, groupPart{c: c, count: c.none})
				total += c.none
				c.none = 0 // given away
			}
		}
		if total == 0 {
			return nil, 0
		}
		return g, total
	}
	value := best.head
	g.value = string(value.value)
	for _, c := range w.parts {
		if c.next == 0 || c.head.compare(&value) != 0 {
			continue
		}
		count := &c.counts[c.next-c.low]
		g.parts = append(g.parts, groupPart{c: c, number: c.next, count: *count})
		total += *count
		*count = 0
		c.settle()
	}
	return g, total
}

// collect reads the part's newest hits of each wanted group, as many as the group can need of one part: by the value's term, or all that have
// none in one pass.
func (c *columnPart) collect(wanted []*group) {
	var others []*groupPart
	for _, g := range wanted {
		for i := range g.parts {
			p := &g.parts[i]
			if p.c != c {
				continue
			}
			p.need = min(p.count, uint64(g.skip+g.need))
			if from, ok := c.candidates(p.number); ok {
				c.read(c.set.and(from), p)
			} else {
				others = append(others, p)
			}
		}
	}
	c.read(c.set, others...)
}

// read gives the group parts the newest hits of a set that each needs.
func (c *columnPart) read(set docSet, parts ...*groupPart) {
	if len(parts) == 0 {
		return
	}
	first, last := parts[0].number, parts[0].number
	for _, p := range parts {
		first, last = min(first, p.number), max(last, p.number)
	}
	slots := make([]*groupPart, last-first+1) // by value
	left := uint64(0)
	for _, p := range parts {
		slots[p.number-first] = p
		left += p.need
	}
	set.eachBack(func(d uint32) bool {
		number := c.number(d)
		if int(number-first) >= len(slots) || slots[number-first] == nil || number == c.start && d >= c.bound {
			return true
		}
		if p := slots[number-first]; uint64(len(p.docs)) < p.need {
			p.docs = append(p.docs, d)
			left--
		}
		return left > 0
	})
}

// appendTo merges the parts, newest first, and appends what the page takes.
func (g *group) appendTo(at []engine.ColumnPos) []engine.ColumnPos {
	var h heap
	places := make([]engine.Pos, len(g.parts))
	load := func(i int) bool {
		p := &g.parts[i]
		if len(p.docs) == 0 {
			return false
		}
		places[i] = p.c.s.pos(p.docs[0])
		p.docs = p.docs[1:]
		return true
	}
	less := func(a, b int) bool { return places[b].Before(places[a]) }
	for i := range g.parts {
		if load(i) {
			h = append(h, i)
		}
	}
	h.init(less)
	for n := 0; n < g.skip+g.need && len(h) > 0; n++ {
		if n >= g.skip {
			at = append(at, engine.ColumnPos{Value: g.value, Has: g.has, Pos: places[h[0]]})
		}
		if load(h[0]) {
			h.down(0, less)
		} else {
			h.pop(less)
		}
	}
	return at
}
