package index

import (
	"bytes"
	"io"
	"math"

	"annals/engine"
)

// segmentWriter writes a segment: the documents' places, then the columns, then the terms in ascending order. Both ways to make a
// segment, from events and from other segments, end here.
type segmentWriter struct {
	layout  *layoutWriter
	head    header
	times   packedWriter
	seqs    packedWriter
	dict    dictWriter
	encoder postingEncoder

	labelBase, labels uint64 // the place of the first term of a resource, and how many there are so far
}

// newSegmentWriter begins a segment of the events [first, end); unit divides all of their times.
func newSegmentWriter(w io.Writer, first, end, unit uint64) (*segmentWriter, error) {
	l, err := newLayoutWriter(w)
	if err != nil {
		return nil, err
	}
	s := &segmentWriter{layout: l}
	s.head = header{docs: end - first, first: first, end: end, unit: unit, minTime: math.MaxInt64}
	s.encoder.docs = int(s.head.docs)
	s.dict.w = l
	return s, nil
}

// place takes the next document's place.
func (s *segmentWriter) place(p engine.Pos) {
	s.head.minTime, s.head.maxTime = min(s.head.minTime, p.Time), max(s.head.maxTime, p.Time)
	s.times.add(uint64(p.Time) / s.head.unit)
	s.seqs.add(p.Seq - s.head.first)
}

// columns ends the places and writes the columns.
func (s *segmentWriter) columns(section []byte) error {
	if err := s.layout.section(sectionTimes, s.times.appendTo(nil)); err != nil {
		return err
	}
	if err := s.layout.section(sectionSeqs, s.seqs.appendTo(nil)); err != nil {
		return err
	}
	if err := s.layout.section(sectionColumns, section); err != nil {
		return err
	}
	s.layout.begin(sectionTerms)
	return nil
}

// term writes a term with its documents, which ascend.
func (s *segmentWriter) term(term []byte, docs []uint32) error {
	p, err := s.encoder.encode(docs)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(term, labelPrefix) {
		if s.labels == 0 {
			s.labelBase = s.dict.total
		}
		s.labels++
	}
	return s.dict.add(term, p)
}

// finish ends the terms. Labels has each document's number among the terms of resources, from 1.
func (s *segmentWriter) finish(labels []uint32) error {
	if err := s.dict.flush(); err != nil {
		return err
	}
	s.head.blocks = uint64(s.dict.offsets.total)
	if err := s.layout.section(sectionBlocks, s.dict.offsets.appendTo(nil)); err != nil {
		return err
	}
	if err := s.layout.section(sectionLabels, appendLabels(nil, s.labelBase, s.labels, labels)); err != nil {
		return err
	}
	return s.layout.finish(s.head)
}

// timeUnits are tried from coarse to fine: most sources keep milliseconds or whole seconds.
var timeUnits = []uint64{1_000_000_000, 1_000_000, 1_000, 1}

// finer returns the coarsest unit, not above the given one, that divides t.
func finer(unit uint64, t int64) uint64 {
	for _, u := range timeUnits {
		if u <= unit && uint64(t)%u == 0 {
			return u
		}
	}
	return 1
}
