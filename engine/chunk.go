package engine

import (
	"errors"
	"math"
	"slices"
	"sync/atomic"
)

// Many events are read in chunks: of so many places that runs of neighbours are found, and of so few that their events can be held, however
// large they are.
const (
	fetchChunk      = 1024
	fetchChunkBytes = 8 << 20
)

// chunker reads events a chunk at a time. Nobody knows how large they are before they are read: a chunk that passes its bound is given up
// and read again with fewer places, and the next ones begin with as few.
type chunker struct {
	most  int // places in a chunk
	bytes int // of events in a chunk of more than one
	n     int // places to try next; 0 means most

	// read calls fn for each of the places, which ascend, in any order and perhaps from two goroutines; fn's error ends it.
	read func(at []Pos, fn func(i int, e *Event) error) error
}

// errTooMuch gives up a chunk.
var errTooMuch = errors.New("the events of a chunk are too large to be held at once")

// next reads the first of the places, at least one, and returns their events. The places may be in any order; the events are in the same.
func (c *chunker) next(at []Pos) ([]*Event, error) {
	if c.n == 0 {
		c.n = c.most
	}
	for {
		events, held, err := c.try(at[:min(len(at), c.n)])
		if errors.Is(err, errTooMuch) {
			c.n = max(1, min(len(at), c.n)/4)
			continue
		}
		if err == nil && len(events) == c.n && held < c.bytes/4 {
			c.n = min(2*c.n, c.most)
		}
		return events, err
	}
}

func (c *chunker) try(at []Pos) (events []*Event, held int, err error) {
	sorted, order := ascending(at)
	events = make([]*Event, len(at))
	most := int64(c.bytes)
	if len(at) == 1 {
		most = math.MaxInt64
	}
	var sum atomic.Int64
	err = c.read(sorted, func(i int, e *Event) error {
		if sum.Add(int64(e.held())) > most {
			return errTooMuch
		}
		if order != nil {
			i = order[i]
		}
		events[i] = e
		return nil
	})
	return events, int(sum.Load()), err
}

// ascending returns the places in time order and the number that each had; no numbers when they were in that order already.
func ascending(at []Pos) (sorted []Pos, order []int) {
	if slices.IsSortedFunc(at, comparePos) {
		return at, nil
	}
	order = make([]int, len(at))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return comparePos(at[i], at[j]) })
	sorted = make([]Pos, len(at))
	for i, from := range order {
		sorted[i] = at[from]
	}
	return sorted, order
}
