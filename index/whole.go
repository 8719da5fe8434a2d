package index

import "sync"

// maxWholeCodes is how many different codes a column may have for the counts of all documents to be kept.
const maxWholeCodes = 1 << 16

// wholeCounts remembers how many of a segment's documents have each code of a column: what all events of one tenant, or of all, are counted and sorted by
// is asked again and again, and a segment never changes.
type wholeCounts struct {
	mu     sync.Mutex
	counts map[wholeOf][]uint32
}

// wholeOf is a column, of which 1 << shift neighbouring codes are counted together. Code 0 is always alone.
type wholeOf struct {
	column string
	shift  uint
}

// of returns the counts, which must not be changed: of code 0, and then of each group of codes. It is nil when they are too many to be kept.
func (w *wholeCounts) of(s *segment, column string, ords *ordinals, codes uint32, shift uint) []uint32 {
	groups := (uint64(codes-1)+1<<shift-1)>>shift + 1
	if groups > maxWholeCodes {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	key := wholeOf{column, shift}
	if counts, known := w.counts[key]; known {
		return counts
	}
	counts := make([]uint32, groups)
	for doc := range uint32(s.docs) {
		if code := ords.at(doc); code == 0 || code >= codes {
			counts[0]++
		} else {
			counts[(code-1)>>shift+1]++
		}
	}
	if w.counts == nil {
		w.counts = map[wholeOf][]uint32{}
	}
	w.counts[key] = counts
	return counts
}

// missing returns the documents that are no hits, when they are so few that it is faster to count them than the hits.
func (p *part) missing() (docSet, bool) {
	if (p.s.docs-p.count)*4 > p.count {
		return docSet{}, false
	}
	return docSet{high: uint32(p.s.docs)}.not(p.set), true
}
