package engine

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// DecodeEvent reads one event from its JSON object (DESIGN section 7). It is strict: unknown or repeated members,
// wrong types, invalid UTF-8 and trailing data are a *FieldError that names the member. Seq and received, which the log
// sets, are accepted and ignored, so that an export can be imported again. The event is not yet normalized.
func DecodeEvent(data []byte) (*Event, error) {
	if len(data) > 4*MaxEventBytes {
		return nil, tooLarge(len(data))
	}
	e := new(Event)
	if decodeFast(string(data), e) {
		return e, nil
	}
	*e = Event{}
	if err := json.Unmarshal(data, e, decodeOptions); err != nil {
		return nil, decodeError(err)
	}
	if e.Time.IsZero() && givesTime(data) {
		return nil, &FieldError{"time", "0001-01-01T00:00:00Z is outside 1970-01-01T00:00:00Z to one day ahead; leave the member out for the server's time"}
	}
	e.Seq, e.Received = 0, time.Time{}
	return e, nil
}

// givesTime reports whether an event has a time member that is not null: the zero time of many languages is not the absence of one.
func givesTime(data []byte) bool {
	var given struct {
		Time jsontext.Value `json:"time"`
	}
	return json.Unmarshal(data, &given) == nil && len(given.Time) > 0 && given.Time.Kind() != 'n'
}

var decodeOptions = json.JoinOptions(json.RejectUnknownMembers(true))

func tooLarge(n int) *FieldError {
	return &FieldError{"event", fmt.Sprintf("is %d bytes, the limit is %d", n, MaxEventBytes)}
}

// decodeError turns the decoder's error into one that names the member and says what is wrong with it.
func decodeError(err error) error {
	field, message := "event", err.Error()
	if sem, ok := errors.AsType[*json.SemanticError](err); ok {
		field = pointerPath(sem.JSONPointer)
		switch {
		case errors.Is(err, json.ErrUnknownName):
			message = "is not a member of an event; put it under details"
		case sem.GoType != nil && sem.Err == nil:
			message = fmt.Sprintf("has the wrong type: JSON %s", sem.JSONKind)
		case sem.Err != nil:
			message = "cannot be read: " + sem.Err.Error()
		}
	} else if syn, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		field = pointerPath(syn.JSONPointer)
		message = fmt.Sprintf("is not valid JSON at byte %d: %v", syn.ByteOffset, syn.Err)
		if errors.Is(err, jsontext.ErrDuplicateName) {
			message = "appears twice"
		}
	}
	return &FieldError{field, message}
}

func pointerPath(p jsontext.Pointer) string {
	if p == "" || p == "/" {
		return "event"
	}
	var b bytes.Buffer
	for token := range p.Tokens() {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(shorten(token))
	}
	return b.String()
}

// shorten makes a user's value fit for an error message.
func shorten(s string) string {
	if len(s) <= 64 {
		return s
	}
	return string([]rune(s[:64])[:min(60, len([]rune(s[:64])))]) + "…"
}

// AppendJSON appends the event as one line of JSON, in the fixed order of DESIGN section 7, with received and seq.
func (e *Event) AppendJSON(dst []byte) []byte {
	dst = e.appendContent(dst)
	dst = dst[:len(dst)-1]
	if !e.Received.IsZero() {
		dst = append(dst, `,"received":"`...)
		dst = e.Received.UTC().AppendFormat(dst, time.RFC3339Nano)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, e.Seq, 10)
	return append(dst, '}')
}

// MarshalJSON is AppendJSON for encoders.
func (e *Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// appendContent appends the event's canonical content: what is hashed and stored. It has no received and no seq, one
// order of members, no spaces, and leaves out what is empty. It begins with the members id, time and tenant, which the
// store keeps in the key (see appendHead).
func (e *Event) appendContent(dst []byte) []byte {
	return e.appendBody(appendHead(dst, e.ID, e.Time, e.Tenant))
}

// appendHead appends `{"id":…,"time":…,"tenant":…`, the part of the content that can be made again from the key.
func appendHead(dst []byte, id string, t time.Time, tenant string) []byte {
	dst = append(dst, `{"id":`...)
	dst = appendString(dst, id)
	dst = append(dst, `,"time":"`...)
	dst = t.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","tenant":`...)
	return appendString(dst, tenant)
}

// appendBody appends the rest of the content, from `,"actor"` to the closing brace.
func (e *Event) appendBody(dst []byte) []byte {
	if e.Actor != (Actor{}) {
		a := objectAppender{dst: append(dst, `,"actor":`...)}
		a.member("id", e.Actor.ID)
		a.member("name", e.Actor.Name)
		a.member("email", e.Actor.Email)
		a.member("domain", e.Actor.Domain)
		a.member("type", e.Actor.Type)
		dst = a.end()
	}
	dst = appendMember(dst, "action", e.Action)
	dst = appendMember(dst, "operation", e.Operation)
	dst = appendMember(dst, "result", e.Result)
	if e.Error != nil && *e.Error != (EventError{}) {
		a := objectAppender{dst: append(dst, `,"error":`...)}
		a.member("code", e.Error.Code)
		a.member("message", e.Error.Message)
		dst = a.end()
	}
	if e.Project != (Ref{}) {
		a := objectAppender{dst: append(dst, `,"project":`...)}
		a.member("id", e.Project.ID)
		a.member("name", e.Project.Name)
		dst = a.end()
	}
	dst = appendMember(dst, "module", e.Module)
	dst = e.appendResources(dst)
	dst = appendMember(dst, "description", e.Description)
	if e.Source != (Source{}) {
		a := objectAppender{dst: append(dst, `,"source":`...)}
		a.member("ip", e.Source.IP)
		a.member("user_agent", e.Source.UserAgent)
		a.member("channel", e.Source.Channel)
		dst = a.end()
	}
	if e.Write != nil {
		dst = append(dst, `,"write":`...)
		dst = strconv.AppendBool(dst, *e.Write)
	}
	if e.Dangerous {
		dst = append(dst, `,"dangerous":true`...)
	}
	if len(e.Details) > 0 {
		dst = append(dst, `,"details":`...)
		dst = append(dst, e.Details...)
	}
	return append(dst, '}')
}

func (e *Event) appendResources(dst []byte) []byte {
	if len(e.Resources) == 0 {
		return dst
	}
	dst = append(dst, `,"resources":[`...)
	for i, r := range e.Resources {
		if i > 0 {
			dst = append(dst, ',')
		}
		a := objectAppender{dst: dst}
		a.member("type", r.Type)
		a.member("id", r.ID)
		a.member("name", r.Name)
		a.member("content", r.Content)
		dst = a.end()
	}
	return append(dst, ']')
}

// objectAppender appends a JSON object of the string members that are not empty.
type objectAppender struct {
	dst []byte
	any bool
}

func (a *objectAppender) member(name, value string) {
	if value == "" {
		return
	}
	a.dst = append(a.dst, "{,"[b2i(a.any)], '"')
	a.any = true
	a.dst = append(a.dst, name...)
	a.dst = append(a.dst, '"', ':')
	a.dst = appendString(a.dst, value)
}

func (a *objectAppender) end() []byte {
	if !a.any {
		a.dst = append(a.dst, '{')
	}
	return append(a.dst, '}')
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return appendString(dst, value)
}

// appendString appends s as a JSON string. S is valid UTF-8: Normalize has seen to it.
func appendString(dst []byte, s string) []byte {
	i := 0
	for i+8 <= len(s) && quotable(load8(s, i)) == 0 {
		i += 8
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			quoted, _ := jsontext.AppendQuote(dst, s)
			return quoted
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
