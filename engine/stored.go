package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"annals/engine/merkle"

	"github.com/go-json-experiment/json"
)

// storedVersion is the first byte of every stored event and group head.
const storedVersion = 1

// appendStored appends the value of an event key: version | seq (uvarint) | received (8, Unix nanoseconds) | body.
func appendStored(dst []byte, seq uint64, received int64, body []byte) []byte {
	dst = append(dst, storedVersion)
	dst = binary.AppendUvarint(dst, seq)
	dst = binary.BigEndian.AppendUint64(dst, uint64(received))
	return append(dst, body...)
}

// stored is a split event value. Body aliases the value.
type stored struct {
	seq      uint64
	received int64
	body     []byte
}

func splitStored(value []byte) (stored, error) {
	if len(value) < 11 || value[0] != storedVersion {
		return stored{}, fmt.Errorf("%w: stored event of %d bytes", ErrDamaged, len(value))
	}
	seq, n := binary.Uvarint(value[1:])
	if n <= 0 || len(value) < 1+n+8+2 {
		return stored{}, fmt.Errorf("%w: stored event of %d bytes", ErrDamaged, len(value))
	}
	return stored{seq, int64(binary.BigEndian.Uint64(value[1+n:])), value[1+n+8:]}, nil
}

// decodeStored makes the event from its key and value.
func decodeStored(key, value []byte) (*Event, error) {
	s, err := splitStored(value)
	if err != nil {
		return nil, err
	}
	e := new(Event)
	if e.Time, e.ID, e.Tenant, err = splitEventKey(key); err != nil {
		return nil, err
	}
	if s.body[0] != ',' {
		return nil, fmt.Errorf("%w: body of event %d", ErrDamaged, s.seq)
	}
	if !decodeBody(string(s.body), e) {
		body := append([]byte{'{'}, s.body[1:]...)
		if err := json.Unmarshal(body, e); err != nil {
			return nil, fmt.Errorf("%w: body of event %d: %w", ErrDamaged, s.seq, err)
		}
	}
	e.Seq, e.Received, e.stored = s.seq, time.Unix(0, s.received).UTC(), len(s.body)
	return e, nil
}

// contentDigest hashes an event's canonical content.
func contentDigest(content []byte) [32]byte { return sha256.Sum256(content) }

// storedDigest makes the content again from key and body, and hashes it. Buf is scratch space that is returned for reuse.
func storedDigest(buf, key, body []byte) (digest [32]byte, _ []byte, err error) {
	t, id, tenant, err := splitEventKey(key)
	if err != nil {
		return digest, buf, err
	}
	buf = append(appendHead(buf[:0], id, t, tenant), body...)
	return contentDigest(buf), buf, nil
}

// leafHash is the Merkle leaf of an event. The leaf does not hold the content's digest but commits to it with a salt, so that an
// event can be erased, salt and all, and the leaf stays: without the salt nobody can test a guess at the content against it.
//
//	salt       = SHA-256(secret of the group | seq), first 16 bytes
//	commitment = SHA-256(salt | received | SHA-256(content))
//	leaf       = SHA-256(0x00 | commitment)
func leafHash(secret *[32]byte, seq uint64, received int64, digest [32]byte) merkle.Hash {
	var in [56]byte
	copy(in[:32], secret[:])
	binary.BigEndian.PutUint64(in[32:], seq)
	salt := sha256.Sum256(in[:40])
	copy(in[:16], salt[:16])
	binary.BigEndian.PutUint64(in[16:], uint64(received))
	copy(in[24:], digest[:])
	commitment := sha256.Sum256(in[:])
	return merkle.LeafHash(commitment[:])
}

// groupHead is what one commit adds besides its events.
type groupHead struct {
	first, end uint64
	secret     [32]byte
	root       merkle.Hash // of the tree with end leaves
}

// appendGroup appends a group head: version | first seq | end seq (uvarints) | secret (32) | root (32).
func (g *groupHead) append(dst []byte) []byte {
	dst = append(dst, storedVersion)
	dst = binary.AppendUvarint(dst, g.first)
	dst = binary.AppendUvarint(dst, g.end)
	dst = append(dst, g.secret[:]...)
	return append(dst, g.root[:]...)
}

func splitGroup(value []byte) (g groupHead, err error) {
	bad := fmt.Errorf("%w: group head of %d bytes", ErrDamaged, len(value))
	if len(value) < 1 || value[0] != storedVersion {
		return g, bad
	}
	rest, n := value[1:], 0
	if g.first, n = binary.Uvarint(rest); n <= 0 {
		return g, bad
	}
	rest = rest[n:]
	if g.end, n = binary.Uvarint(rest); n <= 0 || len(rest) != n+64 || g.end <= g.first {
		return g, bad
	}
	copy(g.secret[:], rest[n:])
	copy(g.root[:], rest[n+32:])
	return g, nil
}
