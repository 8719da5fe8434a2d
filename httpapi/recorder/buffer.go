package recorder

import (
	"slices"
	"sync"
	"time"

	"annals/engine"
)

// item is an event that waits, with the size of its JSON.
type item struct {
	event *engine.Event
	bytes int
	loss  bool // it tells of lost events; losing it is not told again
}

// Loss says what did not get into the log.
type Loss struct {
	Lost    uint64 // events that found the buffer full, or closed
	Refused uint64 // events that the log would not take
	Reason  string // of the first refusal
	From    time.Time
	To      time.Time // times of the first and the last event lost
	Over    bool      // there is room again, and an event about the loss on its way
}

// buffer holds the events that the log does not have yet: those that wait and those under way count alike, so that its bounds
// are those of memory.
type buffer struct {
	maxEvents, maxBytes int
	wake                chan struct{} // has an element when something has come
	onLoss              func(Loss)    // must not block; called with mu held
	lossItem            func(Loss) item

	mu            sync.Mutex // guards what follows
	items         []item
	events, bytes int  // of items and of what take has given out
	loss          Loss // since the last event about one
	lost, refused uint64
	closed        bool
}

// put never waits: what does not fit is lost.
func (b *buffer) put(it item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.events >= b.maxEvents || b.bytes+it.bytes > b.maxBytes {
		b.lost++
		b.miss(it, func() { b.loss.Lost++ })
		return
	}
	b.tellLoss()
	b.add(it)
}

// refuse notes an event that can never get into the log.
func (b *buffer) refuse(it item, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused++
	if it.loss {
		return
	}
	b.miss(it, func() {
		if b.loss.Refused++; b.loss.Refused == 1 {
			b.loss.Reason = cut(why.Error(), maxNameBytes)
		}
	})
}

func (b *buffer) miss(it item, count func()) {
	first := b.loss == Loss{}
	count()
	at := it.event.Time
	if first || at.Before(b.loss.From) {
		b.loss.From = at
	}
	if at.After(b.loss.To) {
		b.loss.To = at
	}
	if first {
		b.onLoss(b.loss)
	}
}

func (b *buffer) add(it item) {
	b.items = append(b.items, it)
	b.events++
	b.bytes += it.bytes
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// tellLoss puts the event about a loss in. It may pass the bounds, by that one event.
func (b *buffer) tellLoss() {
	if b.loss == (Loss{}) {
		return
	}
	loss := b.loss
	loss.Over, b.loss = true, Loss{}
	b.add(b.lossItem(loss))
	b.onLoss(loss)
}

// take gives out the oldest events, which stay on the books until they are settled.
func (b *buffer) take(maxEvents, maxBytes int) []item {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, bytes := 0, 0
	for n < len(b.items) && n < maxEvents && (n == 0 || bytes+b.items[n].bytes <= maxBytes) {
		bytes += b.items[n].bytes
		n++
	}
	batch := slices.Clone(b.items[:n])
	b.items = slices.Delete(b.items, 0, n)
	return batch
}

// settle takes events off the books. Where some were lost, the log will hear of it now that there is room.
func (b *buffer) settle(done []item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, it := range done {
		b.events--
		b.bytes -= it.bytes
	}
	if len(done) > 0 && b.events < b.maxEvents {
		b.tellLoss()
	}
}

// waiting returns how many events could be taken, and whether they are a whole batch.
func (b *buffer) waiting(batch int) (n int, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.items), len(b.items) >= batch
}

func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

func (b *buffer) stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{Lost: b.lost, Refused: b.refused, Waiting: b.events}
}
