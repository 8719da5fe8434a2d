package engine

import (
	"errors"
	"fmt"
)

// What callers branch on.
var (
	// ErrNotFound: no such event in the tenants that the caller may see.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the ID is taken by an event with other content.
	ErrConflict = errors.New("conflict")
	// ErrTooBroad: a prefix or range expands to more terms than MaxExpansion.
	ErrTooBroad = errors.New("too broad: it expands to too many values; write more of it or narrow the time range")
	// ErrCursor: the cursor is damaged or belongs to another query.
	ErrCursor = errors.New("cursor does not belong to this query")
	// ErrDiskFull: the free-space guard refuses writes; reads go on.
	ErrDiskFull = errors.New("disk nearly full: writes are refused until space is freed")
	// ErrBehind: the index has not caught up for a while; searches would become slow. Nothing was taken in, try again later.
	ErrBehind = errors.New("the index is too far behind: writes wait until it has caught up")
	// ErrFailed: a commit failed and its outcome is unknown; the log takes no more writes until it is opened again.
	ErrFailed = errors.New("log takes no writes since a commit failed; restart to recover")
	// ErrClosed: the log is closed or closing.
	ErrClosed = errors.New("log is closed")
	// ErrDamaged: stored bytes do not match their hashes.
	ErrDamaged = errors.New("damaged")
)

// errEnough ends a read early, from inside of a callback.
var errEnough = errors.New("enough")

// FieldError is a user's mistake in one field: which, the value, and what would be right.
type FieldError struct {
	Field   string // path in the event, such as "actor.name" or "details"
	Message string // with the value (shortened) and the limit
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Message }

// QueryError is a user's mistake in a query text.
type QueryError struct {
	Column  int // 1-based, in runes
	Message string
}

func (e *QueryError) Error() string { return fmt.Sprintf("query, column %d: %s", e.Column, e.Message) }
