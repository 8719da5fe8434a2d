package engine

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// idSet finds the events of one window by the hashes of their ID.
type idSet interface {
	// find appends the seqs of the events with the key.
	find(key idKey, dst []uint64) []uint64
	// findName appends the seqs of the events of all tenants whose ID has the hash.
	findName(name uint32, dst []uint64) []uint64
}

// openIDs is the idSet of a window that still grows. Only the committer changes it; lock guards it for others.
type openIDs struct {
	first uint64
	seqs  map[uint64]uint32   // pair → seq - first
	more  map[uint64][]uint32 // further events with a hash that is in seqs
	names []uint32            // by seq - first
}

func newOpenIDs(first uint64) *openIDs {
	return &openIDs{first: first, seqs: make(map[uint64]uint32), more: make(map[uint64][]uint32)}
}

// add takes in the event with the next seq.
func (o *openIDs) add(key idKey) {
	rel := uint32(len(o.names))
	o.names = append(o.names, key.name)
	if _, taken := o.seqs[key.pair]; taken {
		o.more[key.pair] = append(o.more[key.pair], rel)
		return
	}
	o.seqs[key.pair] = rel
}

func (o *openIDs) find(key idKey, dst []uint64) []uint64 {
	rel, ok := o.seqs[key.pair]
	if !ok {
		return dst
	}
	dst = append(dst, o.first+uint64(rel))
	for _, rel := range o.more[key.pair] {
		dst = append(dst, o.first+uint64(rel))
	}
	return dst
}

// findName looks at all: a fifth of a millisecond for the largest window, and there is one that grows.
func (o *openIDs) findName(name uint32, dst []uint64) []uint64 {
	for rel, n := range o.names {
		if n == name {
			dst = append(dst, o.first+uint64(rel))
		}
	}
	return dst
}

// The ids file of a sealed window: an idTable | xxhash64 of all before (8).
const (
	idsName  = "ids"
	idsMagic = "ANLIDS\x00\x02"
)

// write makes the ids file of a window durable at path.
func (o *openIDs) write(path string) error {
	entries := make([]idEntry, 0, len(o.names))
	for pair, rel := range o.seqs {
		entries = append(entries, idEntry{idKey{pair, o.names[rel]}, rel})
		for _, rel := range o.more[pair] {
			entries = append(entries, idEntry{idKey{pair, o.names[rel]}, rel})
		}
	}
	slices.SortFunc(entries, idEntry.compare)
	return writeChecked(path, func(w io.Writer) error { return writeIDTable(w, idsMagic, entries) })
}

// sealedIDs is the idSet of a sealed window: its ids file, mapped.
type sealedIDs struct {
	mappedFile
	idTable
}

// openSealedIDs maps the ids file at path and checks all of it; it must have the number of events.
func openSealedIDs(path string, first, events uint64) (*sealedIDs, error) {
	m, err := mapChecked(path, idsMagic)
	if err != nil {
		return nil, err
	}
	table, rest, err := openIDTable(m.data, first)
	if err == nil && (uint64(table.count) != events || len(rest) > 0) {
		err = fmt.Errorf("%w: IDs of window %d: %d of %d events", ErrDamaged, first, table.count, events)
	}
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return &sealedIDs{m, table}, nil
}
