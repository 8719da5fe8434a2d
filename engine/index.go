package engine

import "context"

// Index is what the log needs from a finder. It is derived state: whatever it has lost, the log feeds it again.
//
// The log calls OpenWindow for every live window in order when it opens, then Add from one goroutine, with
// each window's events in seq order and without gaps from the seq that OpenWindow or Reset returned; windows may take turns. View may
// be called at any time by any goroutine.
type Index interface {
	// OpenWindow makes the index keep the segments of the window that starts at seq first in dir (created if
	// missing) and returns the first seq of that window that it lacks: first when it has nothing or
	// what it has is damaged or of another version (it then removes it), never more than end. Sealed says
	// that no event beyond end will come. Any other error, such as too many open files, is returned and nothing is removed.
	OpenWindow(dir string, first, end uint64, sealed bool) (next uint64, err error)
	// Add takes in events of the window that starts at first. They are searchable on return, and on disk some time later. After
	// an error it may have some of them: the log calls Reset and begins the window again.
	// The index may keep no reference to events after it returns.
	Add(ctx context.Context, first uint64, events []*Event) error
	// Seal says that the window is complete; its segments are merged to one in the background.
	Seal(first uint64) error
	// Reset begins to take in a window again, from first, beside what the index has of it: that keeps being served
	// until the new segments cover as much, and is then removed. It returns the first seq of the window to Add next.
	Reset(first uint64) (next uint64, err error)
	// Drop forgets a window and releases its files; the log removes the directory afterwards. Views taken before keep working.
	Drop(first uint64) error
	// View returns a snapshot. It must be closed.
	View() IndexView
	// GiveBack lets go of the pages of mapped files that reading has brought into memory.
	GiveBack() error
	// Stats returns figures for the metrics and the about page.
	Stats() IndexStats
	// Flush returns when all that was added is on disk and no merge is pending.
	Flush(ctx context.Context) error
	Close() error
}

// IndexStats are figures about an index.
type IndexStats struct {
	Segments int
	Bytes    int64 // segment files on disk
	Merges   uint64
	Rebuilds uint64 // windows found damaged and reset
	Failure  error  // of the last attempt to write what is in memory only; nil after a success. While it lasts Add may wait
}

// IndexView is a snapshot of the index, safe for concurrent use until closed.
type IndexView interface {
	// Covered returns the end of what this view covers of the window that starts at first: its events with first <= seq < end
	// are in the view and none at or beyond it; first when the window is unknown. Windows are covered independently of one another.
	Covered(first uint64) (end uint64)
	// Find evaluates a plan. Fetch is used for the plan's checks.
	// It returns ctx's error when cancelled and ErrTooBroad when a prefix expands too far.
	Find(ctx context.Context, plan Plan, fetch Fetch) (Hits, error)
	Close()
}

// Fetch reads the events at the given places, which are in ascending time order, and calls fn for each with its position in at.
// The event is only valid during the call. Fn's error stops it and is returned.
type Fetch func(ctx context.Context, at []Pos, fn func(i int, e *Event) error) error

// Hits is the exact set of events that matched, valid until its view is closed.
type Hits interface {
	Total() uint64
	// ByTime returns up to limit places in time order (newest first when desc), after skipping skip, starting
	// strictly after (in that order) the given place, or at the start when after is nil.
	ByTime(after *Pos, desc bool, skip, limit int) []Pos
	// Counts returns the number of hits in each [edges[i], edges[i+1]); edges ascend.
	Counts(edges []int64) []uint64
	// With returns those of the hits that have the term, valid as long as they are.
	With(term string) (Hits, error)
	// Facet calls fn with each value that hits have in a column (see Columns) and how many have it, every value once, in any order; the value is
	// only valid during the call. Ok is false when the index has no such column.
	// An event with several values counts once for each; one with none does not count.
	// It fails with TooManyValues when it would keep more than MaxFacetCounts counts, and when ctx ends.
	Facet(ctx context.Context, column string, fn func(value []byte, n uint64)) (ok bool, err error)
	// ByColumn returns up to limit hits sorted by the first value of a column, bytewise on the folded value (FoldValue), then on the value, descending when
	// desc; events without a value come last either way; equal values newest first. The column resource is sorted by
	// ResourceKey alone. It starts strictly after the given place, or at the start when after is nil. Ok is false when the index has no such column.
	ByColumn(column string, after *ColumnPos, desc bool, skip, limit int) (at []ColumnPos, ok bool)
}

// ColumnPos is an event's place in the order of a column.
type ColumnPos struct {
	Value string
	Has   bool // false: the event has no value there
	Pos   Pos
}
