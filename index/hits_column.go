package index

import (
	"slices"
	"unicode/utf8"

	"annals/engine"
)

// parallelHits is how many hits make a second goroutine worth its start.
const parallelHits = 1 << 16

func (h *hits) ByColumn(column string, after *engine.ColumnPos, desc bool, skip, limit int) ([]engine.ColumnPos, bool) {
	if column != labelColumn && !slices.Contains(engine.IndexedColumns, column) {
		return nil, false
	}
	if limit <= 0 || skip < 0 {
		return nil, true
	}
	w := columnWalk{desc: desc, parts: make([]*columnPart, len(h.parts)), each: func(fn func(i int)) {
		_ = eachOf(len(h.parts), h.total >= parallelHits, func(i int) error { fn(i); return nil }) // fn has no error
	}}
	w.each(func(i int) { w.parts[i] = newColumnPart(&h.parts[i], column, after, desc) })
	skip -= w.narrow(skip, limit)
	wanted := w.wanted(skip, limit)
	w.each(func(i int) { w.parts[i].collect(wanted) })
	var at []engine.ColumnPos
	for _, g := range wanted {
		at = g.appendTo(at)
	}
	return at, true
}

// termColumns are the columns whose values are all terms as FoldValue gives them: the documents with a first value are among those with its term.
var termColumns = []string{"user", "action", "operation", "result", "project", "module", "type", "agent", "channel", "tenant", "group", labelColumn}

// candidates returns documents among which are all that have the value; ok is false where nothing narrows them down.
func (c *columnPart) candidates(number uint32) (set docSet, ok bool) {
	if number == 0 || !slices.Contains(termColumns, c.name) {
		return docSet{}, false
	}
	v := c.sortColumn.value(int(number - 1))
	if len(v.value) > engine.MaxTermValue-utf8.UTFMax && c.name != labelColumn {
		return docSet{}, false // it may have been cut, and then folds to something else than all of it
	}
	f := finder{s: c.s}
	set, err := f.leaf(engine.PlanTerm{Term: engine.ExactTerm(c.name, v.folded)})
	return set, err == nil
}

// columnPart is a part with its hits counted by their first value.
type columnPart struct {
	*part
	sortColumn
	name string
	desc bool

	// The hits that come after the starting place have the values [from, to) or none; but of the value start, or of none when start is 0,
	// only those below bound.
	from, to uint32
	start    uint32
	bound    uint32

	low, high uint32   // the values that are looked at, part of [from, to)
	shift     uint     // so many values are counted together: 1 << shift
	counts    []uint64 // of the hits with these values
	passed    uint64   // the hits with values that come before those in the order
	none      uint64   // the hits without a value

	next uint32 // the value to look at next; 0 at the end
	head sortValue
}

func newColumnPart(p *part, name string, after *engine.ColumnPos, desc bool) *columnPart {
	c := &columnPart{part: p, sortColumn: p.s.sortColumn(name), name: name, desc: desc, from: 1, bound: uint32(p.s.docs)}
	c.to = uint32(c.values) + 1
	switch {
	case after == nil:
	case !after.Has:
		c.from, c.bound = c.to, p.s.fromPos(after.Pos)
	default:
		c.startAt(newSortValue([]byte(after.Value)), p.s.fromPos(after.Pos))
	}
	c.low, c.high = c.from, c.to
	return c
}

// startAt leaves the values from v on, or up to it; of v itself only what is below bound.
func (c *columnPart) startAt(v sortValue, bound uint32) {
	below := c.seek(&v)
	at, found := uint32(below)+1, false
	if below < c.values {
		head := c.sortColumn.value(below)
		found = head.compare(&v) == 0
	}
	if found {
		c.start, c.bound = at, bound
	}
	switch {
	case !c.desc:
		c.from = at
	case found:
		c.to = at + 1
	default:
		c.to = at
	}
}

// restricted reports whether some hits of the value start do not count.
func (c *columnPart) restricted() bool { return c.bound < uint32(c.s.docs) }

// count counts the hits, 1 << shift values together.
func (c *columnPart) count(shift uint) {
	span := c.high - c.low
	c.shift, c.passed, c.none = shift, 0, 0
	c.counts = make([]uint64, (uint64(span)+1<<shift-1)>>shift)
	if !c.countByAll() {
		c.tally(c.set, 1)
	}
	if c.restricted() {
		rest := c.set
		rest.low = max(rest.low, c.bound)
		c.discount(rest)
	}
}

// tally adds n for each document of a set.
func (c *columnPart) tally(set docSet, n uint64) {
	span := c.high - c.low
	before, until := c.from, c.low // the values that come before those in the order
	if c.desc {
		before, until = c.high, c.to
	}
	c.eachNumber(set, func(_, numbers []uint32) {
		for _, v := range numbers {
			switch {
			case v-c.low < span:
				c.counts[(v-c.low)>>c.shift] += n
			case v == 0:
				c.none += n
			case v-before < until-before:
				c.passed += n
			}
		}
	})
}

// discount takes back what was counted of a set with the value start.
func (c *columnPart) discount(set docSet) {
	if set.empty() {
		return
	}
	if from, ok := c.candidates(c.start); ok {
		set = set.and(from)
	}
	c.eachNumber(set, func(docs, numbers []uint32) {
		for i, v := range numbers {
			if v == c.start {
				c.tally(docSet{low: docs[i], high: docs[i] + 1}, ^uint64(0)) // less one
			}
		}
	})
}

// countByAll counts by what is known of all documents, when nearly all are hits and all values are looked at.
func (c *columnPart) countByAll() bool {
	missing, few := c.missing()
	if !few || c.low != 1 || c.high != uint32(c.values)+1 || c.firsts != nil && c.shift > 0 {
		return false
	}
	all := c.s.all.of(c.s, c.name, c.ords, c.codes, c.shift)
	if all == nil {
		return false
	}
	c.none = uint64(all[0])
	for code, n := range all[1:] {
		switch {
		case c.firsts == nil:
			c.counts[code] = uint64(n)
		case c.firsts[code+1] > 0:
			c.counts[c.firsts[code+1]-1] += uint64(n)
		default:
			c.none += uint64(n)
		}
	}
	c.tally(missing, ^uint64(0)) // less one
	return true
}

// rewind moves next to the first value in the order that has hits.
func (c *columnPart) rewind() {
	if c.next = c.low; c.desc {
		c.next = c.high - 1
	}
	c.settle()
}

// settle moves next, unless it is at one, to a value that has hits, and loads it.
func (c *columnPart) settle() {
	for c.next-c.low < c.high-c.low {
		if c.counts[c.next-c.low] > 0 {
			c.head = c.sortColumn.value(int(c.next - 1))
			return
		}
		if c.desc {
			c.next--
		} else {
			c.next++
		}
	}
	c.next = 0
}
