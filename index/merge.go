package index

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"annals/engine"
)

// merge writes one segment of the events of several, which are adjacent in seq order and given in it. Documents are interleaved so that
// the new segment is in (time, seq) order as well. Stop, unless nil, is asked now and then, and ends it with errStopped.
func merge(w io.Writer, from []*segment, stop func() bool) error {
	unit := from[0].unit
	for _, s := range from[1:] {
		unit = min(unit, s.unit)
	}
	out, err := newSegmentWriter(w, from[0].first, from[len(from)-1].end, unit)
	if err != nil {
		return err
	}
	moved := mergePlaces(out, from)
	if err := out.columns(mergeColumns(from, moved, int(out.head.docs))); err != nil {
		return err
	}
	numbers, err := mergeTerms(out, from, moved, stop)
	if err != nil {
		return err
	}
	return out.finish(mergeLabels(from, moved, numbers, int(out.head.docs)))
}

// placeCursor walks the places of a segment in order.
type placeCursor struct {
	s           *segment
	doc         int
	times, seqs [packedBlock]uint64
	pos         engine.Pos
}

// next loads the place of document doc, and reports whether there is one.
func (c *placeCursor) next() bool {
	if c.doc >= c.s.times.n {
		return false
	}
	i := c.doc % packedBlock
	if i == 0 {
		c.s.times.block(c.doc/packedBlock, &c.times)
		c.s.seqs.block(c.doc/packedBlock, &c.seqs)
	}
	c.pos = engine.Pos{Time: int64(c.times[i] * c.s.unit), Seq: c.s.first + c.seqs[i]}
	return true
}

// mergePlaces writes the places of all documents in order and returns, for each segment, the new number of each document.
func mergePlaces(out *segmentWriter, from []*segment) [][]uint32 {
	moved := make([][]uint32, len(from))
	cursors := make([]*placeCursor, len(from))
	h := make(heap, 0, len(from))
	for i, s := range from {
		moved[i] = make([]uint32, s.docs)
		cursors[i] = &placeCursor{s: s}
		if cursors[i].next() {
			h = append(h, i)
		}
	}
	less := func(a, b int) bool { return cursors[a].pos.Before(cursors[b].pos) }
	h.init(less)
	for n := uint32(0); len(h) > 0; n++ {
		c := cursors[h[0]]
		out.place(c.pos)
		moved[h[0]][c.doc] = n
		c.doc++
		if c.next() {
			h.down(0, less)
		} else {
			h.pop(less)
		}
	}
	return moved
}

// mergeTerms walks the dictionaries side by side. It returns, for each segment, the new number of each term of a resource.
func mergeTerms(out *segmentWriter, from []*segment, moved [][]uint32, stop func() bool) (numbers [][]uint32, err error) {
	numbers = make([][]uint32, len(from))
	cursors := make([]*dictCursor, len(from))
	h := make(heap, 0, len(from))
	for i, s := range from {
		cursors[i] = &dictCursor{d: &s.dict}
		if err := cursors[i].next(); err != nil {
			return nil, err
		}
		numbers[i] = make([]uint32, 0, s.labels.values)
		if !cursors[i].done {
			h = append(h, i)
		}
	}
	less := func(a, b int) bool { return bytes.Compare(cursors[a].term, cursors[b].term) < 0 }
	h.init(less)
	var term []byte
	var docs []uint32
	for n := 1; len(h) > 0; n++ {
		if n%4096 == 0 && stop != nil && stop() {
			return nil, errStopped
		}
		term = append(term[:0], cursors[h[0]].term...)
		docs = docs[:0]
		label := bytes.HasPrefix(term, labelPrefix)
		for len(h) > 0 && bytes.Equal(cursors[h[0]].term, term) {
			c, move := cursors[h[0]], moved[h[0]]
			if label {
				numbers[h[0]] = append(numbers[h[0]], uint32(out.labels)+1)
			}
			had := len(docs)
			if docs, err = c.posting.appendDocs(docs); err != nil {
				return nil, err
			}
			if err := renumber(docs[had:], move); err != nil {
				return nil, err
			}
			if err := c.next(); err != nil {
				return nil, err
			}
			if c.done {
				h.pop(less)
			} else {
				h.down(0, less)
			}
		}
		out.encoder.sort(docs)
		if err := out.term(term, docs); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// mergeLabels returns the new documents' labels.
func mergeLabels(from []*segment, moved, numbers [][]uint32, docs int) []uint32 {
	merged := make([]uint32, docs)
	for k, s := range from {
		for doc, to := range moved[k] {
			if code := s.labels.ords.at(uint32(doc)); code > 0 && int(code) <= len(numbers[k]) {
				merged[to] = numbers[k][code-1]
			}
		}
	}
	return merged
}

func renumber(docs, moved []uint32) error {
	for i, d := range docs {
		if int(d) >= len(moved) {
			return errFormat
		}
		docs[i] = moved[d]
	}
	return nil
}

// mergeColumns returns the section of all columns.
func mergeColumns(from []*segment, moved [][]uint32, docs int) []byte {
	return appendColumns(nil, engine.IndexedColumns, func(i int) columnData {
		columns := make([]*column, len(from))
		for k, s := range from {
			columns[k] = s.columns[engine.IndexedColumns[i]]
		}
		return mergeColumn(columns, moved, docs)
	})
}

func mergeColumn(from []*column, moved [][]uint32, docs int) columnData {
	values, ranks := mergeValues(from)
	c := columnData{values: values, codes: make([]uint32, docs)}
	several := slices.ContainsFunc(from, func(c *column) bool { return c.sets > 0 })
	var sets table
	var key []byte
	for k, col := range from {
		codes := make([]uint32, col.codes()) // old code → new code
		for code := 1; code < len(codes); code++ {
			key = key[:0]
			col.eachValue(uint32(code), func(v int) {
				if v < len(ranks[k]) {
					key = binary.LittleEndian.AppendUint32(key, ranks[k][v])
				}
			})
			switch {
			case len(key) == 0:
			case several:
				id, fresh := sets.id(key)
				if fresh {
					c.sets = append(c.sets, members(key))
				}
				codes[code] = id + 1
			default:
				codes[code] = binary.LittleEndian.Uint32(key) + 1
			}
		}
		for doc, to := range moved[k] {
			c.codes[to] = codes[col.code(uint32(doc))]
		}
	}
	return c
}

func members(key []byte) []uint32 {
	var set []uint32
	for ; len(key) > 0; key = key[4:] {
		set = append(set, binary.LittleEndian.Uint32(key))
	}
	return set
}

// mergeValues returns the distinct values of all columns in order and, for each column, the new place of each of its values.
func mergeValues(from []*column) (values [][]byte, ranks [][]uint32) {
	ranks = make([][]uint32, len(from))
	heads := make([]sortValue, len(from))
	h := make(heap, 0, len(from))
	for k, c := range from {
		ranks[k] = make([]uint32, 0, c.values)
		if c.values > 0 {
			heads[k] = newSortValue(c.value(0))
			h = append(h, k)
		}
	}
	less := func(a, b int) bool { return heads[a].compare(&heads[b]) < 0 }
	h.init(less)
	for len(h) > 0 {
		k := h[0]
		if len(values) == 0 || !bytes.Equal(values[len(values)-1], heads[k].value) {
			values = append(values, heads[k].value)
		}
		ranks[k] = append(ranks[k], uint32(len(values)-1))
		if n := len(ranks[k]); n < from[k].values {
			heads[k] = newSortValue(from[k].value(n))
			h.down(0, less)
		} else {
			h.pop(less)
		}
	}
	return values, ranks
}
