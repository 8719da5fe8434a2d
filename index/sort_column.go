package index

import "sort"

// sortColumn is a column of a segment as it is sorted by. Values are numbered from 1 in their order; 0 is "no value".
type sortColumn struct {
	ords   *ordinals
	values int
	codes  uint32   // how many different codes there are
	firsts []uint32 // the number of a code's first value; nil when the code is the number
	value  func(i int) sortValue
	seek   func(v *sortValue) int // how many values are below v
}

func (s *segment) sortColumn(name string) sortColumn {
	if name == labelColumn {
		l := &s.labels
		return sortColumn{ords: &l.ords, values: l.values, codes: uint32(l.values) + 1, seek: l.seek,
			value: func(i int) sortValue { v := l.value(i); return sortValue{folded: string(v), value: v} }}
	}
	c := s.columns[name]
	sc := sortColumn{ords: &c.ords, values: c.values, codes: uint32(c.codes()), value: func(i int) sortValue { return newSortValue(c.value(i)) }}
	sc.seek = func(v *sortValue) int {
		return sort.Search(c.values, func(i int) bool {
			at := sc.value(i)
			return at.compare(v) >= 0
		})
	}
	if c.sets > 0 {
		sc.firsts = c.firsts()
	}
	return sc
}

// eachNumber calls fn with the documents of a set, a stretch at a time, and the numbers of their first values.
func (c *sortColumn) eachNumber(set docSet, fn func(docs, numbers []uint32)) {
	var buf [1024]uint32
	set.each(func(docs []uint32) {
		numbers := buf[:len(docs)]
		c.ords.of(docs, numbers)
		for i, code := range numbers {
			if code >= c.codes {
				numbers[i] = 0
			} else if c.firsts != nil {
				numbers[i] = c.firsts[code]
			}
		}
		fn(docs, numbers)
	})
}

// number returns the number of a document's first value.
func (c *sortColumn) number(doc uint32) uint32 {
	code := c.ords.at(doc)
	if code >= c.codes {
		return 0
	}
	if c.firsts != nil {
		return c.firsts[code]
	}
	return code
}
