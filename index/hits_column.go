package index

import (
	"slices"

	"annals/engine"
)

// parallelHits is how many hits make a second goroutine worth its start.
const parallelHits = 1 << 16

func (h *hits) ByColumn(column string, after *engine.ColumnPos, desc bool, skip, limit int) ([]engine.ColumnPos, bool) {
	if !slices.Contains(engine.IndexedColumns, column) {
		return nil, false
	}
	if limit <= 0 || skip < 0 {
		return nil, true
	}
	w := columnWalk{desc: desc, parts: make([]*columnPart, len(h.parts))}
	each := func(fn func(i int)) {
		_ = eachOf(len(h.parts), h.total >= parallelHits, func(i int) error { fn(i); return nil }) // fn has no error
	}
	each(func(i int) { w.parts[i] = newColumnPart(&h.parts[i], column, after, desc) })
	wanted := w.wanted(skip, limit)
	each(func(i int) { w.parts[i].collect(wanted) })
	var at []engine.ColumnPos
	for _, g := range wanted {
		at = g.appendTo(at)
	}
	return at, true
}

// columnPart is a part with its hits counted by their first value. Values are numbered from 1 here; 0 is "no value".
type columnPart struct {
	*part
	column *column
	firsts []uint32 // by code; nil when the code is the number
	counts []uint64 // by value number: hits that come after the starting place
	start  uint32   // the starting place's value number, when this part has it
	bound  uint32   // of start's hits, only those below it come after the starting place
	next   int      // the value number to look at next; 0 or beyond the last at the end
	head   sortValue
}

func newColumnPart(p *part, name string, after *engine.ColumnPos, desc bool) *columnPart {
	c := &columnPart{part: p, column: p.s.columns[name], next: 1}
	if c.column.sets > 0 {
		c.firsts = c.column.firsts()
	}
	last := c.column.values
	if desc {
		c.next = last
	}
	from := uint32(0) // hits of this value number count only below bound
	restricted := after != nil
	if after != nil {
		c.bound = p.s.fromPos(after.Pos)
	}
	switch {
	case after == nil:
	case !after.Has:
		c.next = last + 1
		if desc {
			c.next = 0
		}
	default:
		from, restricted = c.startAt(newSortValue([]byte(after.Value)), desc)
	}
	c.start = from
	c.countValues(restricted)
	c.settle(desc)
	return c
}

// startAt moves next to the given value, or to what follows it, and returns its number if the part has it.
func (c *columnPart) startAt(v sortValue, desc bool) (number uint32, found bool) {
	low, high := 0, c.column.values
	for low < high {
		mid := int(uint(low+high) >> 1)
		if at := newSortValue(c.column.value(mid)); at.compare(&v) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	c.next = low + 1
	if low < c.column.values {
		at := newSortValue(c.column.value(low))
		found = at.compare(&v) == 0
	}
	if !found && desc {
		c.next = low
	}
	return uint32(low + 1), found
}

func (c *columnPart) number(doc uint32) uint32 {
	code := c.column.code(doc)
	if c.firsts != nil {
		return c.firsts[code]
	}
	return code
}

func (c *columnPart) countValues(restricted bool) {
	c.counts = make([]uint64, c.column.values+1)
	c.set.each(func(docs []uint32) {
		for _, d := range docs {
			c.counts[c.number(d)]++
		}
	})
	if !restricted {
		c.bound = uint32(c.s.docs)
		return
	}
	c.set.each(func(docs []uint32) {
		if docs[len(docs)-1] < c.bound {
			return
		}
		for _, d := range docs {
			if d >= c.bound && c.number(d) == c.start {
				c.counts[c.start]--
			}
		}
	})
}

// settle moves next to a value that has hits and loads it.
func (c *columnPart) settle(desc bool) {
	step := 1
	if desc {
		step = -1
	}
	for c.next > 0 && c.next <= c.column.values {
		if c.counts[c.next] > 0 {
			c.head = newSortValue(c.column.value(c.next - 1))
			return
		}
		c.next += step
	}
	c.next = 0
}
