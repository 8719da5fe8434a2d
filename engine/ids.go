package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// idHash maps a tenant's event ID to 64 bits. Equal hashes are only a hint: whoever finds one compares the events' IDs.
func idHash(tenant, id string) uint64 {
	buf := make([]byte, 0, 192)
	buf = append(append(append(buf, tenant...), 0), id...)
	sum := sha256.Sum256(buf)
	return binary.LittleEndian.Uint64(sum[:])
}

// idSet finds the events of one window by the hash of their ID.
type idSet interface {
	// find appends the seqs of the events whose ID has the hash.
	find(hash uint64, dst []uint64) []uint64
}

// openIDs is the idSet of a window that still grows. Only the committer changes it; lock guards it for others.
type openIDs struct {
	first uint64
	seqs  map[uint64]uint32   // hash → seq - first
	more  map[uint64][]uint32 // further events with a hash that is in seqs
}

func newOpenIDs(first uint64) *openIDs {
	return &openIDs{first: first, seqs: make(map[uint64]uint32), more: make(map[uint64][]uint32)}
}

func (o *openIDs) add(hash, seq uint64) {
	rel := uint32(seq - o.first)
	if _, taken := o.seqs[hash]; taken {
		o.more[hash] = append(o.more[hash], rel)
		return
	}
	o.seqs[hash] = rel
}

func (o *openIDs) find(hash uint64, dst []uint64) []uint64 {
	rel, ok := o.seqs[hash]
	if !ok {
		return dst
	}
	dst = append(dst, o.first+uint64(rel))
	for _, rel := range o.more[hash] {
		dst = append(dst, o.first+uint64(rel))
	}
	return dst
}

// The ids file of a sealed window: an idTable | xxhash64 of all before (8).
const (
	idsName  = "ids"
	idsMagic = "ANLIDS\x00\x01"
)

// write makes the ids file of a window durable at path.
func (o *openIDs) write(path string) error {
	pairs := make([]idPair, 0, len(o.seqs)+len(o.more))
	for h, rel := range o.seqs {
		pairs = append(pairs, idPair{h, rel})
		for _, rel := range o.more[h] {
			pairs = append(pairs, idPair{h, rel})
		}
	}
	slices.SortFunc(pairs, idPair.compare)
	return writeChecked(path, func(w io.Writer) error { return writeIDTable(w, idsMagic, pairs) })
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
	if err == nil && (table.count != events || len(rest) > 0) {
		err = fmt.Errorf("%w: IDs of window %d: %d of %d events", ErrDamaged, first, table.count, events)
	}
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return &sealedIDs{m, table}, nil
}

func (s *sealedIDs) find(hash uint64, dst []uint64) []uint64 {
	for i, to := s.at(hash); i < to; i++ {
		dst = append(dst, s.seq(i))
	}
	return dst
}
