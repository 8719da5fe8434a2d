package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"annals/engine"
)

const (
	// maxInMemory is how many bytes of segments may wait to be written before Add waits.
	maxInMemory = 144 << 20
	// splitFrom is how many events are worth a second builder.
	splitFrom = 512
	// maxBuild is how many events one builder takes at a time.
	maxBuild = 4096
)

// Add implements engine.Index. It builds at once, with two builders when there is work for them, and merges the smallest segments.
func (x *Index) Add(ctx context.Context, first uint64, events []*engine.Event) error {
	if len(events) == 0 {
		return nil
	}
	x.adding.Lock()
	defer x.adding.Unlock()
	w, g, err := x.admit(ctx, first, events)
	if err != nil {
		return fmt.Errorf("index events from seq %d: %w", events[0].Seq, err)
	}
	for len(events) > 0 {
		n := min(len(events), len(x.builders)*maxBuild)
		segments, err := x.build(events[:n])
		if err != nil {
			return fmt.Errorf("index events from seq %d: %w", events[0].Seq, err)
		}
		if err := x.take(w, g, segments); err != nil {
			return err
		}
		events = events[n:]
	}
	return x.mergeSmall(w, g)
}

// admit waits for room and returns where the events go.
func (x *Index) admit(ctx context.Context, first uint64, events []*engine.Event) (*window, *generation, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for {
		w := x.window(first)
		switch {
		case x.refusing:
			return nil, nil, errClosed
		case w == nil:
			return nil, nil, fmt.Errorf("window %d: %w", first, engine.ErrNotFound)
		case x.inMemory() <= maxInMemory:
			return w, w.target(), follow(w.target().next, events)
		}
		if err := x.await(ctx); err != nil {
			return nil, nil, err
		}
	}
}

// follow checks that the events are the next ones, without a gap.
func follow(next uint64, events []*engine.Event) error {
	for i, e := range events {
		if e.Seq != next+uint64(i) {
			return fmt.Errorf("seq %d comes where %d should", e.Seq, next+uint64(i))
		}
	}
	return nil
}

func (x *Index) inMemory() (n int64) {
	for _, w := range x.windows {
		n += w.live.inMemory() + w.fresh.inMemory()
	}
	return n
}

// build makes segments of events, at most one per builder.
func (x *Index) build(events []*engine.Event) ([]*segment, error) {
	parts := [][]*engine.Event{events}
	if len(events) >= splitFrom {
		parts = [][]*engine.Event{events[:len(events)/2], events[len(events)/2:]}
	}
	segments := make([]*segment, len(parts))
	errs := make([]error, len(parts))
	var wg sync.WaitGroup
	for i := range parts {
		build := func() {
			var data []byte
			if data, errs[i] = x.builders[i].build(parts[i]); errs[i] == nil {
				segments[i], errs[i] = openSegment(data)
			}
		}
		if i == len(parts)-1 {
			build()
		} else {
			wg.Go(build)
		}
	}
	wg.Wait()
	return segments, errors.Join(errs...)
}

// take makes new segments searchable.
func (x *Index) take(w *window, g *generation, segments []*segment) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !w.has(g) {
		return fmt.Errorf("index window %d: %w", w.first, engine.ErrNotFound)
	}
	for _, s := range segments {
		s.failed = x.logRelease
		s.born = time.Now()
		g.segments = append(g.segments[:len(g.segments):len(g.segments)], s)
		g.next = s.end
	}
	w.lastAdd = time.Now()
	x.lastAdd = w.lastAdd
	w.promote()
	x.publish()
	return nil
}

// mergeSmall merges small segments that are in memory.
func (x *Index) mergeSmall(w *window, g *generation) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for w.has(g) {
		run := g.pickRun(inlineLimit, true)
		if run == nil || !allInMemory(run) {
			return nil
		}
		grab(run)
		x.mu.Unlock()
		merged, err := mergeInMemory(run, nil)
		x.mu.Lock()
		if err == nil {
			x.swap(w, g, run, merged)
		}
		letGo(run)
		if err != nil {
			return fmt.Errorf("merge index segments: %w", err)
		}
	}
	return nil
}

func allInMemory(run []*segment) bool {
	for _, s := range run {
		if s.path != "" {
			return false
		}
	}
	return true
}

// grab keeps a run from other merges, and its segments from being freed: a Reset may give them up meanwhile. The lock must be held.
func grab(run []*segment) {
	for _, s := range run {
		s.busy = true
		s.hold()
	}
}

// letGo ends a grab. The lock must be held.
func letGo(run []*segment) {
	for _, s := range run {
		s.busy = false
		s.free()
	}
}

func mergeInMemory(run []*segment, stop func() bool) (*segment, error) {
	var b bytes.Buffer
	size := 0
	for _, s := range run {
		size += len(s.data)
	}
	b.Grow(size)
	if err := merge(&b, run, stop); err != nil {
		return nil, err
	}
	return openSegment(bytes.Clone(b.Bytes())) // without the room that was not needed
}

// swap puts a merged segment in the place of its sources. The lock must be held.
func (x *Index) swap(w *window, g *generation, run []*segment, merged *segment) {
	merged.failed = x.logRelease
	merged.born = run[0].born
	if !w.has(g) || !g.replace(run, merged) {
		merged.doomed.Store(true)
		merged.free()
		return
	}
	x.merges++
	if g == w.live {
		w.retire(run)
		if merged.path != "" {
			w.dirty = true
		}
	} else {
		(&generation{segments: run}).discard()
	}
	x.publish()
}
