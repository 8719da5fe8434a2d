package engine

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Status says what became of one event of an Append.
type Status string

// The statuses of an Outcome.
const (
	Created     Status = "created"
	Duplicate   Status = "duplicate"   // the same event was there already
	Conflict    Status = "conflict"    // another event has the ID
	Invalid     Status = "invalid"     // refused; Outcome.Err says why
	Unavailable Status = "unavailable" // whether the ID is taken cannot be told now, so it did not go in; a retry may
)

// Outcome is what became of one event of an Append.
type Outcome struct {
	ID     string
	Seq    uint64 // of the stored event, when Created or Duplicate
	Status Status
	Err    error // *FieldError when Invalid; wraps ErrConflict and names both digests when Conflict; why the look-up failed when Unavailable
}

// pending is an event on its way into the log, encoded by the goroutine that brought it.
type pending struct {
	event  *Event
	body   []byte // canonical content behind its head
	digest [32]byte
	key    idKey
	timed  bool // the sender gave the time; else a retry has another one and is still the same event
	out    *Outcome
}

// appendRequest is one Append's valid events.
type appendRequest struct {
	events []*pending
	house  bool          // the log's own; see origin
	next   int           // committer's: events before it are placed
	err    error         // set before done is closed
	done   chan struct{} // closed when every event is durable or refused
}

// origin says who brings events, and so what they may be.
type origin uint8

const (
	outside origin = iota // any tenant but the reserved one
	server                // the reserved tenant only
	house                 // the log's own traces, which go in on a disk that is nearly full and without waiting for the index
)

// Append makes events durable and returns what became of each, in order; one that cannot go in does not keep the others out. On return with a
// nil error every event that is Created or Duplicate is on disk (fsync returned), numbered, hashed into the tree and findable. Append
// normalizes the events in place and keeps them: they must not be changed afterwards.
// Errors: ErrDiskFull, ErrBehind, ErrFailed, ErrClosed, ctx's; then nothing is acknowledged, and a retry with the same IDs is safe.
func (l *Log) Append(ctx context.Context, events []*Event) ([]Outcome, error) {
	return l.append(ctx, events, outside)
}

// AppendOwn is Append for what the server tells of itself: it takes events of the reserved tenant and no others. They have no part in the
// space that is kept free: anyone who may read makes the server write them, and what is left then is for retention, which makes room again.
func (l *Log) AppendOwn(ctx context.Context, events []*Event) ([]Outcome, error) {
	return l.append(ctx, events, server)
}

func (l *Log) append(ctx context.Context, events []*Event, by origin) ([]Outcome, error) {
	if err := l.committable(); err != nil {
		return nil, err
	}
	if by != house { // its few events, retention's traces, free space
		if err := l.guard.err(); err != nil {
			return nil, err
		}
		if err := l.awaitIndex(ctx); err != nil {
			return nil, err
		}
	}
	outcomes := make([]Outcome, len(events))
	r := &appendRequest{events: make([]*pending, 0, len(events)), house: by == house, done: make(chan struct{})}
	contents := contentBuffers.Get().(*[]byte)
	now := l.o.Now()
	prepared := make([]pending, len(events))
	for i, e := range events {
		p := &prepared[i]
		err := p.prepare(e, now, by, contents)
		outcomes[i].ID = e.ID
		if err != nil {
			outcomes[i].Status, outcomes[i].Err = Invalid, err
			l.metrics.rejected("invalid", 1)
			continue
		}
		p.out = &outcomes[i]
		r.events = append(r.events, p)
	}
	if len(r.events) == 0 {
		keepContents(contents)
		return outcomes, nil
	}
	if err := l.queue.put(r); err != nil {
		return nil, err
	}
	select {
	case <-r.done:
		keepContents(contents) // the committer is done with them, which it may not be after the other end
		return outcomes, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for commit: %w", context.Cause(ctx))
	}
}

// prepare checks, fills and encodes an event. Its content is appended to contents.
func (p *pending) prepare(e *Event, now time.Time, by origin, contents *[]byte) error {
	timed := !e.Time.IsZero()
	if err := e.Normalize(now); err != nil {
		return err
	}
	switch reserved := e.Tenant == ReservedTenant; {
	case by == outside && reserved:
		return &FieldError{"tenant", fmt.Sprintf("%q is the server's own", e.Tenant)}
	case by != outside && !reserved:
		return &FieldError{"tenant", fmt.Sprintf("%q is not the server's own", shorten(e.Tenant))}
	}
	from := len(*contents)
	*contents = appendHead(*contents, e.ID, e.Time, e.Tenant)
	head := len(*contents) - from
	*contents = e.appendBody(*contents) // growing leaves what others have in it where it was
	content := (*contents)[from:len(*contents):len(*contents)]
	if len(content) > MaxEventBytes {
		*contents = (*contents)[:from]
		return tooLarge(len(content))
	}
	e.stored = len(content) - head
	*p = pending{event: e, body: content[head:], digest: contentDigest(content), key: newIDKey(e.Tenant, e.ID), timed: timed}
	return nil
}

// contentBuffers hold the contents of a request's events until they are committed.
var contentBuffers = sync.Pool{New: func() any { return new([]byte) }}

// maxContentBuffer is how large a buffer may be and still be used again.
const maxContentBuffer = 4 << 20

func keepContents(contents *[]byte) {
	if cap(*contents) <= maxContentBuffer {
		*contents = (*contents)[:0]
		contentBuffers.Put(contents)
	}
}

// committable returns why the log can commit nothing, or nil.
func (l *Log) committable() error {
	if l.stopping() {
		return ErrClosed
	}
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// stopping reports that Close was called.
func (l *Log) stopping() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

// indexPatienceMax is how long Append waits for an index that is too far behind.
const indexPatienceMax = 30 * time.Second

// awaitIndex waits while the index is too far behind: the tail would make searches slow.
func (l *Log) awaitIndex(ctx context.Context) error {
	if l.o.Index == nil {
		return nil
	}
	patience := time.NewTimer(indexPatienceMax)
	defer patience.Stop()
	for {
		changed := l.indexed.wait()
		if l.lag() <= l.o.MaxLag && l.lagBytes() <= l.o.MaxLagBytes {
			return nil
		}
		select {
		case <-changed:
		case <-patience.C:
			return ErrBehind
		case <-l.stop:
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("wait for the index to catch up: %w", context.Cause(ctx))
		}
	}
}

// lag is how many events that came since the start the index lacks, in the newest two windows. What it lost, and takes in again
// beside the new ones, must not stop the writers; nor must older windows, which are only fed after damage or on demand.
func (l *Log) lag() uint64 {
	windows := l.list()
	var lag uint64
	for _, w := range windows[max(0, len(windows)-2):] {
		end := w.end.Load()
		lag += end - min(end, max(w.indexed.Load(), w.served.Load()))
	}
	return lag
}

// maxQueuedBytes bounds what waits for the committer; beyond it Append blocks in put.
const maxQueuedBytes = 64 << 20

// commitQueue hands requests to the committer in order.
type commitQueue struct {
	mu      sync.Mutex
	room    sync.Cond
	waiting []*appendRequest
	bytes   int
	wake    chan struct{} // holds one token when waiting is not empty
	closed  bool
}

func (q *commitQueue) init() {
	q.room.L = &q.mu
	q.wake = make(chan struct{}, 1)
}

func (q *commitQueue) put(r *appendRequest) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.bytes > maxQueuedBytes && !q.closed {
		q.room.Wait()
	}
	if q.closed {
		return ErrClosed
	}
	q.waiting = append(q.waiting, r)
	q.bytes += r.bytes()
	q.signal()
	return nil
}

func (q *commitQueue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns all that waits.
func (q *commitQueue) take() []*appendRequest {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.waiting
	q.waiting, q.bytes = nil, 0
	q.room.Broadcast()
	return taken
}

// drain refuses what waits and what may still come.
func (q *commitQueue) drain(err error) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	for _, r := range q.take() {
		r.finish(err)
	}
}

func (r *appendRequest) bytes() (n int) {
	for i := range r.events {
		n += len(r.events[i].body) + 512
	}
	return n
}

func (r *appendRequest) finish(err error) {
	r.err = err
	close(r.done)
}
