package engine

import (
	"time"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits on one event and on one request. Each is refused by name and number.
const (
	MaxEventBytes    = 256 << 10      // canonical JSON of one event
	MaxIDBytes       = 128            // an event ID
	MaxTenantBytes   = 128            // a tenant name
	MaxNesting       = 32             // levels of objects and arrays in an event
	MaxRequestEvents = 10_000         // events in one request
	MaxRequestBytes  = 32 << 20       // bytes in one request, after decompression
	MaxFuture        = 24 * time.Hour // how far ahead of the server's clock an event time may lie
	DefaultTenant    = "default"      // the tenant of an event that names none
	ReservedTenant   = "_annals"      // the server's own events
)

// Operation values. Anything else is refused.
const (
	OpCreate  = "create"
	OpEdit    = "edit"
	OpDelete  = "delete"
	OpPublish = "publish"
	OpStop    = "stop"
	OpLogin   = "login"
	OpLogout  = "logout"
	OpRead    = "read"
	OpOther   = "other"
)

// Operations lists every operation value.
var Operations = []string{OpCreate, OpEdit, OpDelete, OpPublish, OpStop, OpLogin, OpLogout, OpRead, OpOther}

// Result values. Anything else is refused.
const (
	Success = "success"
	Failure = "failure"
)

// Event is one recorded action. Only Action is required on the way in; Normalize fills the rest.
// Once appended an event never changes.
type Event struct {
	ID          string         `json:"id,omitempty"`
	Time        time.Time      `json:"time,omitzero"` // when it happened, UTC, to the nanosecond
	Tenant      string         `json:"tenant,omitempty"`
	Actor       Actor          `json:"actor,omitzero"`
	Action      string         `json:"action"`
	Operation   string         `json:"operation,omitempty"`
	Result      string         `json:"result,omitempty"`
	Error       *EventError    `json:"error,omitempty"`
	Project     Ref            `json:"project,omitzero"`
	Module      string         `json:"module,omitempty"`
	Resources   []Resource     `json:"resources,omitempty"`
	Description string         `json:"description,omitempty"`
	Source      Source         `json:"source,omitzero"`
	Write       *bool          `json:"write,omitempty"` // never nil after Normalize
	Dangerous   bool           `json:"dangerous,omitempty"`
	Details     jsontext.Value `json:"details,omitempty"` // a JSON object, compact, or nil

	Received time.Time `json:"received,omitzero"` // when the server took it in; set by the log
	Seq      uint64    `json:"seq"`               // position in the log; set by the log

	checked *byte // &Details[0] when the decoder has found Details valid
	stored  int   // bytes of the body that the log has; set by the log
}

// writes reports whether the event says that it wrote. Write is nil before Normalize only.
func (e *Event) writes() bool { return e.Write != nil && *e.Write }

// held is about how many bytes the event takes in memory, and no fewer than its JSON has. It is only known of an event that the log has.
func (e *Event) held() int {
	return e.stored + int(unsafe.Sizeof(*e)) + cap(e.Resources)*int(unsafe.Sizeof(Resource{}))
}

// Actor is who did it.
type Actor struct {
	ID     string `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Email  string `json:"email,omitempty"`
	Domain string `json:"domain,omitempty"`
	Type   string `json:"type,omitempty"`
}

// EventError says why an event's result is failure.
type EventError struct {
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Ref names a thing by ID and name.
type Ref struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Resource is what the action was done to.
type Resource struct {
	Type    string `json:"type,omitempty"`
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	Content string `json:"content,omitempty"`
}

// Source is where the action came from.
type Source struct {
	IP        string `json:"ip,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
	Channel   string `json:"channel,omitempty"`
}

// Pos is an event's place in time order: by event time, equal times by order of arrival.
type Pos struct {
	Time int64 // Unix nanoseconds, never negative
	Seq  uint64
}

// Before reports whether p comes before q in time order.
func (p Pos) Before(q Pos) bool {
	return p.Time < q.Time || p.Time == q.Time && p.Seq < q.Seq
}

// Pos returns e's place in time order.
func (e *Event) Pos() Pos { return Pos{Time: e.Time.UnixNano(), Seq: e.Seq} }
