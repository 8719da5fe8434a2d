package index

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"annals/engine"
)

// A column keeps, for each document, the number of its value in the sorted list of the column's distinct values, or, when some document
// has several, the number of its list of values. Drawn in FORMAT.md.
type column struct {
	values  int
	offsets packed // of the values in text; one more than there are values
	text    []byte
	sets    int    // 0 when no document has several values
	setAt   packed // where a set's members begin; one more than there are sets
	members packed // value numbers, in the order in which the events have them
	ords    ordinals
}

// value returns the i-th value in (folded value, value) order.
func (c *column) value(i int) []byte {
	if i < 0 || i >= c.values {
		return nil
	}
	from, to := c.offsets.at(i), c.offsets.at(i+1)
	if from > to || to > uint64(len(c.text)) {
		return nil
	}
	return c.text[from:to]
}

// codes returns how many different codes a document can have; 0 stands for no value.
func (c *column) codes() int {
	if c.sets > 0 {
		return c.sets + 1
	}
	return c.values + 1
}

// code returns the document's code, which is below codes.
func (c *column) code(doc uint32) uint32 {
	if v := c.ords.at(doc); v < uint32(c.codes()) {
		return v
	}
	return 0
}

// eachValue calls fn with the numbers of the values that a code stands for.
func (c *column) eachValue(code uint32, fn func(value int)) {
	if code == 0 {
		return
	}
	if c.sets == 0 {
		fn(int(code - 1))
		return
	}
	from, to := c.setAt.at(int(code-1)), min(c.setAt.at(int(code)), uint64(c.members.n))
	for ; from < to; from++ {
		fn(int(c.members.at(int(from))))
	}
}

// firsts returns, by code, the number of the first value plus one; 0 where there is none.
func (c *column) firsts() []uint32 {
	first := make([]uint32, c.codes())
	for code := range first {
		c.eachValue(uint32(code), func(v int) {
			if first[code] == 0 && v < c.values {
				first[code] = uint32(v) + 1
			}
		})
	}
	return first
}

// columnData is a column being made.
type columnData struct {
	values [][]byte   // in (folded value, value) order
	sets   [][]uint32 // value numbers; nil when no document has several
	codes  []uint32   // by document
}

const columnHead = 7 * 8

// appendColumn appends a column's bytes to dst.
func appendColumn(dst []byte, c columnData) []byte {
	var offsets, setAt, members packedWriter
	var text []byte
	offsets.add(0)
	for _, v := range c.values {
		text = append(text, v...)
		offsets.add(uint64(len(text)))
	}
	count := len(c.values)
	if c.sets != nil {
		count = len(c.sets)
		setAt.add(0)
		for _, set := range c.sets {
			for _, v := range set {
				members.add(uint64(v))
			}
			setAt.add(uint64(members.total))
		}
	}
	width := bits.Len(uint(count))
	offsetBytes, setBytes, memberBytes := offsets.appendTo(nil), setAt.appendTo(nil), members.appendTo(nil)
	for _, n := range []int{len(c.values), len(c.sets), members.total, width, len(offsetBytes), len(text), len(setBytes)} {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(n))
	}
	for _, b := range [][]byte{offsetBytes, text, setBytes, memberBytes} {
		dst = append(dst, b...)
	}
	w := bitWriter{data: dst}
	for _, v := range c.codes {
		w.add(uint64(v), width)
	}
	return append(w.close(), make([]byte, packedPad)...)
}

func openColumn(b []byte, docs int) (*column, error) {
	if len(b) < columnHead {
		return nil, errFormat
	}
	var head [7]int
	for i := range head {
		v := binary.LittleEndian.Uint64(b[i*8:])
		if v > uint64(len(b))+maxDocs {
			return nil, errFormat
		}
		head[i] = int(v)
	}
	c := &column{values: head[0], sets: head[1]}
	members, width := head[2], head[3]
	if c.values > maxDocs || c.sets > maxDocs {
		return nil, errFormat
	}
	b = b[columnHead:]
	var parts [3][]byte
	for i, n := range head[4:] {
		if n > len(b) {
			return nil, errFormat
		}
		parts[i], b = b[:n:n], b[n:]
	}
	c.text = parts[1]
	var err error
	if c.offsets, err = openPacked(parts[0], c.values+1); err != nil {
		return nil, err
	}
	if c.sets > 0 {
		if c.setAt, err = openPacked(parts[2], c.sets+1); err != nil {
			return nil, err
		}
	}
	if c.members, err = openPacked(b, members); err != nil {
		return nil, err
	}
	size := c.members.size()
	if c.ords, err = openOrdinals(b[size:], docs, uint(width)); err != nil {
		return nil, err
	}
	return c, nil
}

// appendColumns appends the section of all columns to dst: each one's name, length and bytes.
func appendColumns(dst []byte, names []string, make func(i int) columnData) []byte {
	for i, name := range names {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(len(name)))
		dst = append(dst, name...)
		at := len(dst)
		dst = appendColumn(binary.LittleEndian.AppendUint64(dst, 0), make(i))
		binary.LittleEndian.PutUint64(dst[at:], uint64(len(dst)-at-8))
	}
	return dst
}

func openColumns(b []byte, docs int) (map[string]*column, error) {
	columns := map[string]*column{}
	take := func() ([]byte, bool) {
		if len(b) < 8 {
			return nil, false
		}
		n := binary.LittleEndian.Uint64(b)
		if n > uint64(len(b)-8) {
			return nil, false
		}
		part := b[8 : 8+n : 8+n]
		b = b[8+n:]
		return part, true
	}
	for len(b) > 0 {
		name, ok1 := take()
		body, ok2 := take()
		if !ok1 || !ok2 {
			return nil, errFormat
		}
		c, err := openColumn(body, docs)
		if err != nil {
			return nil, err
		}
		columns[string(name)] = c
	}
	return columns, nil
}

// sortValue is a column value with what it is sorted by.
type sortValue struct {
	folded string
	value  []byte
}

func newSortValue(value []byte) sortValue {
	return sortValue{folded: engine.FoldValue(string(value)), value: value}
}

// compare orders by the folded value, then by the value.
func (v *sortValue) compare(w *sortValue) int {
	if v.folded != w.folded {
		if v.folded < w.folded {
			return -1
		}
		return 1
	}
	return bytes.Compare(v.value, w.value)
}
