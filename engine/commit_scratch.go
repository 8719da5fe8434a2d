package engine

import "github.com/dgraph-io/badger/v4"

// maxScratch is how large the committer's buffers may be and still be kept.
const maxScratch = 16 << 20

// scratch is memory that the committer uses for one group after the other: Badger has copied a transaction's entries when its commit returns, and
// after one that failed there is no other.
type scratch struct {
	bytes   []byte // keys and values
	keys    [][]byte
	entries []badger.Entry
	found   []uint64
}

// lay makes the entries of a group's events. The keys are those of the entries without their first byte. Both are valid until the next call.
func (s *scratch) lay(g *group) (keys [][]byte, entries []badger.Entry) {
	if cap(s.bytes) > maxScratch {
		*s = scratch{}
	}
	clear(s.keys)
	clear(s.entries)
	s.bytes, s.keys, s.entries = s.bytes[:0], s.keys[:0], s.entries[:0]
	for _, p := range g.events {
		e, from := p.event, len(s.bytes)
		s.bytes = appendEventKey(s.bytes, e.Time, e.ID, e.Tenant) // growing leaves what was laid before where it was
		to := len(s.bytes)
		s.bytes = appendStored(s.bytes, e.Seq, g.received, p.body)
		key := s.bytes[from:to:to]
		s.keys = append(s.keys, key[1:])
		s.entries = append(s.entries, badger.Entry{Key: key, Value: s.bytes[to:len(s.bytes):len(s.bytes)]})
	}
	return s.keys, s.entries
}
