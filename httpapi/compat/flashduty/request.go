package flashduty

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"annals/httpapi/reply"
)

const (
	maxBodyBytes  = 256 << 10
	maxOperations = 1000
	maxSpanDays   = 90
	maxLimit      = 99
	defaultLimit  = 20
	lastSecond    = 253402300799 // of the year 9999
)

// searchRequest is what POST /audit/search takes. A member that is null or has its type's zero value counts as absent, as the SDK sends them, but
// for the two times, and for is_write, where false is a wish of its own.
type searchRequest struct {
	StartTime      *int64   `json:"start_time"` // seconds
	EndTime        *int64   `json:"end_time"`
	Limit          int64    `json:"limit"`
	SearchAfterCtx string   `json:"search_after_ctx"`
	RequestID      string   `json:"request_id"`
	Operations     []string `json:"operations"`
	PersonID       uint64   `json:"person_id"`
	IsDangerous    bool     `json:"is_dangerous"`
	IsWrite        *bool    `json:"is_write"`
}

// readBody returns the body. One that is empty may be said to be anything, or nothing: the SDK sends calls without parameters so.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := reply.ReadBody(w, r, maxBodyBytes)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if err != nil {
		return nil, badTransfer
	}
	if said := r.Header.Get("Content-Type"); said != "" && len(body) > 0 {
		if media, _, err := mime.ParseMediaType(said); err != nil || media != "application/json" {
			return nil, badType
		}
	}
	return body, nil
}

// read decodes a body into v, which has all that the call takes. Other members are ignored.
func read(body []byte, v any) error {
	if len(body) == 0 {
		return nil
	}
	err := json.Unmarshal(body, v)
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok && wrong.JSONPointer != "" {
		name, _, _ := strings.Cut(strings.TrimPrefix(string(wrong.JSONPointer), "/"), "/")
		return invalid(name, wrongType)
	}
	if err != nil {
		return badJSON
	}
	return nil
}

// check refuses what the documentation does not allow.
func (s *searchRequest) check() error {
	switch {
	case s.StartTime == nil:
		return invalid("start_time", isRequired)
	case s.EndTime == nil:
		return invalid("end_time", isRequired)
	case *s.StartTime < 0 || *s.StartTime > lastSecond:
		return invalid("start_time", notSeconds)
	case *s.EndTime < 0 || *s.EndTime > lastSecond:
		return invalid("end_time", notSeconds)
	case *s.EndTime <= *s.StartTime:
		return invalid("end_time", notAfterStart)
	case *s.EndTime-*s.StartTime > maxSpanDays*24*60*60:
		return invalid("end_time", spanTooLong)
	case s.Limit < 0 || s.Limit > maxLimit:
		return invalid("limit", limitRange)
	case len(s.Operations) > maxOperations:
		return invalid("operations", tooMany)
	}
	if s.Limit == 0 {
		s.Limit = defaultLimit
	}
	return nil
}
