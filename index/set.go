package index

import "github.com/RoaringBitmap/roaring/v2"

// docSet is a set of documents: those of bits, or all when bits is nil, that lie in [low, high). A time range is a range of document
// numbers, so most queries never turn it into a bitmap. Bits may belong to a mapped segment and are never changed.
type docSet struct {
	low, high uint32
	bits      *roaring.Bitmap
}

func (a docSet) empty() bool { return a.low >= a.high }

func (a docSet) count() uint64 { return a.rank(a.high) }

// rank returns how many documents of the set are below doc.
func (a docSet) rank(doc uint32) uint64 {
	doc = min(doc, a.high)
	switch {
	case doc <= a.low:
		return 0
	case a.bits == nil:
		return uint64(doc - a.low)
	}
	return a.bits.CardinalityInRange(uint64(a.low), uint64(doc))
}

// next returns the first document of the set that is not below doc.
func (a docSet) next(doc uint32) (uint32, bool) {
	doc = max(doc, a.low)
	if doc >= a.high {
		return 0, false
	}
	if a.bits == nil {
		return doc, true
	}
	v := a.bits.NextValue(doc)
	return uint32(v), v >= 0 && v < int64(a.high)
}

// before returns the last document of the set that is below doc.
func (a docSet) before(doc uint32) (uint32, bool) {
	doc = min(doc, a.high)
	if doc <= a.low {
		return 0, false
	}
	if a.bits == nil {
		return doc - 1, true
	}
	v := a.bits.PreviousValue(doc - 1)
	return uint32(v), v >= int64(a.low)
}

// bitmap returns the set as a bitmap, which must not be changed.
func (a docSet) bitmap() *roaring.Bitmap {
	if a.bits != nil && (a.bits.IsEmpty() || a.bits.Minimum() >= a.low && a.bits.Maximum() < a.high) {
		return a.bits
	}
	all := roaring.New()
	all.AddRange(uint64(a.low), uint64(max(a.low, a.high)))
	if a.bits == nil {
		return all
	}
	return roaring.And(a.bits, all)
}

// each calls fn with the documents of the set, a stretch at a time, in order.
func (a docSet) each(fn func(docs []uint32)) {
	var buf [1024]uint32
	if a.bits == nil {
		for d := a.low; d < a.high; {
			n := 0
			for ; n < len(buf) && d < a.high; d++ {
				buf[n] = d
				n++
			}
			fn(buf[:n])
		}
		return
	}
	each(a.bitmap(), fn)
}

// eachBack calls fn with the documents of the set from the last to the first until it returns false.
func (a docSet) eachBack(fn func(doc uint32) bool) {
	if a.bits == nil {
		for d := a.high; d > a.low; d-- {
			if !fn(d - 1) {
				return
			}
		}
		return
	}
	for it := a.bitmap().ReverseIterator(); it.HasNext(); {
		if !fn(it.Next()) {
			return
		}
	}
}

func (a docSet) and(b docSet) docSet {
	a.low, a.high = max(a.low, b.low), min(a.high, b.high)
	switch {
	case a.empty():
		return docSet{}
	case a.bits == nil:
		a.bits = b.bits
	case b.bits != nil:
		a.bits = intersect(a.bits, b.bits)
		if a.bits.IsEmpty() {
			return docSet{}
		}
	}
	return a
}

func (a docSet) or(b docSet) docSet {
	switch {
	case a.empty():
		return b
	case b.empty():
		return a
	case a.bits == nil && b.bits == nil && a.low <= b.high && b.low <= a.high:
		return docSet{low: min(a.low, b.low), high: max(a.high, b.high)}
	}
	return docSet{low: min(a.low, b.low), high: max(a.high, b.high), bits: roaring.Or(a.bitmap(), b.bitmap())}
}

func (a docSet) not(b docSet) docSet {
	b.low, b.high = max(a.low, b.low), min(a.high, b.high)
	switch {
	case b.empty():
		return a
	case b.bits == nil && b.low == a.low:
		a.low = b.high
	case b.bits == nil && b.high == a.high:
		a.high = b.low
	default:
		a.bits = roaring.AndNot(a.bitmap(), b.bitmap())
		if a.bits.IsEmpty() {
			return docSet{}
		}
	}
	return a
}
