package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The indexer is a follower that feeds the index. It takes the newest window first: what is being written is what people look for.
const (
	indexBatch    = 8192                   // most events in one Add …
	indexBytes    = 16 << 20               // … and about their bytes
	indexGather   = 1000                   // fewer wait for more to come …
	indexPatience = 200 * time.Millisecond // … but not longer than this; searches read them from the tail meanwhile
	indexRetry    = time.Second
)

func (l *Log) indexLoop() {
	defer l.workers.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-l.stop
		cancel()
	}()
	for ctx.Err() == nil {
		published, asked := l.publish.wait(), l.reindex.wait()
		w := l.nextToIndex()
		if w == nil {
			select {
			case <-published:
				l.gather()
			case <-asked:
			case <-l.stop:
			}
			continue
		}
		if err := l.indexNext(ctx, w); err != nil && ctx.Err() == nil && !errors.Is(err, errDropped) {
			l.metrics.indexErrors.Inc()
			l.o.Logger.Error("index events; it is tried again", "window", w.first, "err", err)
			select {
			case <-time.After(indexRetry):
			case <-l.stop:
			}
		}
	}
}

// nextToIndex returns the newest window that the index lacks something of.
func (l *Log) nextToIndex() *window {
	windows := l.list()
	for i := len(windows) - 1; i >= 0; i-- {
		w := windows[i]
		w.mu.Lock()
		ok := w.damage == "" && !w.gone && (w.indexed.Load() < w.end.Load() || w.sealed && !w.indexSealed)
		w.mu.Unlock()
		if ok {
			return w
		}
	}
	return nil
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
		return fmt.Errorf("add seq %d to %d: %w", from, end, err)
	}
	w.indexed.Store(end)
	w.serve(batch)
	if l.lag() == 0 {
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
	return nil
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
