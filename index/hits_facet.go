package index

import (
	"bytes"
	"context"
	"slices"

	"annals/engine"
)

// Facet implements engine.Hits. Hits are counted by value number in each segment; then the segments' lists of values, which are sorted, are
// walked side by side, so that the counts of a value meet and nothing needs to be kept of one that was told.
func (h *hits) Facet(ctx context.Context, column string, fn func(value []byte, n uint64)) (bool, error) {
	return h.facet(ctx, column, engine.MaxFacetCounts, fn)
}

func (h *hits) facet(ctx context.Context, column string, most uint64, fn func(value []byte, n uint64)) (bool, error) {
	if !slices.Contains(engine.IndexedColumns, column) {
		return false, nil
	}
	if n := facetSize(h.parts, column); n > most {
		return true, engine.TooManyValues(column, n, most)
	}
	parts := make([]*facetPart, len(h.parts))
	err := eachOf(len(parts), h.total >= parallelHits, func(i int) error {
		parts[i] = newFacetPart(&h.parts[i], column)
		return ctx.Err()
	})
	if err != nil {
		return true, err
	}
	parts = slices.DeleteFunc(parts, func(f *facetPart) bool { return !f.next() })
	return true, mergeFacet(ctx, parts, fn)
}

// mergeFacet calls fn for every value of the parts with the sum of its counts.
func mergeFacet(ctx context.Context, parts []*facetPart, fn func(value []byte, n uint64)) error {
	h := make(heap, len(parts))
	for i, p := range parts {
		h[i] = i
		p.fold()
	}
	less := func(a, b int) bool { return parts[a].head.compare(&parts[b].head) < 0 }
	h.init(less)
	for told := 1; len(h) > 0; told++ {
		if told%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		value, n := parts[h[0]].head.value, uint64(0)
		for len(h) > 0 && bytes.Equal(parts[h[0]].head.value, value) {
			p := parts[h[0]]
			n += uint64(p.n)
			if !p.next() {
				h.pop(less)
				continue
			}
			p.fold()
			h.down(0, less)
		}
		fn(value, n)
	}
	return nil
}

// facetPart is one segment's counts, and walks them in the order of the values.
type facetPart struct {
	column *column
	counts []uint32 // by value number; nil when there is a list
	list   []uint32 // the value number of every hit, ascending
	at     int      // where the walk is, in counts or list
	value  int      // that it is at
	n      uint32   // its count
	head   sortValue
}

// listed reports that a part's hits are so much fewer than the column's values that a list of theirs is smaller than an array of all.
func (p *part) listed(c *column) bool { return c.sets == 0 && p.count < uint64(c.values)/8 }

// facetSize returns how many counts the parts need at once.
func facetSize(parts []part, column string) (n uint64) {
	for i := range parts {
		c := parts[i].s.columns[column]
		if parts[i].listed(c) {
			n += parts[i].count
		} else {
			n += uint64(max(c.values, c.codes()))
		}
	}
	return n
}

func newFacetPart(p *part, name string) *facetPart {
	c := p.s.columns[name]
	f := &facetPart{column: c}
	if p.listed(c) {
		p.set.each(func(docs []uint32) {
			for _, d := range docs {
				if code := c.code(d); code > 0 {
					f.list = append(f.list, code-1)
				}
			}
		})
		slices.Sort(f.list)
		return f
	}
	codes := c.countCodes(p, name)
	if c.sets == 0 {
		f.counts = codes[1:]
		return f
	}
	f.counts = make([]uint32, c.values)
	for code, n := range codes {
		if n > 0 {
			c.eachValue(uint32(code), func(v int) {
				if v < len(f.counts) {
					f.counts[v] += n
				}
			})
		}
	}
	return f
}

// countCodes counts a part's hits by their code.
func (c *column) countCodes(p *part, name string) []uint32 {
	if missing, few := p.missing(); few {
		if all := p.s.all.of(p.s, name, &c.ords, uint32(c.codes()), 0); all != nil {
			codes := slices.Clone(all)
			missing.each(func(docs []uint32) {
				for _, d := range docs {
					codes[c.code(d)]--
				}
			})
			return codes
		}
	}
	codes := make([]uint32, c.codes())
	var buf [1024]uint32
	p.set.each(func(docs []uint32) {
		c.ords.of(docs, buf[:])
		for _, code := range buf[:len(docs)] {
			if code >= uint32(len(codes)) {
				code = 0
			}
			codes[code]++
		}
	})
	return codes
}

// next moves to the next value that hits have, and reports whether there is one.
func (f *facetPart) next() bool {
	if f.counts == nil {
		if f.at == len(f.list) {
			return false
		}
		f.value, f.n = int(f.list[f.at]), 0
		for ; f.at < len(f.list) && int(f.list[f.at]) == f.value; f.at++ {
			f.n++
		}
		return true
	}
	for ; f.at < len(f.counts); f.at++ {
		if f.counts[f.at] > 0 {
			f.value, f.n = f.at, f.counts[f.at]
			f.at++
			return true
		}
	}
	return false
}

func (f *facetPart) fold() { f.head = newSortValue(f.column.value(f.value)) }
