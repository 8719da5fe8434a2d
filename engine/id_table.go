package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// idKey is what an event's ID is found by. Equal keys are only a hint: whoever finds one compares the events' IDs.
type idKey struct {
	pair uint64 // hash of tenant and ID
	name uint32 // hash of the ID alone, for those who see all tenants
}

func newIDKey(tenant, id string) idKey {
	buf := make([]byte, 0, 192)
	buf = append(append(append(buf, tenant...), 0), id...)
	sum := sha256.Sum256(buf)
	return idKey{binary.LittleEndian.Uint64(sum[:]), nameHash(buf[len(tenant)+1:])}
}

func nameHash(id []byte) uint32 {
	sum := sha256.Sum256(id)
	return binary.LittleEndian.Uint32(sum[:])
}

const (
	filterBlock = 64 // bytes: one cache line, so that a miss costs one
	filterBits  = 6  // bits set per hash; with 10 bits of filter per event about 2 % false hits
)

// idTable finds events by their ID, in a mapped file: magic (8) | count (8) | filter blocks (8) | filter of the pairs | in ascending order of
// name, then pair: names (4 each) | pairs (8 each) | seqs - first (4 each). Little-endian.
type idTable struct {
	first  uint64
	count  int
	blocks uint64
	filter []byte
	names  []byte
	pairs  []byte
	seqs   []byte
}

const idEntryBytes = 4 + 8 + 4

// openIDTable takes a table off the front of a file and returns what lies between it and the checksum.
func openIDTable(data []byte, first uint64) (t idTable, rest []byte, err error) {
	count := binary.LittleEndian.Uint64(data[8:])
	t.first, t.count, t.blocks = first, int(count), binary.LittleEndian.Uint64(data[16:])
	rest = data[checkedHeadBytes : len(data)-8]
	if count > math.MaxUint32 || t.blocks > math.MaxUint32 || t.blocks == 0 || t.blocks*filterBlock+idEntryBytes*count > uint64(len(rest)) {
		return t, nil, fmt.Errorf("%w: IDs of window %d: %d events in %d bytes", ErrDamaged, first, count, len(data))
	}
	for _, part := range []struct {
		of    *[]byte
		bytes uint64
	}{{&t.filter, t.blocks * filterBlock}, {&t.names, 4 * count}, {&t.pairs, 8 * count}, {&t.seqs, 4 * count}} {
		*part.of, rest = rest[:part.bytes], rest[part.bytes:]
	}
	return t, rest, nil
}

// at returns which of the table's events, from up to to, have the key.
func (t *idTable) at(key idKey) (from, to int) {
	block := t.filter[(key.pair>>32)%t.blocks*filterBlock:][:filterBlock]
	for i := range filterBits {
		if bit := filterBit(key.pair, i); block[bit>>3]&(1<<(bit&7)) == 0 {
			return 0, 0
		}
	}
	from = t.lowerBound(key)
	for to = from; to < t.count && t.key(to) == key; to++ {
	}
	return from, to
}

// find implements idSet.
func (t *idTable) find(key idKey, dst []uint64) []uint64 {
	for i, to := t.at(key); i < to; i++ {
		dst = append(dst, t.seq(i))
	}
	return dst
}

// findName implements idSet.
func (t *idTable) findName(name uint32, dst []uint64) []uint64 {
	for i := t.lowerBound(idKey{name: name}); i < t.count && t.name(i) == name; i++ {
		dst = append(dst, t.seq(i))
	}
	return dst
}

func (t *idTable) name(i int) uint32 { return binary.LittleEndian.Uint32(t.names[4*i:]) }
func (t *idTable) pair(i int) uint64 { return binary.LittleEndian.Uint64(t.pairs[8*i:]) }
func (t *idTable) key(i int) idKey   { return idKey{t.pair(i), t.name(i)} }

func (t *idTable) seq(i int) uint64 {
	return t.first + uint64(binary.LittleEndian.Uint32(t.seqs[4*i:]))
}

// below reports whether an entry comes before the key. Mostly the name tells, and the page of the pair is left alone.
func (t *idTable) below(i int, key idKey) bool {
	if name := t.name(i); name != key.name {
		return name < key.name
	}
	return t.pair(i) < key.pair
}

// guessRange is how far from its share of the entries a hash lies at most, mostly.
const guessRange = 2048

// lowerBound finds the first entry that is not below the key. Hashes are spread evenly, so where it is can be guessed: a look-up then touches
// one page or two of a mapped file.
func (t *idTable) lowerBound(key idKey) int {
	low, high := 0, t.count
	guess := int(uint64(key.name) * uint64(t.count) >> 32)
	if i := guess - guessRange; i >= 0 && t.below(i, key) {
		low = i + 1
	}
	if i := guess + guessRange; i < t.count && !t.below(i, key) {
		high = i
	}
	for low < high {
		if mid := int(uint(low+high) >> 1); t.below(mid, key) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// idEntry is an event in an idTable.
type idEntry struct {
	idKey
	rel uint32 // seq - first
}

func (e idEntry) compare(o idEntry) int {
	return cmp.Or(cmp.Compare(e.name, o.name), cmp.Compare(e.pair, o.pair), cmp.Compare(e.rel, o.rel))
}

// writeIDTable writes entries, which are sorted, as openIDTable reads them.
func writeIDTable(w io.Writer, magic string, entries []idEntry) error {
	blocks := uint64(len(entries)*10/(8*filterBlock) + 1)
	filter := make([]byte, blocks*filterBlock)
	for _, e := range entries {
		setFilter(filter, blocks, e.pair)
	}
	head := append([]byte(magic), make([]byte, 16)...)
	binary.LittleEndian.PutUint64(head[8:], uint64(len(entries)))
	binary.LittleEndian.PutUint64(head[16:], blocks)
	if _, err := w.Write(append(head, filter...)); err != nil {
		return err
	}
	buf := make([]byte, 0, idEntryBytes*len(entries))
	for _, e := range entries {
		buf = binary.LittleEndian.AppendUint32(buf, e.name)
	}
	for _, e := range entries {
		buf = binary.LittleEndian.AppendUint64(buf, e.pair)
	}
	for _, e := range entries {
		buf = binary.LittleEndian.AppendUint32(buf, e.rel)
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
