package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The indexer is a follower that feeds the index. It takes the newest window first: what is being written is what people look for.
const (
	indexBatch    = 8192                   // most events in one Add …
	indexBytes    = 16 << 20               // … and about their bytes
	indexGather   = 1000                   // fewer wait for more to come …
	indexPatience = 200 * time.Millisecond // … but not longer than this; searches read them from the tail meanwhile
	indexTurns    = 4                      // one batch in so many is an older window's, when one lacks something
)

func (l *Log) indexLoop() {
	defer l.workers.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-l.stop
		cancel()
	}()
	for turn := 0; ctx.Err() == nil; turn++ {
		published, asked := l.publish.wait(), l.reindex.wait()
		w, retry := pickToIndex(l.toIndex(), turn%indexTurns == indexTurns-1, time.Now())
		if w == nil {
			select {
			case <-published:
				l.gather()
			case <-asked:
			case <-retry:
			case <-l.stop:
			}
			continue
		}
		if err := l.indexNext(ctx, w); err != nil && ctx.Err() == nil && !errors.Is(err, errDropped) {
			l.indexFailed(w, err)
		}
	}
}

// toIndex returns the windows that the index lacks something of, the newest first.
func (l *Log) toIndex() (lacking []*window) {
	if l.o.Index == nil {
		return nil
	}
	for _, w := range slices.Backward(l.list()) {
		w.mu.Lock()
		if w.damage == "" && !w.gone && (w.indexed.Load() < w.end.Load() || w.sealed && !w.indexSealed) {
			lacking = append(lacking, w)
		}
		w.mu.Unlock()
	}
	return lacking
}

// pickToIndex returns the first of the windows, or, when it is an older one's turn, the next: while events come without a pause the newest always
// lacks some. One that failed a moment ago is passed over until its time; if there are none but such, retry says when to look again.
func pickToIndex(lacking []*window, older bool, now time.Time) (w *window, retry <-chan time.Time) {
	var soonest time.Duration
	for _, v := range lacking {
		if wait := v.indexPause(now); wait > 0 {
			if soonest == 0 || wait < soonest {
				soonest = wait
			}
			continue
		}
		if w != nil {
			return v, nil
		}
		if w = v; !older {
			return w, nil
		}
	}
	if w == nil && soonest > 0 {
		retry = time.After(soonest)
	}
	return w, retry
}

// gather waits until a batch has come together, or for a moment.
func (l *Log) gather() {
	deadline := time.After(indexPatience)
	for l.lag() < indexGather {
		published := l.publish.wait()
		select {
		case <-published:
		case <-deadline:
			return
		case <-l.stop:
			return
		}
	}
}

// indexNext adds one batch of the window, or seals it in the index when it has all.
func (l *Log) indexNext(ctx context.Context, w *window) error {
	from, end := w.indexed.Load(), w.end.Load()
	if from == end {
		if err := l.o.Index.Seal(w.first); err != nil {
			return fmt.Errorf("seal: %w", err)
		}
		w.mu.Lock()
		w.indexSealed = true
		w.mu.Unlock()
		w.indexWent(end)
		return nil
	}
	end = min(end, from+indexBatch)
	batch, held := make([]*Event, 0, end-from), 0
	err := l.readRange(ctx, from, end, func(e *Event) error {
		batch = append(batch, e)
		if held += e.held(); held >= indexBytes {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("read seq %d to %d: %w", from, end, err)
	}
	end = from + uint64(len(batch))
	l.indexing.Lock()
	defer l.indexing.Unlock()
	if w.indexed.Load() != from {
		return nil // reset meanwhile
	}
	if err := l.o.Index.Add(ctx, w.first, batch); err != nil {
		return &addError{from, end, err}
	}
	w.indexed.Store(end)
	w.serve(batch)
	w.indexWent(end)
	if l.lag() == 0 { // while more come, searches may still want those that the index lacked when they began
		l.recent.indexed(end)
	}
	l.indexed.notify()
	return nil
}

// Reindex feeds the index again, online, from the log: the one window that holds the seq, or all when seq is nil. It returns when the
// index has caught up. What the index has of a window serves searches until the new segments cover as much.
func (l *Log) Reindex(ctx context.Context, seq *uint64) error {
	if l.o.Index == nil {
		return errors.New("reindex: there is no index")
	}
	windows := l.list()
	if seq != nil {
		w := windowOf(windows, *seq)
		if w == nil {
			return fmt.Errorf("reindex: no window holds seq %d: %w", *seq, ErrNotFound)
		}
		windows = []*window{w}
	}
	var errs []error // of windows that cannot be read; the others are done all the same
	var reset []*window
	for _, w := range windows {
		err := w.servable()
		if err == nil {
			err = l.resetIndex(w)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("reindex: %w", err))
			continue
		}
		w.hurryIndex()
		reset = append(reset, w)
	}
	l.reindex.notify()
	return errors.Join(append(errs, l.awaitIndexed(ctx, reset))...)
}

func (l *Log) resetIndex(w *window) error {
	l.indexing.Lock()
	defer l.indexing.Unlock()
	next, err := l.o.Index.Reset(w.first)
	if err != nil {
		return fmt.Errorf("window %d: %w", w.first, err)
	}
	w.indexed.Store(next)
	w.mu.Lock()
	w.indexSealed = false
	w.mu.Unlock()
	l.feedAgain(w)
	return nil
}

// feedAgain makes way for the writers when the index has much of the newest window to take in again: a window is taken in by seq, so new events
// would have to wait for the old ones. They go to the next window instead, which is fed first.
func (l *Log) feedAgain(w *window) {
	if l.o.Index != nil && w.end.Load()-min(w.end.Load(), w.indexed.Load()) > l.o.MaxLag {
		w.split.Store(true)
	}
}

// awaitIndexed waits until the index has what the windows hold now.
func (l *Log) awaitIndexed(ctx context.Context, windows []*window) error {
	for _, w := range windows {
		for end := w.end.Load(); ; {
			changed := l.indexed.wait()
			if w.indexed.Load() >= end || w.removed() {
				break
			}
			select {
			case <-changed:
			case <-l.stop:
				return ErrClosed
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

// WaitIndexed returns when everything that is durable now is in the index and on disk there.
func (l *Log) WaitIndexed(ctx context.Context) error {
	if l.o.Index == nil {
		return nil
	}
	if err := l.awaitIndexed(ctx, l.list()); err != nil {
		return fmt.Errorf("wait for the index: %w", err)
	}
	return l.o.Index.Flush(ctx)
}
