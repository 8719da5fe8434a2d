package index

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"iter"
	"slices"
)

// table numbers distinct byte strings from 0 in the order of their first appearance. It keeps their bytes in one piece,
// so that a batch of events costs a handful of allocations however many terms it has.
type table struct {
	seed    maphash.Seed
	arena   []byte
	entries []tableEntry
	slots   []uint32 // entry number + 1; the length is a power of two, at most half filled
	ranks   []ranked // for sorting
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

// sorted gives the numbers in the bytewise order of their keys.
func (t *table) sorted() iter.Seq[uint32] {
	t.ranks = slices.Grow(t.ranks[:0], len(t.entries))[:len(t.entries)]
	for n := range t.ranks {
		t.ranks[n].n = uint32(n)
	}
	t.sortFrom(t.ranks, 0)
	return func(yield func(uint32) bool) {
		for _, r := range t.ranks {
			if !yield(r.n) {
				return
			}
		}
	}
}

// ranked is a key with eight of its bytes as a number.
type ranked struct {
	chunk uint64
	n     uint32
}

// sortFrom sorts keys that have their first depth bytes in common: by their next eight bytes, and then those that share these as well. Many
// terms begin with the name of a field, so that comparing whole keys would read the same bytes again and again.
func (t *table) sortFrom(all []ranked, depth int) {
	for i := range all {
		key := t.key(all[i].n)[depth:]
		if len(key) > 8 {
			all[i].chunk = binary.BigEndian.Uint64(key)
			continue
		}
		var pad [8]byte
		copy(pad[:], key)
		all[i].chunk = binary.BigEndian.Uint64(pad[:])
	}
	slices.SortFunc(all, func(a, b ranked) int {
		if a.chunk < b.chunk {
			return -1
		} else if a.chunk > b.chunk {
			return 1
		}
		return 0
	})
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].chunk == all[from].chunk {
			to++
		}
		switch run := all[from:to]; {
		case len(run) == 1:
		case len(run) < 8 || t.anyEnds(run, depth+8):
			slices.SortFunc(run, func(a, b ranked) int { return bytes.Compare(t.key(a.n)[depth:], t.key(b.n)[depth:]) })
		default:
			t.sortFrom(run, depth+8)
		}
		from = to
	}
}

// anyEnds reports whether a key has no more than n bytes: it was padded with zeros, which another may really have.
func (t *table) anyEnds(run []ranked, n int) bool {
	return slices.ContainsFunc(run, func(r ranked) bool { return len(t.key(r.n)) <= n })
}
