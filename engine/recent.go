package engine

import "sync"

// Bounds of what is kept of the newest events, decoded, so that the index, searches of the tail and live tails need not read them back.
const (
	recentEvents = 1 << 16   // more than Options.MaxLag …
	recentBytes  = 128 << 20 // … and of more than that many with Options.MaxLagBytes, so that the tail is in memory: from the store it takes seconds
	recentDone   = 2048      // of those that the index has; live tails may still want them
)

// recent holds the newest events. Seqs are contiguous.
type recent struct {
	mu     sync.Mutex
	first  uint64
	events []*Event
	sizes  []int32 // rough bytes of each
	bytes  int
}

// add appends a group's events and forgets the oldest beyond the bounds.
func (r *recent) add(group []*pending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 && len(group) > 0 {
		r.first = group[0].event.Seq
	}
	for i := range group {
		size := 2*len(group[i].body) + 512
		r.events = append(r.events, group[i].event)
		r.sizes = append(r.sizes, int32(size))
		r.bytes += size
	}
	drop := 0
	for bytes := r.bytes; len(r.events)-drop > recentEvents || bytes > recentBytes; drop++ {
		bytes -= int(r.sizes[drop])
	}
	r.drop(drop)
}

// indexed forgets most of what lies below the seq: the index has it.
func (r *recent) indexed(seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if keep := seq - min(seq, recentDone); keep > r.first {
		r.drop(int(min(keep-r.first, uint64(len(r.events)))))
	}
}

func (r *recent) drop(n int) {
	for i := range n {
		r.bytes -= int(r.sizes[i])
		r.events[i] = nil
	}
	r.events, r.sizes = r.events[n:], r.sizes[n:]
	r.first += uint64(n)
}

// get returns the events with from <= seq < to, or nil when it does not have all of them.
func (r *recent) get(from, to uint64) []*Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	if from < r.first || to > r.first+uint64(len(r.events)) || from >= to {
		return nil
	}
	return append([]*Event(nil), r.events[from-r.first:to-r.first]...)
}
