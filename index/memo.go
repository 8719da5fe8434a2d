package index

import (
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// memoKeys is how many checks a segment remembers. The answers of one take up two bits of each of its documents at the most.
const memoKeys = 4

// memo remembers what checks have said of a segment's documents: reading an event takes a thousand times as long, and a page that shows a list,
// a histogram and facets asks three times, the next page again. The answer never changes, since neither the event nor the segment does. It may be
// used concurrently, and goes with the segment.
type memo struct {
	mu   sync.Mutex // guards kept
	kept []answers  // the ones used last are last
}

// answers are a check's. The bitmaps are never changed.
type answers struct {
	key            string
	seen, accepted *roaring.Bitmap
}

// get returns which documents were checked, and which of them were accepted.
func (m *memo) get(key string) (seen, accepted docSet) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.find(key)
	if i < 0 {
		return docSet{}, docSet{}
	}
	a := m.kept[i]
	m.kept = append(slices.Delete(m.kept, i, i+1), a)
	return setOf(a.seen), setOf(a.accepted)
}

// put adds answers.
func (m *memo) put(key string, seen, accepted docSet) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := answers{key, seen.bitmap().Clone(), accepted.bitmap().Clone()}
	if i := m.find(key); i >= 0 {
		a.seen.Or(m.kept[i].seen)
		a.accepted.Or(m.kept[i].accepted)
		m.kept = slices.Delete(m.kept, i, i+1)
	}
	a.seen.RunOptimize()
	a.accepted.RunOptimize()
	if len(m.kept) == memoKeys {
		m.kept = slices.Delete(m.kept, 0, 1)
	}
	m.kept = append(m.kept, a)
}

func (m *memo) find(key string) int {
	return slices.IndexFunc(m.kept, func(a answers) bool { return a.key == key })
}

// setOf is the set of a bitmap.
func setOf(bits *roaring.Bitmap) docSet {
	if bits.IsEmpty() {
		return docSet{}
	}
	return docSet{high: bits.Maximum() + 1, bits: bits}
}
