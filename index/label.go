package index

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"sort"

	"annals/engine"
)

// labelColumn can be sorted by, but not counted: nearly every event has a value of its own there.
const labelColumn = "resource"

// labelPrefix is what the terms of resources begin with.
var labelPrefix = []byte(engine.ExactTerm(labelColumn, ""))

// labels are the column of what the documents' first resources are called. A column's list of values would hold nearly all of them a second time, so
// a document has the number of the term instead, among the dictionary's terms of resources, from 1; 0 where there is none. Drawn in FORMAT.md.
type labels struct {
	dict   *dict
	base   int // the place of the first of these terms in the dictionary
	values int // how many there are
	ords   ordinals
}

const labelHead = 2 * 8

// appendLabels appends the section to dst.
func appendLabels(dst []byte, base, values uint64, codes []uint32) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, base)
	dst = binary.LittleEndian.AppendUint64(dst, values)
	w := bitWriter{data: dst}
	width := bits.Len64(values)
	for _, v := range codes {
		w.add(uint64(v), width)
	}
	return append(w.close(), make([]byte, packedPad)...)
}

func openLabels(b []byte, docs int, d *dict) (labels, error) {
	if len(b) < labelHead {
		return labels{}, errFormat
	}
	base, values := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	terms := uint64(d.offsets.n) * termsPerBlock
	if base > terms || values > terms-base {
		return labels{}, errFormat
	}
	ords, err := openOrdinals(b[labelHead:], docs, uint(bits.Len64(values)))
	return labels{dict: d, base: int(base), values: int(values), ords: ords}, err
}

// value returns the i-th value in their order; none when the segment is malformed.
func (l *labels) value(i int) []byte {
	c := dictCursor{d: l.dict}
	if c.openPlace(l.base+i) != nil {
		return nil
	}
	value, _ := bytes.CutPrefix(c.term, labelPrefix)
	return value
}

// seek returns the number of values that are below v.
func (l *labels) seek(v *sortValue) int {
	if l.values == 0 {
		return 0
	}
	target := append(append([]byte(nil), labelPrefix...), v.folded...)
	c := dictCursor{d: l.dict}
	at := func(i int) bool { return c.openPlace(l.base+i) == nil && bytes.Compare(c.term, target) < 0 }
	// Only the first term of a block can be had without those before it.
	first := (l.base + termsPerBlock - 1) / termsPerBlock
	blocks := sort.Search(max(0, (l.base+l.values-1)/termsPerBlock-first+1), func(k int) bool { return !at((first+k)*termsPerBlock - l.base) })
	low, high := 0, min(l.values, (first+blocks)*termsPerBlock-l.base)
	if blocks > 0 {
		low = (first+blocks-1)*termsPerBlock - l.base
	}
	if low >= high || !at(low) {
		return low
	}
	for low++; low < high && c.next() == nil && !c.done && bytes.Compare(c.term, target) < 0; low++ {
	}
	return low
}
