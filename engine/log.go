package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Options configure a log. Only Dir is required.
type Options struct {
	Dir          string        // data directory, created if missing
	Index        Index         // nil: every search reads the log itself (slow, exact)
	Retention    time.Duration // 0: keep for ever
	Origin       string        // checkpoint origin line; "" means "annals/" and the key's hash
	WindowEvents uint64        // events in a window before the next is begun; 0 means the default
	WindowBytes  int64         // stored bytes in a window before the next is begun; 0 means the default
	MinFreeBytes uint64        // writes are refused below this much free space; 0 means the default
	Logger       *slog.Logger  // nil: slog.Default()
	Now          func() time.Time
}

// Log is the durable, append-only sequence of events. All methods may be called concurrently.
type Log struct{}

// Open opens the log in o.Dir, creating it if there is none.
func Open(o Options) (*Log, error) { return nil, errTodo }

var errTodo = errors.New("not built yet")

// Status says what became of one event of an Append.
type Status string

// The statuses of an Outcome.
const (
	Created   Status = "created"
	Duplicate Status = "duplicate" // the same event was there already
	Conflict  Status = "conflict"  // another event has the ID
	Invalid   Status = "invalid"   // refused; Outcome.Err says why
)

// Outcome is what became of one event of an Append.
type Outcome struct {
	ID     string
	Seq    uint64 // of the stored event, when Created or Duplicate
	Status Status
	Err    error // *FieldError when Invalid; wraps ErrConflict and names both digests when Conflict
}

// Append makes events durable and returns what became of each, in order. On return with a nil error every event that is
// Created or Duplicate is on disk (fsync returned), numbered, hashed into the tree and findable. Append normalizes the events in place.
// Errors: ErrDiskFull, ErrFailed, ErrClosed, ctx's; then none is acknowledged.
func (l *Log) Append(ctx context.Context, events []*Event) ([]Outcome, error) { return nil, errTodo }

// Get returns the event with the ID in one of the tenants, or ErrNotFound.
func (l *Log) Get(ctx context.Context, who Tenants, id string) (*Event, error) { return nil, errTodo }

// Scan calls fn for the tenants' events with from <= time < to, in time order or newest first. Zero times are no bound.
// Fn may keep the event. Fn's error stops the scan and is returned.
func (l *Log) Scan(ctx context.Context, who Tenants, from, to time.Time, desc bool, fn func(*Event) error) error {
	return errTodo
}

// Search returns one page of q's answer.
func (l *Log) Search(ctx context.Context, q Query) (*Result, error) { return nil, errTodo }

// Each calls fn for every event that q matches, in q's order (by time only), from a snapshot taken at the call: exactly the
// events of the total that it passes to start first (which may be nil). Fn may keep the event.
func (l *Log) Each(ctx context.Context, q Query, start func(total uint64) error, fn func(*Event) error) error {
	return errTodo
}

// Histogram counts q's events in n buckets of equal length between q.From and q.To, or, where one is zero, the first or last event that matches.
func (l *Log) Histogram(ctx context.Context, q Query, n int) (buckets []Bucket, total uint64, err error) {
	return nil, 0, errTodo
}

// Facets counts q's events by the values of each of the columns: the limit most frequent values, most frequent first, equal counts by value.
func (l *Log) Facets(ctx context.Context, q Query, columns []string, limit int) (facets map[string][]FacetValue, total uint64, err error) {
	return nil, 0, errTodo
}

// Follow calls fn, in seq order, for every durable event with seq >= from that who may see and where matches (nil: all), and then waits for more,
// until ctx ends or fn fails. Idle is called (if not nil) whenever it has caught up, with the next seq to come.
func (l *Log) Follow(ctx context.Context, who Tenants, where Expr, from uint64, fn func(*Event) error, idle func(next uint64) error) error {
	return errTodo
}

// Size returns the number of events made durable so far; the next event's seq.
func (l *Log) Size() uint64 { return 0 }

// Checkpoint returns the current signed checkpoint (C2SP tlog-checkpoint) and VerifierKey the key (note format) that verifies it.
func (l *Log) Checkpoint() ([]byte, error) { return nil, errTodo }
func (l *Log) VerifierKey() string         { return "" }

// VerifyReport says what a verification read and found.
type VerifyReport struct {
	Events     uint64   `json:"events"` // read and hashed
	Windows    int      `json:"windows"`
	TreeSize   uint64   `json:"tree_size"`
	RootHash   string   `json:"root_hash"` // base64
	Problems   []string `json:"problems"`  // empty: every hash matches the checkpoint
	TookMillis int64    `json:"took_ms"`
}

// Verify recomputes every hash from the stored events and holds it against the tree and the checkpoint. Progress (may be nil) is told how
// many of how many events were read. A damaged log is in the report, not an error.
func (l *Log) Verify(ctx context.Context, progress func(done, total uint64)) (*VerifyReport, error) {
	return nil, errTodo
}

// Reindex feeds the index again, window by window, online: the one window that holds the given seq, or all when seq is nil.
// It returns when the index has caught up.
func (l *Log) Reindex(ctx context.Context, seq *uint64) error { return errTodo }

// WindowInfo describes a window.
type WindowInfo struct {
	First, End       uint64 // seqs [First, End)
	MinTime, MaxTime time.Time
	State            string // "open" or "sealed"
	Bytes            int64
	Damaged          string // why, when its store cannot be served
}

// Stats are figures about the log.
type Stats struct {
	Events, Size uint64 // events kept, events ever
	Indexed      uint64 // seqs below it are in the index
	Bytes        int64  // log and index on disk
	FreeBytes    uint64
	Windows      []WindowInfo
	Index        IndexStats
}

// Stats returns figures about the log.
func (l *Log) Stats() Stats { return Stats{} }

// Ready returns nil when the log takes writes and answers searches completely, else the reason.
func (l *Log) Ready() error { return errTodo }

// Tenants lists the tenants that have events, sorted.
func (l *Log) Tenants() []string { return nil }

// Close makes everything durable and releases the directory.
func (l *Log) Close() error { return errTodo }
