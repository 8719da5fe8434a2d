// Package reply is how every room behind the door answers: JSON bodies, and RFC 9457 problem documents. It is the one
// place where an engine error becomes a status.
package reply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"annals/engine"
)

// Problem is an RFC 9457 problem document. As an error it carries its own status and text to the client, so its
// Detail must hold nothing that the client may not read.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	RequestID string `json:"request_id"`
	Field     string `json:"field,omitempty"` // the parameter or member that is wrong
	Limit     int64  `json:"limit,omitzero"`  // the limit that was passed
	Column    int    `json:"column,omitzero"` // where in the query text, 1-based, in runes

	retryAfter time.Duration // 0: nothing is said of it
}

// Code returns the last part of the type: a word out of a closed set.
func (p *Problem) Code() string { return strings.TrimPrefix(p.Type, typePrefix) }

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// typePrefix begins every problem type. What follows is stable: programs may branch on it.
const typePrefix = "urn:annals:problem:"

// kind is one sort of problem. Titles do not vary between occurrences.
type kind struct {
	code   string
	title  string
	status int
}

func (k kind) problem(detail string) *Problem {
	return &Problem{Type: typePrefix + k.code, Title: k.title, Status: k.status, Detail: detail}
}

var (
	badParameter     = kind{"parameter", "A parameter is wrong", http.StatusBadRequest}
	badQuery         = kind{"query", "The query cannot be read", http.StatusBadRequest}
	badCursor        = kind{"cursor", "The cursor does not belong to this query", http.StatusBadRequest}
	tooBroad         = kind{"too-broad", "The query is too broad", http.StatusBadRequest}
	badBody          = kind{"body", "The body cannot be read", http.StatusBadRequest}
	unauthorized     = kind{"unauthorized", "A valid token or session is needed", http.StatusUnauthorized}
	forbidden        = kind{"forbidden", "The caller may not do this", http.StatusForbidden}
	notFound         = kind{"not-found", "There is nothing here", http.StatusNotFound}
	methodNotAllowed = kind{"method", "The method is not allowed here", http.StatusMethodNotAllowed}
	conflict         = kind{"conflict", "The ID is taken by another event", http.StatusConflict}
	wrongState       = kind{"state", "This cannot be done as things are", http.StatusConflict}
	tooLarge         = kind{"too-large", "The request is too large", http.StatusRequestEntityTooLarge}
	badMedia         = kind{"media-type", "The media type is not taken here", http.StatusUnsupportedMediaType}
	badEncoding      = kind{"encoding", "The content encoding is not supported", http.StatusUnsupportedMediaType}
	tooMany          = kind{"rate", "There are too many requests", http.StatusTooManyRequests}
	noEvents         = kind{"events", "No event was taken in", http.StatusUnprocessableEntity}
	clientGone       = kind{"cancelled", "The request was cancelled", 499}
	internal         = kind{"internal", "Something went wrong in the server", http.StatusInternalServerError}
	damaged          = kind{"damaged", "Stored data is damaged", http.StatusInternalServerError}
	unavailable      = kind{"unavailable", "The log is not available", http.StatusServiceUnavailable}
	noMasterKey      = kind{"master-key", "A secret cannot be opened", http.StatusServiceUnavailable}
	signInDown       = kind{"sign-in-unavailable", "Signing in is not possible now", http.StatusServiceUnavailable}
	slow             = kind{"deadline", "The request took too long", http.StatusServiceUnavailable}
	diskFull         = kind{"disk-full", "The disk is nearly full", http.StatusInsufficientStorage}
)

// BadParameter says what is wrong with a request parameter.
func BadParameter(name, format string, args ...any) *Problem {
	p := badParameter.problem(fmt.Sprintf(format, args...))
	p.Field = name
	return p
}

// BadBody says why a request body could not be read at all.
func BadBody(format string, args ...any) *Problem {
	return badBody.problem(fmt.Sprintf(format, args...))
}

// TooLarge says which limit a request passed.
func TooLarge(limit int64, format string, args ...any) *Problem {
	p := tooLarge.problem(fmt.Sprintf(format, args...))
	p.Limit = limit
	return p
}

// TooMany refuses a request that may be made again after a while, which Retry-After says.
func TooMany(after time.Duration, detail string) *Problem {
	p := tooMany.problem(detail)
	p.retryAfter = after
	return p
}

// BadEncoding refuses a content encoding.
func BadEncoding(name string) *Problem {
	return badEncoding.problem(fmt.Sprintf("content encoding %q is not one of gzip, zstd, identity", name))
}

// BadMedia refuses a body that does not say that it is JSON.
func BadMedia(name string) *Problem {
	return badMedia.problem(fmt.Sprintf("Content-Type is %q, it must be application/json", name))
}

// WrongState refuses what cannot be done as things are, though it might at another time.
func WrongState(format string, args ...any) *Problem {
	return wrongState.problem(fmt.Sprintf(format, args...))
}

// NoEvents says that a whole batch was refused; the items say why.
func NoEvents(detail string) *Problem { return noEvents.problem(detail) }

// Unauthorized asks for a token or a session. It tells an absent one and a wrong one apart, and nothing more.
func Unauthorized(detail string) *Problem { return unauthorized.problem(detail) }

// Forbidden says that the caller may not do what it asks for.
func Forbidden(detail string) *Problem { return forbidden.problem(detail) }

// SignInUnavailable says that nobody can sign in for now.
func SignInUnavailable(detail string) *Problem { return signInDown.problem(detail) }

// NotFound says that a path or a thing does not exist, or not for this caller.
func NotFound(detail string) *Problem { return notFound.problem(detail) }

// MethodNotAllowed says that a path does not take the method.
func MethodNotAllowed(method string) *Problem {
	return methodNotAllowed.problem("this path does not take " + method)
}

// Unavailable says why the log does not serve now.
func Unavailable(reason string) *Problem { return unavailable.problem(reason) }

// NoMasterKey says why a sealed secret cannot be had.
func NoMasterKey(reason string) *Problem { return noMasterKey.problem(reason) }

// ProblemOf turns an error into what the client is told. An error that it does not know becomes a general problem:
// its text is for the operator's log only.
func ProblemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if q, ok := errors.AsType[*engine.QueryError](err); ok {
		p := badQuery.problem(q.Message)
		p.Field, p.Column = "q", q.Column
		return p
	}
	if f, ok := errors.AsType[*engine.FieldError](err); ok {
		return BadParameter(f.Field, "%s", f.Error()) // events that are refused have an answer of their own
	}
	if m, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge(m.Limit, "the body passes the limit of %d bytes", m.Limit)
	}
	return sentinelProblem(err)
}

func sentinelProblem(err error) *Problem {
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return notFound.problem("no such event")
	case errors.Is(err, engine.ErrConflict):
		return conflict.problem(err.Error())
	case errors.Is(err, engine.ErrTooBroad):
		return tooBroad.problem(engine.ErrTooBroad.Error())
	case errors.Is(err, engine.ErrCursor):
		p := badCursor.problem("start again without a cursor, or repeat exactly the query that gave it")
		p.Field = "cursor"
		return p
	case errors.Is(err, engine.ErrDiskFull):
		return diskFull.problem(engine.ErrDiskFull.Error())
	case errors.Is(err, engine.ErrFailed):
		return unavailable.problem(engine.ErrFailed.Error())
	case errors.Is(err, engine.ErrBehind):
		return unavailable.problem(engine.ErrBehind.Error())
	case errors.Is(err, engine.ErrClosed):
		return unavailable.problem(engine.ErrClosed.Error())
	case errors.Is(err, engine.ErrDamaged):
		return damaged.problem("stored bytes do not match their hashes; the server's log says which, and annals verify checks everything")
	case errors.Is(err, context.DeadlineExceeded):
		return slow.problem("narrow the time range or the query")
	case errors.Is(err, context.Canceled):
		return clientGone.problem("the client went away")
	}
	return internal.problem("the server's log has the details under this request ID")
}
