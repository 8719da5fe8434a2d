package index

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// errFormat: bytes that no writer of this version makes.
var errFormat = errors.New("malformed index segment")

// A packed list holds integers in blocks of packedBlock, each block as a base and deltas of equal bit width, so that
// any of them is read in constant time. Drawn in FORMAT.md.
const (
	packedBlock     = 128
	packedHeadBytes = 16
	packedPad       = 8 // read past the last value's bits
)

type packedWriter struct {
	heads, data []byte
	block       [packedBlock]uint64
	n           int // in block
	total       int
}

func (w *packedWriter) add(v uint64) {
	w.block[w.n] = v
	w.n++
	w.total++
	if w.n == packedBlock {
		w.flush()
	}
}

func (w *packedWriter) flush() {
	if w.n == 0 {
		return
	}
	low, high := w.block[0], w.block[0]
	for _, v := range w.block[1:w.n] {
		low, high = min(low, v), max(high, v)
	}
	width := bits.Len64(high - low)
	if width > 56 { // a wider value may straddle nine bytes
		width = 64
	}
	w.heads = binary.LittleEndian.AppendUint64(w.heads, low)
	w.heads = binary.LittleEndian.AppendUint64(w.heads, uint64(len(w.data))<<8|uint64(width))
	var b bitWriter
	b.data = w.data
	for _, v := range w.block[:w.n] {
		b.add(v-low, width)
	}
	w.data = b.close()
	w.n = 0
}

// appendTo appends the finished list to dst.
func (w *packedWriter) appendTo(dst []byte) []byte {
	w.flush()
	dst = append(dst, w.heads...)
	dst = append(dst, w.data...)
	return append(dst, make([]byte, packedPad)...)
}

// packed reads a list. The zero value is empty.
type packed struct {
	n     int
	heads []byte
	data  []byte
}

// openPacked checks that all n values of the list lie within b.
func openPacked(b []byte, n int) (packed, error) {
	blocks := (n + packedBlock - 1) / packedBlock
	if n < 0 || blocks > len(b)/packedHeadBytes {
		return packed{}, errFormat
	}
	if len(b) < packedPad {
		return packed{}, errFormat
	}
	p := packed{n: n, heads: b[:blocks*packedHeadBytes], data: b[blocks*packedHeadBytes:]}
	for i := range blocks {
		_, off, width := p.head(i)
		count := min(packedBlock, n-i*packedBlock)
		need := uint64(count*int(width)+7)/8 + packedPad
		if width > 64 || (width > 56 && width < 64) || off > uint64(len(p.data)) || need > uint64(len(p.data))-off {
			return packed{}, errFormat
		}
	}
	return p, nil
}

// size returns how many bytes the list takes up.
func (p *packed) size() int {
	last := len(p.heads)/packedHeadBytes - 1
	if last < 0 {
		return packedPad
	}
	_, off, width := p.head(last)
	return len(p.heads) + int(off) + ((p.n-last*packedBlock)*int(width)+7)/8 + packedPad
}

func (p *packed) head(block int) (base, off uint64, width uint) {
	h := p.heads[block*packedHeadBytes:]
	ow := binary.LittleEndian.Uint64(h[8:])
	return binary.LittleEndian.Uint64(h), ow >> 8, uint(ow & 0xff)
}

func (p *packed) at(i int) uint64 {
	base, off, width := p.head(i / packedBlock)
	return base + loadBits(p.data[off:], uint(i%packedBlock), width)
}

// block decodes block i into dst and returns how many values it has.
func (p *packed) block(i int, dst *[packedBlock]uint64) int {
	base, off, width := p.head(i)
	n := min(packedBlock, p.n-i*packedBlock)
	data := p.data[off:]
	for j := range n {
		dst[j] = base + loadBits(data, uint(j), width)
	}
	return n
}

// search returns the first i whose value is at least v; the list must ascend.
func (p *packed) search(v uint64) int {
	low, high := 0, len(p.heads)/packedHeadBytes // the last block whose base is below v holds the answer or ends before it
	for low < high {
		mid := int(uint(low+high) >> 1)
		if binary.LittleEndian.Uint64(p.heads[mid*packedHeadBytes:]) < v {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 {
		return 0
	}
	low, high = (low-1)*packedBlock, min(low*packedBlock, p.n)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if p.at(mid) < v {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// ordinals is a list of small integers of one bit width.
type ordinals struct {
	width uint
	data  []byte
}

func openOrdinals(b []byte, n int, width uint) (ordinals, error) {
	if width > 32 || uint64(len(b)) < (uint64(n)*uint64(width)+7)/8+packedPad {
		return ordinals{}, errFormat
	}
	return ordinals{width: width, data: b}, nil
}

func (o *ordinals) at(i uint32) uint32 {
	bit := uint64(i) * uint64(o.width)
	return uint32(binary.LittleEndian.Uint64(o.data[bit>>3:])>>(bit&7)) & (1<<o.width - 1)
}

// of puts the integers of a stretch of places, which ascend, into dst, which has room for them.
func (o *ordinals) of(places []uint32, dst []uint32) {
	last := len(places) - 1
	if last < 0 || int(places[last]-places[0]) != last {
		for i, place := range places {
			dst[i] = o.at(place)
		}
		return
	}
	bit, mask := uint64(places[0])*uint64(o.width), uint64(1)<<o.width-1
	for i := range dst[:len(places)] {
		dst[i] = uint32(binary.LittleEndian.Uint64(o.data[bit>>3:]) >> (bit & 7) & mask)
		bit += uint64(o.width)
	}
}

// loadBits reads the i-th value of width bits; width is at most 56, or 64.
func loadBits(data []byte, i, width uint) uint64 {
	bit := i * width
	v := binary.LittleEndian.Uint64(data[bit>>3:]) >> (bit & 7)
	if width == 64 {
		return v
	}
	return v & (1<<width - 1)
}

// bitWriter appends values bit by bit, lowest bits first.
type bitWriter struct {
	data  []byte
	acc   uint64
	inAcc int
}

func (b *bitWriter) add(v uint64, width int) {
	if width == 64 {
		b.data = binary.LittleEndian.AppendUint64(b.data, v) // only ever among others of width 64, so acc is empty
		return
	}
	b.acc |= v << b.inAcc
	b.inAcc += width
	for b.inAcc >= 8 {
		b.data = append(b.data, byte(b.acc))
		b.acc >>= 8
		b.inAcc -= 8
	}
}

// close returns the bytes, the last one filled up with zeros.
func (b *bitWriter) close() []byte {
	if b.inAcc > 0 {
		b.data = append(b.data, byte(b.acc))
	}
	b.acc, b.inAcc = 0, 0
	return b.data
}
