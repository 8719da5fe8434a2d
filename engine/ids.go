package engine

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"slices"

	"github.com/blevesearch/mmap-go"
	"github.com/cespare/xxhash/v2"
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

// The ids file of a sealed window: magic (8) | count (8) | filter blocks (8) | filter | hashes, ascending (8 each) |
// seqs - first (4 each) | xxhash64 of all before (8). Little-endian.
const (
	idsName        = "ids"
	idsMagic       = "ANLIDS\x00\x01"
	idsHeaderBytes = 24
	filterBlock    = 64 // bytes: one cache line, so that a miss costs one
	filterBits     = 6  // bits set per hash; with 10 bits of filter per event about 2 % false hits
)

// write makes the ids file of a window durable at path.
func (o *openIDs) write(path string) error {
	type pair struct {
		hash uint64
		rel  uint32
	}
	pairs := make([]pair, 0, len(o.seqs)+len(o.more))
	for h, rel := range o.seqs {
		pairs = append(pairs, pair{h, rel})
		for _, rel := range o.more[h] {
			pairs = append(pairs, pair{h, rel})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.hash != b.hash {
			if a.hash < b.hash {
				return -1
			}
			return 1
		}
		return int(a.rel) - int(b.rel)
	})
	blocks := uint64(len(pairs)*10/(8*filterBlock) + 1)
	filter := make([]byte, blocks*filterBlock)
	for _, p := range pairs {
		setFilter(filter, blocks, p.hash)
	}
	return writeChecked(path, func(w io.Writer) error {
		head := append([]byte(idsMagic), make([]byte, 16)...)
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
	})
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

// sealedIDs is the idSet of a sealed window: its ids file, mapped.
type sealedIDs struct {
	first  uint64
	file   *os.File
	data   mmap.MMap
	filter []byte
	hashes []byte
	seqs   []byte
	blocks uint64
}

// anyCount is for an ids file whose window is gone.
const anyCount = math.MaxUint64

// openSealedIDs maps the ids file at path and checks all of it; it must have the number of events.
func openSealedIDs(path string, first, events uint64) (*sealedIDs, error) {
	f, data, err := mapChecked(path, idsMagic)
	if err != nil {
		return nil, err
	}
	s := &sealedIDs{first: first, file: f, data: data}
	count := binary.LittleEndian.Uint64(data[8:])
	s.blocks = binary.LittleEndian.Uint64(data[16:])
	if events != anyCount && count != events || count > math.MaxUint32 || s.blocks > math.MaxUint32 || s.blocks == 0 || uint64(len(data)) != idsHeaderBytes+s.blocks*filterBlock+12*count+8 {
		s.close()
		return nil, fmt.Errorf("%w: ids of window %d: %d of %d events", ErrDamaged, first, count, events)
	}
	rest := data[idsHeaderBytes:]
	s.filter, rest = rest[:s.blocks*filterBlock], rest[s.blocks*filterBlock:]
	s.hashes, s.seqs = rest[:8*count], rest[8*count:12*count]
	return s, nil
}

func (s *sealedIDs) close() error {
	err := s.data.Unmap()
	if closeErr := s.file.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (s *sealedIDs) find(hash uint64, dst []uint64) []uint64 {
	block := s.filter[(hash>>32)%s.blocks*filterBlock:][:filterBlock]
	for i := range filterBits {
		if bit := filterBit(hash, i); block[bit>>3]&(1<<(bit&7)) == 0 {
			return dst
		}
	}
	for i := s.lowerBound(hash); i < len(s.hashes)/8 && s.hash(i) == hash; i++ {
		dst = append(dst, s.first+uint64(binary.LittleEndian.Uint32(s.seqs[4*i:])))
	}
	return dst
}

func (s *sealedIDs) hash(i int) uint64 { return binary.LittleEndian.Uint64(s.hashes[8*i:]) }

// lowerBound finds the first hash not below the wanted one.
func (s *sealedIDs) lowerBound(hash uint64) int {
	low, high := 0, len(s.hashes)/8
	for low < high {
		if mid := int(uint(low+high) >> 1); s.hash(mid) < hash {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// writeChecked writes a file durably with the xxhash64 of its content at its end.
func writeChecked(path string, body func(io.Writer) error) error {
	temp := path + ".tmp"
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	defer f.Close()
	sum, buffered := xxhash.New(), bufio.NewWriterSize(f, 1<<20)
	if err := body(io.MultiWriter(buffered, sum)); err != nil {
		return err
	}
	if _, err := buffered.Write(sumBytes(sum)); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

func sumBytes(h hash.Hash64) []byte { return binary.LittleEndian.AppendUint64(nil, h.Sum64()) }

// mapChecked maps a file that writeChecked wrote and checks magic and checksum.
func mapChecked(path, magic string) (*os.File, mmap.MMap, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	data, err := mmap.Map(f, mmap.RDONLY, 0)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("map %s: %w", path, err)
	}
	if len(data) < idsHeaderBytes+8 || string(data[:8]) != magic ||
		xxhash.Sum64(data[:len(data)-8]) != binary.LittleEndian.Uint64(data[len(data)-8:]) {
		data.Unmap()
		f.Close()
		return nil, nil, fmt.Errorf("%w: %s: checksum or version", ErrDamaged, path)
	}
	return f, data, nil
}
