// Package recorder records the write operations of any Go service in an audit log: a net/http middleware turns every POST, PUT,
// PATCH and DELETE into an event, and a shipper sends the events in batches. Reads are not recorded.
//
//	sink, err := recorder.NewHTTP("https://annals.example:8600", token, nil)
//	rec := recorder.New(recorder.Options{Sink: sink, Actor: whoIsIt})
//	http.ListenAndServe(addr, rec.Handler(mux))
//	…
//	err = rec.Close(ctx) // sends what waits
//
// The service comes first: no request waits for the audit log. Events wait in a bounded buffer; what does not fit is lost, and
// that is told: Stats counts it, OnLoss hears of it, and once there is room an event says how many were lost and when.
// Events wait in memory only: a service that is killed loses those of the last moment.
//
// Reading order: handler.go is a request's way through, event.go what is recorded of it, redact.go what is not; buffer.go and
// ship.go are the way out, http.go its usual end.
package recorder

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"annals/engine"
)

// Options configure a Recorder. Sink is required. The functions are called once a request, after its handler has ended; one that
// panics is logged and leaves its part of the event empty.
type Options struct {
	Sink   Sink
	Tenant string // of every event; "" leaves it to the log
	Module string // the service, or the part of it

	Actor     func(*http.Request) engine.Actor        // who did it; nil: nobody is named, unless the service does with Edit
	Action    func(*http.Request) string              // the event's name; nil: method and pattern of the route, such as "POST /users/{id}"
	ClientIP  func(*http.Request) string              // nil: the peer's address. Behind a proxy, say here which header to believe
	RequestID func(*http.Request, http.Header) string // of the request and the answer's header; nil: X-Request-ID of either
	Describe  func(*http.Request, *engine.Event)      // has the last word about the event; nil: none

	Redact       func(name string) bool // whose values are not recorded; nil: Sensitive
	MaxBodyBytes int                    // a longer body or query is not recorded; 0 means 8 KiB, less than 0 none, 16 KiB at most

	MaxEvents   int           // that wait; 0 means 10,000
	MaxBytes    int           // of their JSON; 0 means 16 MiB
	BatchEvents int           // in one delivery; 0 means 500
	BatchDelay  time.Duration // that an event may wait for others; 0 means 1 s
	OnLoss      func(Loss)    // hears, in a goroutine of its own, when events begin to be lost and when that is over
	Logger      *slog.Logger  // nil: slog.Default()

	Now func() time.Time // of the events' times; nil: time.Now
}

// Recorder is a middleware and the shipper behind it. It is safe for use by many goroutines.
type Recorder struct {
	o       Options
	redact  redactor
	buffer  buffer
	backoff func(attempt int) time.Duration

	recorded, sent atomic.Uint64

	ctx       context.Context // of deliveries; ends when Close gives up
	cancel    context.CancelFunc
	closing   chan struct{}
	closeOnce sync.Once
	done      chan struct{} // closed when the shipper has ended
}

// Stats are counts since the start.
type Stats struct {
	Recorded uint64 // write operations seen, and events that were put in
	Sent     uint64 // events that the log has
	Lost     uint64 // events that found the buffer full, or closed
	Refused  uint64 // events that the log will never take: each is logged with the reason
	Waiting  int    // events in the buffer
}

// New returns a Recorder whose shipper runs until Close. It panics without a Sink, which is a mistake in the program.
func New(o Options) *Recorder {
	r := newRecorder(o)
	go r.ship()
	return r
}

const (
	defaultBodyBytes = 8 << 10
	maxBodyBytes     = 16 << 10 // escaped and twice (query and body) it still fits into an event
)

func newRecorder(o Options) *Recorder {
	if o.Sink == nil {
		panic("recorder: no sink")
	}
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = defaultBodyBytes
	}
	o.MaxBodyBytes = min(o.MaxBodyBytes, maxBodyBytes)
	o.MaxEvents = orDefault(o.MaxEvents, 10_000)
	o.MaxBytes = orDefault(o.MaxBytes, 16<<20)
	o.BatchEvents = min(orDefault(o.BatchEvents, 500), engine.MaxRequestEvents)
	o.BatchDelay = orDefault(o.BatchDelay, time.Second)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Redact == nil {
		o.Redact = Sensitive
	}
	r := &Recorder{o: o, redact: redactor{o.Redact}, backoff: backoff, closing: make(chan struct{}), done: make(chan struct{})}
	r.buffer = buffer{maxEvents: o.MaxEvents, maxBytes: o.MaxBytes, wake: make(chan struct{}, 1), onLoss: r.tell, lossItem: r.lossItem}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

func orDefault[T ~int | ~int64](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// Stats returns the counts. They are not of one moment.
func (r *Recorder) Stats() Stats {
	s := r.buffer.stats()
	s.Recorded, s.Sent = r.recorded.Load(), r.sent.Load()
	return s
}

// Close takes no more events and sends those that wait. When ctx ends first it gives up and says how many were not sent.
func (r *Recorder) Close(ctx context.Context) error {
	r.buffer.close()
	r.closeOnce.Do(func() { close(r.closing) })
	select {
	case <-r.done:
	case <-ctx.Done():
		r.cancel()
		<-r.done
	}
	r.cancel()
	if left := r.buffer.stats().Waiting; left > 0 {
		return fmt.Errorf("close recorder: %d events were not delivered: %w", left, context.Cause(ctx))
	}
	return nil
}
