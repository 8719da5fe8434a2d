package engine

import (
	"bufio"
	"cmp"
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

// idKey is what an event's ID is found by. Equal keys are only a hint: whoever finds one compares the events' IDs.
type idKey struct {
	pair uint64 // hash of tenant and ID
	name uint32 // hash of the ID alone, for those who see all tenants
}

func newIDKey(tenant, id string) idKey {
	buf := make([]byte, 0, 192)
	buf = append(append(append(buf, tenant...), 0), id...)
	sum := sha256.Sum256(buf)
	return idKey{pair: binary.LittleEndian.Uint64(sum[:]), name: nameHash(buf[len(tenant)+1:])}
}

func nameHash(id []byte) uint32 {
	sum := sha256.Sum256(id)
	return binary.LittleEndian.Uint32(sum[:])
}

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

// The ids file of a sealed window: magic (8) | count (8) | filter blocks (8) | filter of the pairs | in ascending order of name, then pair: names (4 each) |
// pairs (8 each) | seqs - first (4 each) | xxhash64 of all before (8). Little-endian. The version before has no names.
const (
	idsName        = "ids"
	idsMagic       = "ANLIDS\x00\x02"
	idsMagicBefore = "ANLIDS\x00\x01"
	idsHeaderBytes = 24
	filterBlock    = 64 // bytes: one cache line, so that a miss costs one
	filterBits     = 6  // bits set per hash; with 10 bits of filter per event about 2 % false hits
)

// idEntry is one event's in an ids file.
type idEntry struct {
	idKey
	rel uint32
}

// write makes the ids file of a window durable at path.
func (o *openIDs) write(path string) error {
	entries := make([]idEntry, 0, len(o.names))
	for pair, rel := range o.seqs {
		entries = append(entries, idEntry{idKey{pair, o.names[rel]}, rel})
		for _, rel := range o.more[pair] {
			entries = append(entries, idEntry{idKey{pair, o.names[rel]}, rel})
		}
	}
	slices.SortFunc(entries, func(a, b idEntry) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.pair, b.pair), cmp.Compare(a.rel, b.rel))
	})
	blocks := uint64(len(entries)*10/(8*filterBlock) + 1)
	filter := make([]byte, blocks*filterBlock)
	for _, e := range entries {
		setFilter(filter, blocks, e.pair)
	}
	return writeChecked(path, func(w io.Writer) error {
		head := append([]byte(idsMagic), make([]byte, 16)...)
		binary.LittleEndian.PutUint64(head[8:], uint64(len(entries)))
		binary.LittleEndian.PutUint64(head[16:], blocks)
		if _, err := w.Write(append(head, filter...)); err != nil {
			return err
		}
		buf := make([]byte, 0, 16*len(entries))
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
	blocks uint64
	filter []byte
	count  int
	names  []byte // nil in a file of the version before
	pairs  []byte
	seqs   []byte
}

// anyCount is for an ids file whose window is gone.
const anyCount = math.MaxUint64

// openSealedIDs maps the ids file at path and checks all of it; it must have the number of events.
func openSealedIDs(path string, first, events uint64) (*sealedIDs, error) {
	f, data, err := mapChecked(path, idsMagic, idsMagicBefore)
	if err != nil {
		return nil, err
	}
	entry := uint64(16)
	if string(data[:8]) == idsMagicBefore {
		entry = 12
	}
	s := &sealedIDs{first: first, file: f, data: data}
	count := binary.LittleEndian.Uint64(data[8:])
	s.blocks = binary.LittleEndian.Uint64(data[16:])
	if events != anyCount && count != events || count > math.MaxUint32 || s.blocks > math.MaxUint32 || s.blocks == 0 || uint64(len(data)) != idsHeaderBytes+s.blocks*filterBlock+entry*count+8 {
		s.close()
		return nil, fmt.Errorf("%w: ids of window %d: %d of %d events", ErrDamaged, first, count, events)
	}
	s.count = int(count)
	rest := data[idsHeaderBytes:]
	s.filter, rest = rest[:s.blocks*filterBlock], rest[s.blocks*filterBlock:]
	if entry == 16 {
		s.names, rest = rest[:4*count], rest[4*count:]
	}
	s.pairs, s.seqs = rest[:8*count], rest[8*count:12*count]
	return s, nil
}

// nameless reports that the file is of the version before, in which findName finds nothing.
func (s *sealedIDs) nameless() bool { return s.names == nil && s.count > 0 }

func (s *sealedIDs) close() error {
	err := s.data.Unmap()
	if closeErr := s.file.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (s *sealedIDs) find(key idKey, dst []uint64) []uint64 {
	block := s.filter[(key.pair>>32)%s.blocks*filterBlock:][:filterBlock]
	for i := range filterBits {
		if bit := filterBit(key.pair, i); block[bit>>3]&(1<<(bit&7)) == 0 {
			return dst
		}
	}
	if s.names == nil {
		key.name = 0
	}
	for i := s.lowerBound(key); i < s.count && s.key(i) == key; i++ {
		dst = append(dst, s.seq(i))
	}
	return dst
}

func (s *sealedIDs) findName(name uint32, dst []uint64) []uint64 {
	if s.names == nil {
		return dst
	}
	for i := s.lowerBound(idKey{name: name}); i < s.count && s.key(i).name == name; i++ {
		dst = append(dst, s.seq(i))
	}
	return dst
}

// key returns an entry's key. The name is 0 where the file has none.
func (s *sealedIDs) key(i int) (key idKey) {
	if s.names != nil {
		key.name = binary.LittleEndian.Uint32(s.names[4*i:])
	}
	key.pair = binary.LittleEndian.Uint64(s.pairs[8*i:])
	return key
}

func (s *sealedIDs) seq(i int) uint64 {
	return s.first + uint64(binary.LittleEndian.Uint32(s.seqs[4*i:]))
}

// below reports whether an entry comes before the key. Mostly the name tells, and the page of the pair is left alone.
func (s *sealedIDs) below(i int, key idKey) bool {
	if s.names != nil {
		if name := binary.LittleEndian.Uint32(s.names[4*i:]); name != key.name {
			return name < key.name
		}
	}
	return binary.LittleEndian.Uint64(s.pairs[8*i:]) < key.pair
}

// guessRange is how far from its share of the entries a hash lies at most, mostly.
const guessRange = 2048

// lowerBound finds the first entry that is not below the key. Hashes are spread evenly, so where it is can be guessed: a look-up then touches
// one page or two of a mapped file.
func (s *sealedIDs) lowerBound(key idKey) int {
	lead := key.name
	if s.names == nil {
		lead = uint32(key.pair >> 32)
	}
	low, high := 0, s.count
	guess := int(uint64(lead) * uint64(s.count) >> 32)
	if i := guess - guessRange; i >= 0 && s.below(i, key) {
		low = i + 1
	}
	if i := guess + guessRange; i < s.count && !s.below(i, key) {
		high = i
	}
	for low < high {
		if mid := int(uint(low+high) >> 1); s.below(mid, key) {
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

// mapChecked maps a file that writeChecked wrote and checks that it begins with one of the magics, and its checksum. It is read for that, and
// not through the mapping, whose pages would count as memory in use.
func mapChecked(path string, magics ...string) (*os.File, mmap.MMap, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	if err := readChecked(f, magics); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	data, err := mmap.Map(f, mmap.RDONLY, 0)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("map %s: %w", path, err)
	}
	return f, data, nil
}

func readChecked(f *os.File, magics []string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size() - 8
	if size < idsHeaderBytes {
		return fmt.Errorf("%w: %d bytes", ErrDamaged, info.Size())
	}
	sum, buf := xxhash.New(), make([]byte, 1<<17)
	if _, err := io.CopyBuffer(sum, onlyReader{io.NewSectionReader(f, 0, size)}, buf); err != nil {
		return err
	}
	var magic, end [8]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil {
		return err
	}
	if _, err := f.ReadAt(end[:], size); err != nil {
		return err
	}
	if !slices.Contains(magics, string(magic[:])) || sum.Sum64() != binary.LittleEndian.Uint64(end[:]) {
		return fmt.Errorf("%w: checksum or version", ErrDamaged)
	}
	return nil
}

// onlyReader hides WriteTo, so that a copy uses the buffer it is given.
type onlyReader struct{ io.Reader }
