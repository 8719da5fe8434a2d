package index

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/cespare/xxhash/v2"
)

// The layout of a segment file; drawn in FORMAT.md. A change that older readers would misread raises formatVersion,
// and a segment of any other version is thrown away and built again.
const (
	magic         = "ANNALSIX"
	formatVersion = 2

	sectionTimes   = 0 // event times, as packed list
	sectionSeqs    = 1 // seqs less the first, as packed list
	sectionColumns = 2
	sectionTerms   = 3 // the dictionary's blocks with their postings
	sectionBlocks  = 4 // offsets of the blocks, as packed list
	sectionLabels  = 5 // of the documents' first resources
	sectionCount   = 6

	// version, docs, first, end, min time, max time, time unit, blocks, meaning
	headFields  = 9
	footerBytes = headFields*8 + sectionCount*3*8 + 8 + len(magic)
)

// header is what a segment says about itself.
type header struct {
	docs             uint64
	first, end       uint64 // seqs [first, end), without gaps
	minTime, maxTime int64
	unit             uint64 // times are kept in multiples of so many nanoseconds
	blocks           uint64 // of the dictionary
}

type sectionRef struct{ offset, length, sum uint64 }

// layoutWriter writes sections one after the other and then the footer.
type layoutWriter struct {
	w        io.Writer
	offset   uint64
	sections [sectionCount]sectionRef
	current  int
	digest   *xxhash.Digest
}

func newLayoutWriter(w io.Writer) (*layoutWriter, error) {
	l := &layoutWriter{w: w, digest: xxhash.New()}
	_, err := io.WriteString(w, magic)
	l.offset = uint64(len(magic))
	return l, err
}

// begin starts the next section.
func (l *layoutWriter) begin(section int) {
	l.current = section
	l.digest.Reset()
	l.sections[section].offset = l.offset
}

func (l *layoutWriter) Write(b []byte) (int, error) {
	_, _ = l.digest.Write(b) // never fails
	s := &l.sections[l.current]
	s.length += uint64(len(b))
	l.offset += uint64(len(b))
	s.sum = l.digest.Sum64()
	return l.w.Write(b)
}

func (l *layoutWriter) section(section int, b []byte) error {
	l.begin(section)
	_, err := l.Write(b)
	return err
}

func (l *layoutWriter) finish(h header) error {
	b := make([]byte, 0, footerBytes)
	for _, v := range []uint64{formatVersion, h.docs, h.first, h.end, uint64(h.minTime), uint64(h.maxTime), h.unit, h.blocks, meaning()} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	for _, s := range l.sections {
		b = binary.LittleEndian.AppendUint64(b, s.offset)
		b = binary.LittleEndian.AppendUint64(b, s.length)
		b = binary.LittleEndian.AppendUint64(b, s.sum)
	}
	b = binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
	b = append(b, magic...)
	_, err := l.w.Write(b)
	return err
}

// layout is a parsed footer.
type layout struct {
	header
	sections [sectionCount]sectionRef
}

// parseFooter reads the last footerBytes of a segment of the given size.
func parseFooter(b []byte, size uint64) (layout, error) {
	var l layout
	if len(b) != footerBytes || !bytes.Equal(b[len(b)-len(magic):], []byte(magic)) {
		return l, fmt.Errorf("%w: no footer", errFormat)
	}
	body := b[:len(b)-len(magic)-8]
	if binary.LittleEndian.Uint64(b[len(body):]) != xxhash.Sum64(body) {
		return l, fmt.Errorf("%w: footer checksum", errFormat)
	}
	field := func(i int) uint64 { return binary.LittleEndian.Uint64(body[i*8:]) }
	if v := field(0); v != formatVersion {
		return l, fmt.Errorf("%w: version %d", errFormat, v)
	}
	if field(8) != meaning() {
		return l, fmt.Errorf("%w: its terms and columns were made in another way", errFormat)
	}
	l.header = header{docs: field(1), first: field(2), end: field(3), minTime: int64(field(4)), maxTime: int64(field(5)),
		unit: field(6), blocks: field(7)}
	if l.docs == 0 || l.docs > maxDocs || l.end-l.first != l.docs || l.end < l.first || l.unit == 0 {
		return l, fmt.Errorf("%w: header", errFormat)
	}
	limit := size - uint64(footerBytes)
	for i := range l.sections {
		s := sectionRef{field(headFields + i*3), field(headFields + i*3 + 1), field(headFields + i*3 + 2)}
		if s.offset > limit || s.length > limit-s.offset {
			return l, fmt.Errorf("%w: section %d", errFormat, i)
		}
		l.sections[i] = s
	}
	return l, nil
}
