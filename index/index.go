// Package index finds events: segments of terms and columns, built from the log and kept beside each of its windows.
//
// A segment is immutable and has the form of Bleve's: a sorted dictionary of terms, roaring bitmaps as postings, mapped files. It is
// our own because of how an audit log arrives. Documents are numbered in (time, seq) order, so a time range is a range of numbers, a
// histogram a rank difference and a total a cardinality; events that come late make segments overlap in time, so a merge must
// interleave documents, where Bleve's can only concatenate them. And the dictionary is blocks of terms that share their beginnings
// rather than an FST: most of its terms are random IDs, which share no endings, so that an FST of them takes up a fifth more space
// and ten times as long to walk and write, which every merge does.
//
// FORMAT.md draws a segment and a window's manifest. What is on disk is derived: whatever is missing, damaged or of another version
// is removed when the window is opened, and the log feeds it again.
package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"annals/engine"
)

// Options configure an index. The zero value is ready to use.
type Options struct {
	Logger *slog.Logger // nil: slog.Default()
}

// Index implements engine.Index.
type Index struct {
	logger *slog.Logger
	disk   disk

	adding   sync.Mutex // held by Add: the builders serve one batch at a time
	builders [2]builder

	mu       sync.Mutex // guards what follows and all windows
	windows  []*window  // by first seq
	current  *snapshot
	changed  chan struct{} // closed, and replaced, when something changes that someone may wait for
	flushes  int           // calls of Flush that wait
	lastAdd  time.Time
	working  *window // whose segments the background is at
	refusing bool    // Close was called
	closing  bool    // and no Add is under way
	failure  error   // of the last attempt to write; nil after a success
	failed   uint64
	retryAt  time.Time
	merges   uint64
	rebuilt  uint64

	wake chan struct{}
	done chan struct{} // closed when the background has ended
}

var _ engine.Index = (*Index)(nil)

var errClosed = errors.New("index is closed")

// New returns an index without windows. Close ends it.
func New(o Options) *Index {
	x := &Index{
		logger:  o.Logger,
		current: newSnapshot(nil),
		changed: make(chan struct{}),
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	if x.logger == nil {
		x.logger = slog.Default()
	}
	go x.background()
	return x
}

// OpenWindow implements engine.Index.
func (x *Index) OpenWindow(dir string, first, end uint64, sealed bool) (uint64, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return first, fmt.Errorf("create index directory: %w", err)
	}
	segments, damage := x.disk.loadSegments(dir, first, end)
	if damage != nil && !isDamage(damage) {
		return first, fmt.Errorf("read index: %w", damage)
	}
	if damage != nil {
		x.logger.Warn("index of a window is damaged and will be built again", "dir", dir, "first", first, "error", damage)
	}
	for _, s := range segments {
		s.failed = x.logRelease
	}
	w := &window{dir: dir, first: first, sealed: sealed, live: &generation{segments: segments, next: first}}
	if err := x.disk.sweep(dir, segments); err != nil {
		w.free()
		return first, fmt.Errorf("sweep index directory: %w", err)
	}
	if n := len(segments); n > 0 {
		w.live.next = segments[n-1].end
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.mayOpen(first); err != nil {
		w.free()
		return first, fmt.Errorf("open window %d: %w", first, err)
	}
	if damage != nil {
		x.rebuilt++
	}
	at, _ := slices.BinarySearchFunc(x.windows, first, func(w *window, first uint64) int {
		if w.first < first {
			return -1
		}
		return 1
	})
	x.windows = slices.Insert(x.windows, at, w)
	x.publish()
	return w.live.next, nil
}

func (x *Index) mayOpen(first uint64) error {
	switch {
	case x.refusing:
		return errClosed
	case x.window(first) != nil:
		return errors.New("it is open already")
	}
	return nil
}

// window returns the window that starts at first, or nil. The lock must be held.
func (x *Index) window(first uint64) *window {
	for _, w := range x.windows {
		if w.first == first {
			return w
		}
	}
	return nil
}

func (x *Index) logRelease(err error) { x.logger.Error("release an index segment", "error", err) }

// publish makes the live segments what views see, and wakes whoever waits. The lock must be held.
func (x *Index) publish() {
	views := make([]windowView, len(x.windows))
	for i, w := range x.windows {
		views[i] = windowView{first: w.first, end: w.live.next, segments: w.live.segments}
	}
	before := x.current
	x.current = newSnapshot(views)
	before.free()
	x.notify()
}

func (x *Index) notify() {
	close(x.changed)
	x.changed = make(chan struct{})
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// await releases the lock until something changes, and takes it again.
func (x *Index) await(ctx context.Context) error {
	changed := x.changed
	x.mu.Unlock()
	defer x.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// View implements engine.Index.
func (x *Index) View() engine.IndexView {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.current.refs.Add(1)
	return &view{snapshot: x.current}
}

// Seal implements engine.Index.
func (x *Index) Seal(first uint64) error {
	return x.change(first, func(w *window) { w.sealed = true })
}

// Reset implements engine.Index.
func (x *Index) Reset(first uint64) (uint64, error) {
	return first, x.change(first, func(w *window) {
		if w.fresh != nil {
			w.fresh.discard()
		}
		w.fresh = &generation{next: first}
		w.promote()
	})
}

func (x *Index) change(first uint64, fn func(*window)) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	w := x.window(first)
	if w == nil {
		return fmt.Errorf("index window %d: %w", first, engine.ErrNotFound)
	}
	fn(w)
	x.publish()
	return nil
}

// Drop implements engine.Index. It waits until the background has let go of the window's directory.
func (x *Index) Drop(first uint64) error {
	var dropped *window
	err := x.change(first, func(w *window) {
		w.dropped = true
		dropped = w
		x.windows = slices.DeleteFunc(x.windows, func(v *window) bool { return v == w })
	})
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.working == dropped {
		_ = x.await(context.Background()) // never ends early
	}
	dropped.free()
	return nil
}

// Stats implements engine.Index.
func (x *Index) Stats() engine.IndexStats {
	x.mu.Lock()
	defer x.mu.Unlock()
	st := engine.IndexStats{Merges: x.merges, Rebuilds: x.rebuilt, Failure: x.failure}
	for _, w := range x.windows {
		for _, s := range w.live.segments {
			st.Segments++
			if s.path != "" {
				st.Bytes += int64(len(s.data))
			}
		}
	}
	return st
}

// Flush implements engine.Index. It fails when an attempt to write fails meanwhile; the index goes on trying.
func (x *Index) Flush(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.flushes++
	defer func() { x.flushes-- }()
	x.retryAt = time.Time{}
	x.notify()
	failed := x.failed
	for x.working != nil || x.pick(time.Now()) != nil {
		if x.refusing {
			return errClosed
		}
		if x.failed > failed {
			return fmt.Errorf("flush index: %w", x.failure)
		}
		if err := x.await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close writes what is in memory only and frees everything. After an error what could not be written is fed again.
func (x *Index) Close() error {
	x.mu.Lock()
	x.refusing = true
	x.notify()
	x.mu.Unlock()
	x.adding.Lock()
	defer x.adding.Unlock()
	x.mu.Lock()
	x.closing, x.failure, x.retryAt = true, nil, time.Time{}
	x.notify()
	x.mu.Unlock()
	<-x.done
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, w := range x.windows {
		w.free()
	}
	x.windows = nil
	x.publish()
	return x.failure
}
