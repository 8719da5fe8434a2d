package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The expired file of a window that retention has removed: an idTable | salt (16) | digests in the table's order (16 each) | xxhash64 of all
// before (8).
//
// Of a window that is there a key is a hint, and the stored event decides. Here nothing else is left, and 64 bits are not enough to refuse
// an event as a duplicate: whoever wants to can find two IDs that share it. So each ID has 128 bits more. They are salted, with a salt that is drawn
// when the window goes: who would make two IDs that share them had to choose the first before there was a salt, so that he needs 2^128
// attempts and not the 2^64 of a free choice; and nobody can prepare guesses at the IDs. A key would have to be kept, backed up and lost.
const (
	expiredMagic = "ANLEXP\x00\x01"
	saltBytes    = 16
	digestBytes  = 16
)

// expiredIDs answers for the event IDs of a window that is gone.
type expiredIDs struct {
	mappedFile
	idTable
	salt    []byte
	digests []byte
}

func openExpiredIDs(path string, first uint64) (*expiredIDs, error) {
	m, err := mapChecked(path, expiredMagic)
	if err != nil {
		return nil, err
	}
	table, rest, err := openIDTable(m.data, first)
	if err == nil && uint64(len(rest)) != saltBytes+digestBytes*uint64(table.count) {
		err = fmt.Errorf("%w: IDs of window %d: %d bytes are left for %d digests", ErrDamaged, first, len(rest), table.count)
	}
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return &expiredIDs{m, table, rest[:saltBytes], rest[saltBytes:]}, nil
}

// find returns the seq of the event with the ID, whose key the caller has.
func (x *expiredIDs) find(key idKey, tenant, id string) (seq uint64, ok bool) {
	from, to := x.at(key)
	if from == to {
		return 0, false
	}
	want := expiredDigest(x.salt, tenant, id)
	for i := from; i < to; i++ {
		if [digestBytes]byte(x.digests[digestBytes*i:]) == want {
			return x.seq(i), true
		}
	}
	return 0, false
}

func expiredDigest(salt []byte, tenant, id string) (d [digestBytes]byte) {
	in := make([]byte, 0, 256)
	in = append(append(append(append(in, salt...), tenant...), 0), id...)
	sum := sha256.Sum256(in)
	return [digestBytes]byte(sum[:])
}

// expiredID is an event in an expired file.
type expiredID struct {
	idEntry
	digest [digestBytes]byte
}

// writeExpiredIDs makes an expired file durable at path.
func writeExpiredIDs(path string, salt []byte, ids []expiredID) error {
	slices.SortFunc(ids, func(a, b expiredID) int { return a.compare(b.idEntry) })
	entries, digests := make([]idEntry, len(ids)), make([]byte, 0, digestBytes*len(ids))
	for i := range ids {
		entries[i] = ids[i].idEntry
		digests = append(digests, ids[i].digest[:]...)
	}
	return writeChecked(path, func(w io.Writer) error {
		if err := writeIDTable(w, expiredMagic, entries); err != nil {
			return err
		}
		_, err := w.Write(append(slices.Clone(salt), digests...))
		return err
	})
}

// expireIDs makes the expired file of the window from its events.
func (w *window) expireIDs(path string) error {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	end := w.end.Load()
	ids := make([]expiredID, 0, end-w.first)
	err := w.eachSeq(end, func(seq uint64, key []byte) error {
		_, id, tenant, err := splitEventKey(append([]byte{familyEvent}, key...))
		ids = append(ids, expiredID{idEntry{newIDKey(tenant, id), uint32(seq - w.first)}, expiredDigest(salt, tenant, id)})
		return err
	})
	if err != nil {
		return err
	}
	return writeExpiredIDs(path, salt, ids)
}
