package index

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"sort"
)

// The dictionary maps terms to postings: blocks of termsPerBlock terms in bytewise order, each term written as what it does not share
// with the one before, followed by the block's postings. A list of the blocks' offsets makes binary search possible.
// Drawn in FORMAT.md.
const termsPerBlock = 32

// minHex: a suffix of at least so many lower-case hexadecimal digits is written two to a byte; random IDs are most of a dictionary.
const minHex = 4

// dictWriter streams a dictionary to w; terms come in ascending order.
type dictWriter struct {
	w        io.Writer
	offset   uint64
	offsets  packedWriter
	last     []byte
	terms    []byte // of the block being written
	postings []byte
	n        int // terms in the block
	total    uint64
	head     []byte
	plain    bool // pack no suffixes: for a segment that will soon be merged
}

func (d *dictWriter) add(term []byte, p posting) error {
	shared := 0
	if d.n > 0 {
		shared = commonPrefix(d.last, term)
	}
	d.terms = binary.AppendUvarint(d.terms, uint64(shared))
	if d.plain {
		d.terms = binary.AppendUvarint(d.terms, uint64(len(term)-shared)<<suffixKindBits)
		d.terms = append(d.terms, term[shared:]...)
	} else {
		d.terms = appendSuffix(d.terms, term[shared:])
	}
	ref := uint64(len(p.data))
	if p.kind == postingOne {
		ref = uint64(p.doc)
	}
	d.terms = binary.AppendUvarint(d.terms, ref<<postingKindBits|uint64(p.kind))
	d.postings = append(d.postings, p.data...)
	d.last = append(d.last[:0], term...)
	d.n++
	d.total++
	if d.n == termsPerBlock {
		return d.flush()
	}
	return nil
}

// flush ends the block.
func (d *dictWriter) flush() error {
	if d.n == 0 {
		return nil
	}
	d.offsets.add(d.offset)
	d.head = binary.AppendUvarint(d.head[:0], uint64(len(d.terms)))
	for _, b := range [][]byte{d.head, d.terms, d.postings} {
		if _, err := d.w.Write(b); err != nil {
			return err
		}
		d.offset += uint64(len(b))
	}
	d.n, d.terms, d.postings = 0, d.terms[:0], d.postings[:0]
	return nil
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for i+8 <= n && binary.LittleEndian.Uint64(a[i:]) == binary.LittleEndian.Uint64(b[i:]) {
		i += 8
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// How a suffix is written; the lowest bits of its length.
const (
	suffixRaw  = 0
	suffixHex  = 1 // two digits to a byte
	suffixUUID = 2 // the same, without the hyphens that a UUID of which this is the end has

	suffixKindBits = 2
)

// appendSuffix writes the length and how it is packed, then the bytes.
func appendSuffix(dst, s []byte) []byte {
	kind := suffixKind(s)
	dst = binary.AppendUvarint(dst, uint64(len(s))<<suffixKindBits|uint64(kind))
	if kind == suffixRaw {
		return append(dst, s...)
	}
	half := -1
	for i, c := range s {
		if kind == suffixUUID && uuidHyphen(len(s)-i) {
			continue
		}
		if half < 0 {
			half = int(hexValue[c] << 4)
			continue
		}
		dst = append(dst, byte(half)|hexValue[c])
		half = -1
	}
	if half >= 0 {
		dst = append(dst, byte(half))
	}
	return dst
}

func suffixKind(s []byte) int {
	if len(s) < minHex {
		return suffixRaw
	}
	hyphens := 0
	for i, c := range s {
		if c == '-' && uuidHyphen(len(s)-i) {
			hyphens++
		} else if hexValue[c] == notHex {
			return suffixRaw
		}
	}
	switch hyphens {
	case 0:
		return suffixHex
	case uuidHyphens(len(s)):
		return suffixUUID
	}
	return suffixRaw
}

// uuidHyphen reports whether a UUID has a hyphen that far from its end.
func uuidHyphen(fromEnd int) bool {
	return fromEnd == 13 || fromEnd == 18 || fromEnd == 23 || fromEnd == 28
}

// uuidHyphens returns how many hyphens the last n bytes of a UUID have.
func uuidHyphens(n int) int {
	count := 0
	for _, at := range []int{13, 18, 23, 28} {
		if n >= at {
			count++
		}
	}
	return count
}

const (
	hexDigits = "0123456789abcdef"
	notHex    = 0xff
)

var hexValue = func() (t [256]byte) {
	for i := range t {
		t[i] = notHex
	}
	for i, c := range hexDigits {
		t[c] = byte(i)
	}
	return t
}()

// samplePeriod: the first term of one block in so many is kept in memory. A search then touches few pages of a mapped file that no other does.
const samplePeriod = 64

// dict reads a dictionary.
type dict struct {
	data    []byte
	offsets packed
	samples []byte // first terms, one after the other
	ends    []int  // of each, in samples
}

func openDict(data []byte, offsets packed) (dict, error) {
	d := dict{data: data, offsets: offsets}
	c := dictCursor{d: &d}
	for block := 0; block < offsets.n; block += samplePeriod {
		if err := c.openBlock(block); err != nil {
			return d, err
		}
		d.samples = append(d.samples, c.term...)
		d.ends = append(d.ends, len(d.samples))
	}
	d.samples = slices.Clip(d.samples)
	return d, nil
}

func (d *dict) sample(i int) []byte {
	if i == 0 {
		return d.samples[:d.ends[0]]
	}
	return d.samples[d.ends[i-1]:d.ends[i]]
}

// find returns the posting of a term.
func (d *dict) find(term []byte) (posting, bool, error) {
	c, err := d.seek(term)
	if err != nil || c.done || !bytes.Equal(c.term, term) {
		return posting{}, false, err
	}
	return c.posting, true, nil
}

// seek returns a cursor at the first term that is not below the given one.
func (d *dict) seek(term []byte) (*dictCursor, error) {
	c := &dictCursor{d: d}
	// The last block whose first term is not above term lies between two samples.
	after := sort.Search(len(d.ends), func(i int) bool { return bytes.Compare(d.sample(i), term) > 0 })
	low, high := max(after-1, 0)*samplePeriod, min(after*samplePeriod, d.offsets.n)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if err := c.openBlock(mid); err != nil {
			return nil, err
		}
		if bytes.Compare(c.term, term) <= 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if d.offsets.n == 0 {
		c.done = true
		return c, nil
	}
	err := c.openBlock(max(low-1, 0))
	for err == nil && !c.done && bytes.Compare(c.term, term) < 0 {
		err = c.next()
	}
	return c, err
}

// dictCursor walks the terms in order. Term and posting are valid until the next call of next.
type dictCursor struct {
	d        *dict
	block    int    // the next one to open
	terms    []byte // what is left of the open block
	postings []byte
	term     []byte
	posting  posting
	done     bool
}

// next moves to the next term, or sets done.
func (c *dictCursor) next() error {
	if len(c.terms) == 0 {
		if c.block >= c.d.offsets.n {
			c.done = true
			return nil
		}
		if err := c.open(); err != nil {
			return err
		}
	}
	shared, ok1 := c.uvarint()
	length, ok2 := c.uvarint()
	if !ok1 || !ok2 || shared > uint64(len(c.term)) || !c.takeSuffix(int(shared), length) {
		return errFormat
	}
	return c.takePosting()
}

// openBlock moves to the first term of a block.
func (c *dictCursor) openBlock(block int) error {
	c.block, c.terms = block, nil
	return c.next()
}

// openPlace moves to the term of which so many come before.
func (c *dictCursor) openPlace(n int) error {
	err := c.openBlock(n / termsPerBlock)
	for k := n % termsPerBlock; k > 0 && err == nil; k-- {
		err = c.next()
	}
	return err
}

func (c *dictCursor) open() error {
	from := c.d.offsets.at(c.block)
	to := uint64(len(c.d.data))
	if c.block+1 < c.d.offsets.n {
		to = c.d.offsets.at(c.block + 1)
	}
	if from > to || to > uint64(len(c.d.data)) {
		return errFormat
	}
	b := c.d.data[from:to]
	size, n := binary.Uvarint(b)
	if n <= 0 || size == 0 || size > uint64(len(b)-n) {
		return errFormat
	}
	c.terms, c.postings = b[n:n+int(size)], b[n+int(size):]
	c.term = c.term[:0]
	c.block++
	return nil
}

func (c *dictCursor) uvarint() (uint64, bool) {
	if len(c.terms) > 0 && c.terms[0] < 0x80 {
		v := uint64(c.terms[0])
		c.terms = c.terms[1:]
		return v, true
	}
	v, n := binary.Uvarint(c.terms)
	if n <= 0 {
		return 0, false
	}
	c.terms = c.terms[n:]
	return v, true
}

func (c *dictCursor) takeSuffix(shared int, length uint64) bool {
	kind, n := length&(1<<suffixKindBits-1), length>>suffixKindBits
	c.term = c.term[:shared]
	if kind == suffixRaw {
		if n > uint64(len(c.terms)) {
			return false
		}
		c.term = append(c.term, c.terms[:n]...)
		c.terms = c.terms[n:]
		return true
	}
	if n > 2*uint64(len(c.terms))+4 || kind > suffixUUID {
		return false
	}
	digits := 0
	for left := int(n); left > 0; left-- {
		if kind == suffixUUID && uuidHyphen(left) {
			c.term = append(c.term, '-')
			continue
		}
		if digits/2 >= len(c.terms) {
			return false
		}
		c.term = append(c.term, hexDigits[c.terms[digits/2]>>(4*(1-digits%2))&15])
		digits++
	}
	c.terms = c.terms[(digits+1)/2:]
	return true
}

func (c *dictCursor) takePosting() error {
	ref, ok := c.uvarint()
	if !ok {
		return errFormat
	}
	kind, v := byte(ref&(1<<postingKindBits-1)), ref>>postingKindBits
	switch kind {
	case postingOne:
		if v > math.MaxUint32 {
			return errFormat
		}
		c.posting = posting{kind: kind, doc: uint32(v)}
	case postingList, postingBitmap:
		if v > uint64(len(c.postings)) {
			return errFormat
		}
		c.posting = posting{kind: kind, data: c.postings[:v:v]}
		c.postings = c.postings[v:]
	default:
		return errFormat
	}
	return nil
}
