package index

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// table numbers distinct byte strings from 0 in the order of their first appearance. It keeps their bytes in one piece,
// so that a batch of events costs a handful of allocations however many terms it has.
type table struct {
	seed    maphash.Seed
	arena   []byte
	entries []tableEntry
	slots   []uint32 // entry number + 1; the length is a power of two, at most half filled
}

type tableEntry struct {
	hash     uint64
	from, to int
}

// id returns the number of key, and whether it is new.
func (t *table) id(key []byte) (uint32, bool) {
	if len(t.entries)*2 >= len(t.slots) {
		t.grow()
	}
	hash := maphash.Bytes(t.seed, key)
	mask := uint64(len(t.slots) - 1)
	i := hash & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		n := t.slots[i] - 1
		if e := &t.entries[n]; e.hash == hash && bytes.Equal(t.arena[e.from:e.to], key) {
			return n, false
		}
	}
	n := uint32(len(t.entries))
	t.slots[i] = n + 1
	t.entries = append(t.entries, tableEntry{hash, len(t.arena), len(t.arena) + len(key)})
	t.arena = append(t.arena, key...)
	return n, true
}

func (t *table) grow() {
	size := max(1024, len(t.slots)*2)
	if len(t.slots) == 0 {
		t.seed = maphash.MakeSeed()
	}
	t.slots = make([]uint32, size)
	mask := uint64(size - 1)
	for n := range t.entries {
		i := t.entries[n].hash & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = uint32(n + 1)
	}
}

func (t *table) len() int { return len(t.entries) }

func (t *table) key(n uint32) []byte {
	e := &t.entries[n]
	return t.arena[e.from:e.to]
}

// reset empties the table and keeps its memory.
func (t *table) reset() {
	t.arena, t.entries = t.arena[:0], t.entries[:0]
	clear(t.slots)
}

// sorted returns the numbers in the bytewise order of their keys.
func (t *table) sorted() []uint32 {
	type ranked struct {
		prefix uint64 // the key's first bytes: most comparisons end here
		n      uint32
	}
	all := make([]ranked, len(t.entries))
	var pad [8]byte
	for n := range all {
		key := t.key(uint32(n))
		if len(key) < 8 {
			pad = [8]byte{}
			copy(pad[:], key)
			key = pad[:]
		}
		all[n] = ranked{binary.BigEndian.Uint64(key), uint32(n)}
	}
	slices.SortFunc(all, func(a, b ranked) int {
		if a.prefix != b.prefix {
			if a.prefix < b.prefix {
				return -1
			}
			return 1
		}
		return bytes.Compare(t.key(a.n), t.key(b.n))
	})
	order := make([]uint32, len(all))
	for i, r := range all {
		order[i] = r.n
	}
	return order
}
