package index

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// How a term's documents are kept; the lowest bits of an entry's reference.
const (
	postingOne    = 0 // the document number itself, in the reference
	postingList   = 1 // gaps as varints
	postingBitmap = 2 // a roaring bitmap in its portable format

	postingKindBits = 2
)

// A list of up to maxList documents is kept as gaps: smaller than a bitmap's containers where documents are far apart.
const maxList = 2048

// posting is one term's documents as they lie in the segment.
type posting struct {
	kind byte
	doc  uint32 // postingOne
	data []byte // the others
}

// appendDocs appends the documents to dst in ascending order.
func (p *posting) appendDocs(dst []uint32) ([]uint32, error) {
	switch p.kind {
	case postingOne:
		return append(dst, p.doc), nil
	case postingList:
		return appendGaps(dst, p.data)
	}
	b, err := p.view()
	if err != nil {
		return dst, err
	}
	n := int(b.GetCardinality())
	dst = slices.Grow(dst, n)
	got := b.ManyIterator().NextMany(dst[len(dst) : len(dst)+n])
	return dst[:len(dst)+got], nil
}

// bitmap returns the documents as a bitmap that must not be changed and not outlive the segment.
func (p *posting) bitmap() (*roaring.Bitmap, error) {
	if p.kind == postingBitmap {
		return p.view()
	}
	docs, err := p.appendDocs(nil)
	if err != nil {
		return nil, err
	}
	b := roaring.New()
	b.AddMany(docs)
	return b, nil
}

func (p *posting) view() (*roaring.Bitmap, error) {
	b := roaring.New()
	if _, err := b.FromBuffer(p.data); err != nil {
		return nil, errFormat
	}
	return b, nil
}

func appendGaps(dst []uint32, data []byte) ([]uint32, error) {
	doc := uint64(0)
	for len(data) > 0 {
		gap, n := uint64(data[0]), 1
		if gap >= 0x80 {
			if gap, n = binary.Uvarint(data); n <= 0 {
				return dst, errFormat
			}
		}
		data = data[n:]
		doc += gap
		if doc > math.MaxUint32 {
			return dst, errFormat
		}
		dst = append(dst, uint32(doc))
	}
	return dst, nil
}

// postingEncoder writes postings, reusing its buffers.
type postingEncoder struct {
	docs  int // in the segment
	buf   bytes.Buffer
	words []uint64
}

// encode returns the posting of ascending documents; it is valid until the next call.
func (p *postingEncoder) encode(docs []uint32) (posting, error) {
	n := len(docs)
	if n == 1 {
		return posting{kind: postingOne, doc: docs[0]}, nil
	}
	p.buf.Reset()
	if n <= 64 || n <= maxList && n*8 <= p.docs {
		b := p.buf.AvailableBuffer()
		last := uint32(0)
		for _, d := range docs {
			b = binary.AppendUvarint(b, uint64(d-last))
			last = d
		}
		p.buf.Write(b)
		return posting{kind: postingList, data: p.buf.Bytes()}, nil
	}
	if err := p.encodeBitmap(docs); err != nil {
		return posting{}, err
	}
	return posting{kind: postingBitmap, data: p.buf.Bytes()}, nil
}

func (p *postingEncoder) encodeBitmap(docs []uint32) error {
	b := roaring.New()
	if len(docs)*32 < p.docs {
		b.AddMany(docs)
	} else {
		p.setWords(docs)
		b.FromDense(p.words, false)
		defer clear(p.words)
	}
	b.RunOptimize()
	_, err := b.WriteTo(&p.buf)
	return err
}

func (p *postingEncoder) setWords(docs []uint32) {
	if p.words == nil {
		p.words = make([]uint64, (p.docs+63)/64)
	}
	for _, d := range docs {
		p.words[d>>6] |= 1 << (d & 63)
	}
}

// sort puts distinct documents in order. Those of a merge are a few ascending stretches.
func (p *postingEncoder) sort(docs []uint32) {
	if slices.IsSorted(docs) {
		return
	}
	if len(docs)*64 < p.docs {
		slices.Sort(docs)
		return
	}
	p.setWords(docs)
	docs = docs[:0]
	for i, w := range p.words {
		for ; w != 0; w &= w - 1 {
			docs = append(docs, uint32(i<<6|bits.TrailingZeros64(w)))
		}
		p.words[i] = 0
	}
}
