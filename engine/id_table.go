package engine

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

const (
	filterBlock = 64 // bytes: one cache line, so that a miss costs one
	filterBits  = 6  // bits set per hash; with 10 bits of filter per event about 2 % false hits
)

// idTable finds events by the hash of their ID, in a mapped file: magic (8) | count (8) | filter blocks (8) | filter | hashes, ascending
// (8 each) | seqs - first (4 each). Little-endian.
type idTable struct {
	first  uint64
	count  uint64
	blocks uint64
	filter []byte
	hashes []byte // ascending
	seqs   []byte // less first, in the hashes' order
}

// openIDTable takes a table off the front of a file and returns what lies between it and the checksum.
func openIDTable(data []byte, first uint64) (t idTable, rest []byte, err error) {
	t.first, t.count, t.blocks = first, binary.LittleEndian.Uint64(data[8:]), binary.LittleEndian.Uint64(data[16:])
	rest = data[checkedHeadBytes : len(data)-8]
	if t.count > math.MaxUint32 || t.blocks > math.MaxUint32 || t.blocks == 0 || t.blocks*filterBlock+12*t.count > uint64(len(rest)) {
		return t, nil, fmt.Errorf("%w: IDs of window %d: %d events in %d bytes", ErrDamaged, first, t.count, len(data))
	}
	for _, part := range []struct {
		of    *[]byte
		bytes uint64
	}{{&t.filter, t.blocks * filterBlock}, {&t.hashes, 8 * t.count}, {&t.seqs, 4 * t.count}} {
		*part.of, rest = rest[:part.bytes], rest[part.bytes:]
	}
	return t, rest, nil
}

// at returns which of the table's events, from up to to, have the hash.
func (t *idTable) at(hash uint64) (from, to int) {
	block := t.filter[(hash>>32)%t.blocks*filterBlock:][:filterBlock]
	for i := range filterBits {
		if bit := filterBit(hash, i); block[bit>>3]&(1<<(bit&7)) == 0 {
			return 0, 0
		}
	}
	from = t.lowerBound(hash)
	for to = from; to < int(t.count) && t.hash(to) == hash; to++ {
	}
	return from, to
}

func (t *idTable) hash(i int) uint64 { return binary.LittleEndian.Uint64(t.hashes[8*i:]) }

func (t *idTable) seq(i int) uint64 {
	return t.first + uint64(binary.LittleEndian.Uint32(t.seqs[4*i:]))
}

// lowerBound finds the first hash not below the wanted one.
func (t *idTable) lowerBound(hash uint64) int {
	low, high := 0, int(t.count)
	for low < high {
		if mid := int(uint(low+high) >> 1); t.hash(mid) < hash {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// idPair is an event in an idTable.
type idPair struct {
	hash uint64
	rel  uint32 // seq - first
}

func (p idPair) compare(q idPair) int {
	return cmp.Or(cmp.Compare(p.hash, q.hash), cmp.Compare(p.rel, q.rel))
}

// writeIDTable writes pairs, which are sorted, as openIDTable reads them.
func writeIDTable(w io.Writer, magic string, pairs []idPair) error {
	blocks := uint64(len(pairs)*10/(8*filterBlock) + 1)
	filter := make([]byte, blocks*filterBlock)
	for _, p := range pairs {
		setFilter(filter, blocks, p.hash)
	}
	head := append([]byte(magic), make([]byte, 16)...)
	binary.LittleEndian.PutUint64(head[8:], uint64(len(pairs)))
	binary.LittleEndian.PutUint64(head[16:], blocks)
	if _, err := w.Write(append(head, filter...)); err != nil {
		return err
	}
	buf := make([]byte, 0, 12*len(pairs))
	for _, p := range pairs {
		buf = binary.LittleEndian.AppendUint64(buf, p.hash)
	}
	for _, p := range pairs {
		buf = binary.LittleEndian.AppendUint32(buf, p.rel)
	}
	_, err := w.Write(buf)
	return err
}

func setFilter(filter []byte, blocks, hash uint64) {
	block := filter[(hash>>32)%blocks*filterBlock:][:filterBlock]
	for i := range filterBits {
		bit := filterBit(hash, i)
		block[bit>>3] |= 1 << (bit & 7)
	}
}

// filterBit spreads the hash's low half over the 512 bits of a block.
func filterBit(hash uint64, i int) uint32 {
	return uint32(hash) * uint32(2*i+0x9e3779b1) >> 23
}
