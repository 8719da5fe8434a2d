package engine

import (
	"errors"
	"fmt"
	"time"
)

// indexTrouble is what keeps a window out of the index.
type indexTrouble struct {
	since time.Time
	err   error         // of the last attempt
	until uint64        // the trouble is over when the index has the events below
	pause time.Duration // before the next attempt
	next  time.Time     // of the next attempt
}

func (t *indexTrouble) Error() string {
	return fmt.Sprintf("the index cannot be fed since %s: %v", t.since.UTC().Format(time.RFC3339), t.err)
}

func (t *indexTrouble) Unwrap() error { return t.err }

// Pauses between attempts to feed a window: a fault that passes is over soon, and one that stays must not keep a processor busy.
const (
	minIndexPause = time.Second
	maxIndexPause = time.Minute
)

// addError is a batch that the index failed to take in.
type addError struct {
	from, end uint64
	err       error
}

func (e *addError) Error() string { return fmt.Sprintf("add seq %d to %d: %v", e.from, e.end, e.err) }
func (e *addError) Unwrap() error { return e.err }

// indexFailed notes that the index could not be fed. After an Add that failed nobody knows what of the batch it has, and it would refuse the
// batch for ever, or the one behind it: it begins the window again, while searches go on with what it has.
func (l *Log) indexFailed(w *window, err error) {
	l.metrics.indexErrors.Inc()
	until := min(w.end.Load(), w.indexed.Load()+indexBatch)
	if failed, ok := errors.AsType[*addError](err); ok {
		until = failed.end
		err = errors.Join(err, l.resetIndex(w))
	}
	pause := w.indexStuck(until, err)
	l.o.Logger.Error("feed the index; it is tried again", "window", w.first, "in", pause, "err", err)
}

func (w *window) indexStuck(until uint64, err error) (pause time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.trouble == nil {
		w.trouble = &indexTrouble{since: now, pause: minIndexPause / 2}
	}
	t := w.trouble
	t.err, t.until = err, max(t.until, until)
	t.pause = min(2*t.pause, maxIndexPause)
	t.next = now.Add(t.pause)
	return t.pause
}

// indexWent notes that the index has the events below the seq.
func (w *window) indexWent(seq uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble != nil && seq >= w.trouble.until {
		w.trouble = nil
	}
}

// indexPause is how long the window must wait until it is tried again.
func (w *window) indexPause(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble == nil {
		return 0
	}
	return max(0, w.trouble.next.Sub(now))
}

// hurryIndex ends the pause: someone has asked for another attempt.
func (w *window) hurryIndex() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble != nil {
		w.trouble.next = time.Time{}
	}
}
