package index

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"annals/engine"
)

// maxDocs is how many documents a segment can hold: document numbers are 32 bits wide, and a range's end must be one as well.
const maxDocs = 1<<31 - 1

// A segment is an immutable piece of the index: the events of a stretch of seqs, as documents numbered in (time, seq) order.
// Its bytes lie in memory or in a mapped file. It is freed when the last holder releases it; nothing that points into it may be used after.
type segment struct {
	header
	data    []byte
	times   packed
	seqs    packed
	columns map[string]*column
	dict    dict
	labels  labels

	path    string       // of its file; empty while in memory only
	refs    atomic.Int64 // one for the window and one for each snapshot that has it
	doomed  atomic.Bool  // remove the file when freed
	release func() error // unmaps; nil when in memory
	remove  func() error // removes the file
	failed  func(error)  // told what release and remove could not do

	memo memo // of checks
	all  wholeCounts
	born time.Time // when the oldest of its events came in
	busy bool      // being merged; the index's lock guards it
}

// openSegment reads a segment from its bytes. Checksums are the caller's concern; what the bytes say is not trusted further than that
// reading them stays within them.
func openSegment(data []byte) (*segment, error) {
	if len(data) < footerBytes {
		return nil, errFormat
	}
	l, err := parseFooter(data[len(data)-footerBytes:], uint64(len(data)))
	if err != nil {
		return nil, err
	}
	s := &segment{header: l.header, data: data}
	part := func(i int) []byte {
		r := l.sections[i]
		return data[r.offset : r.offset+r.length : r.offset+r.length]
	}
	if s.times, err = openPacked(part(sectionTimes), int(s.docs)); err != nil {
		return nil, err
	}
	if s.seqs, err = openPacked(part(sectionSeqs), int(s.docs)); err != nil {
		return nil, err
	}
	if s.columns, err = openColumns(part(sectionColumns), int(s.docs)); err != nil {
		return nil, err
	}
	if len(s.columns) != len(engine.IndexedColumns) || slices.ContainsFunc(engine.IndexedColumns, func(c string) bool { return s.columns[c] == nil }) {
		return nil, fmt.Errorf("%w: other columns", errFormat)
	}
	if l.blocks > uint64(len(data)) {
		return nil, errFormat
	}
	blocks, err := openPacked(part(sectionBlocks), int(l.blocks))
	if err != nil {
		return nil, err
	}
	if s.dict, err = openDict(part(sectionTerms), blocks); err != nil {
		return nil, err
	}
	if s.labels, err = openLabels(part(sectionLabels), int(s.docs), &s.dict); err != nil {
		return nil, err
	}
	s.refs.Store(1)
	return s, nil
}

func (s *segment) hold() { s.refs.Add(1) }

// free gives up one hold; the last one unmaps, and removes the file when the segment is doomed.
func (s *segment) free() {
	if s.refs.Add(-1) > 0 {
		return
	}
	s.data, s.dict, s.columns, s.times, s.seqs, s.labels = nil, dict{}, nil, packed{}, packed{}, labels{}
	if s.release != nil {
		if err := s.release(); err != nil {
			s.failed(err)
		}
	}
	if s.remove != nil && s.doomed.Load() {
		if err := s.remove(); err != nil {
			s.failed(err)
		}
	}
}

// pos returns the place of a document.
func (s *segment) pos(doc uint32) engine.Pos {
	return engine.Pos{Time: s.time(doc), Seq: s.first + s.seqs.at(int(doc))}
}

func (s *segment) time(doc uint32) int64 { return int64(s.times.at(int(doc)) * s.unit) }

// fromTime returns the first document whose time is not before t; docs when there is none.
func (s *segment) fromTime(t int64) uint32 {
	if t <= s.minTime {
		return 0
	}
	if t > s.maxTime {
		return uint32(s.docs)
	}
	return uint32(s.times.search((uint64(t) + s.unit - 1) / s.unit))
}

// fromPos returns the first document whose place is not before p.
func (s *segment) fromPos(p engine.Pos) uint32 {
	low, high := int(s.fromTime(p.Time)), int(s.docs)
	if low == high || s.time(uint32(low)) != p.Time {
		return uint32(low)
	}
	if p.Time < s.maxTime {
		high = int(s.fromTime(p.Time + 1))
	}
	for low < high {
		mid := int(uint(low+high) >> 1)
		if s.first+s.seqs.at(mid) < p.Seq {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return uint32(low)
}
