package httpapi

import (
	"container/list"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"annals/engine"
)

const (
	foldTime     = time.Minute
	maxFolds     = 4096 // at once; the oldest is then over early
	maxStrangers = 100  // addresses, or names that nobody has, with an event of their own in a minute
)

// foldKey is what is the same in all that is folded into one event.
type foldKey struct {
	action string
	who    identity   // zero: a stranger
	from   netip.Addr // zero: several
	about  string     // the question or the thing, bounded
	code   string     // of the error; "": success
}

// figures are what is added up in a fold. Totals may differ: the first and the last are kept.
type figures struct {
	From      time.Time `json:"from,omitzero"` // the range of time that was asked for; of a fold, the range that holds them all
	To        time.Time `json:"to,omitzero"`
	Total     *uint64   `json:"total,omitempty"` // events that match, or were verified
	LastTotal *uint64   `json:"last_total,omitempty"`
	Rows      *uint64   `json:"rows,omitempty"`     // events sent
	Finished  *bool     `json:"finished,omitempty"` // all of them
	TookMS    float64   `json:"took_ms,omitzero"`   // of a fold, the longest
	RequestID string    `json:"request_id,omitempty"`
	Count     uint64    `json:"count"` // requests, or events refused
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`
}

// fold is what came first, which is written, and the sum of what came after it, which is not.
type fold struct {
	key   foldKey
	begun time.Time
	event *engine.Event // a copy of the first, for the other one
	told  told
	more  figures // Count is 0 when nothing came after
}

// folds makes of what is the same within a minute two events: the first at once, the rest when the minute is over.
type folds struct {
	mu        sync.Mutex // guards what follows
	open      map[foldKey]*list.Element
	byAge     *list.List // of *fold, the oldest first
	strangers int        // let in since the time
	since     time.Time
	closed    bool // nothing is folded any more
}

func newFolds() folds { return folds{open: map[foldKey]*list.Element{}, byAge: list.New()} }

// fold takes in something that happened. What it is, is only asked for when it is the first of its kind.
func (o *OwnLog) fold(key foldKey, at time.Time, f figures, tell func() (*engine.Event, told)) {
	o.put(o.folds.add(key, at, f, tell))
}

// add returns the events to write now.
func (f *folds) add(key foldKey, at time.Time, add figures, tell func() (*engine.Event, told)) []*engine.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := f.over(at)
	if f.more(key, at, &add) {
		return events
	}
	crowd := key.who == identity{} && !f.admit(at)
	if crowd {
		key = foldKey{action: key.action, code: key.code}
		if f.more(key, at, &add) {
			return events
		}
	}
	e, t := tell()
	if crowd {
		e, t = &engine.Event{Action: e.Action, Operation: e.Operation, Result: e.Result, Error: &engine.EventError{Code: key.code}}, told{Reason: t.Reason, Others: true}
	}
	t.figures = add
	e.Time = at
	first := *e                                 // the recorder has the other from here on
	first.Resources = slices.Clone(e.Resources) // what is too long is cut in place
	events = append(events, t.finish(e))
	if !f.closed {
		if f.byAge.Len() >= maxFolds {
			events = append(events, f.end(f.byAge.Front())...)
		}
		f.open[key] = f.byAge.PushBack(&fold{key: key, begun: at, event: &first, told: t})
	}
	return events
}

// more adds to a fold under way, if there is one.
func (f *folds) more(key foldKey, at time.Time, add *figures) bool {
	element, ok := f.open[key]
	if ok {
		element.Value.(*fold).more.add(add, at)
	}
	return ok
}

// admit reports whether a stranger may have an event of its own: who makes up addresses or names shall not make up the log.
func (f *folds) admit(at time.Time) bool {
	if at.Sub(f.since) >= foldTime {
		f.since, f.strangers = at, 0
	}
	f.strangers++
	return f.strangers <= maxStrangers
}

// sweep returns the events of the folds whose minute is over.
func (f *folds) sweep(now time.Time) []*engine.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.over(now)
}

func (f *folds) over(now time.Time) (events []*engine.Event) {
	for at := f.byAge.Front(); at != nil && now.Sub(at.Value.(*fold).begun) >= foldTime; at = f.byAge.Front() {
		events = append(events, f.end(at)...)
	}
	return events
}

// close ends all folds. What comes later is not folded.
func (f *folds) close() (events []*engine.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for f.byAge.Len() > 0 {
		events = append(events, f.end(f.byAge.Front())...)
	}
	return events
}

// end forgets a fold and returns the event of what came after its first, if anything did.
func (f *folds) end(at *list.Element) []*engine.Event {
	done := f.byAge.Remove(at).(*fold)
	delete(f.open, done.key)
	if done.more.Count == 0 {
		return nil
	}
	done.told.figures = done.more
	done.event.Time = done.more.Last
	return []*engine.Event{done.told.finish(done.event)}
}

func (f *figures) add(more *figures, at time.Time) {
	if f.Count == 0 {
		*f = *more
		f.First, f.Last = at, at
		return
	}
	f.Count, f.Last, f.RequestID = f.Count+more.Count, at, more.RequestID
	f.TookMS = max(f.TookMS, more.TookMS)
	if more.From.Before(f.From) { // the zero time is no bound, and before all others
		f.From = more.From
	}
	if !f.To.IsZero() && (more.To.IsZero() || more.To.After(f.To)) {
		f.To = more.To
	}
	if more.Total != nil {
		f.LastTotal = more.Total
	}
	if f.Rows != nil && more.Rows != nil {
		sum := *f.Rows + *more.Rows
		f.Rows = &sum
	}
}

// maxAboutBytes keeps what is remembered of a question small; a longer one is remembered by its hash.
const maxAboutBytes = 128

func bounded(about string) string {
	if len(about) <= maxAboutBytes {
		return about
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(about)))
}
