package recorder

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"annals/engine"
)

// event describes an operation that has ended.
func (r *Recorder) event(op *operation, out *response, returned bool) *engine.Event {
	req := op.request
	write := true
	e := &engine.Event{Tenant: r.o.Tenant, Module: r.o.Module, Operation: operationOf(req.Method), Write: &write}
	e.Action = action(req, op.path)
	if r.o.Action != nil {
		r.safely("Action", func() { e.Action = cmp.Or(r.o.Action(req), e.Action) })
	}
	if r.o.Actor != nil {
		r.safely("Actor", func() { e.Actor = r.o.Actor(req) })
	}
	e.Source = engine.Source{IP: peer(req), UserAgent: req.UserAgent(), Channel: "api"}
	if r.o.ClientIP != nil {
		r.safely("ClientIP", func() { e.Source.IP = r.o.ClientIP(req) })
	}
	path := r.redact.path(op.path, req)
	e.Resources = []engine.Resource{resource(path, req, r.redact)}
	status := cmp.Or(out.status, http.StatusOK)
	e.Result, e.Error = result(status, returned)
	e.Description = fmt.Sprintf("%s %s: %s", req.Method, cut(path, maxPathBytes), outcome(status, returned))
	e.Details = r.details(op, path, out, status)
	return e
}

func operationOf(method string) string {
	switch method {
	case http.MethodPost:
		return engine.OpCreate
	case http.MethodDelete:
		return engine.OpDelete
	}
	return engine.OpEdit
}

// action is the pattern of the route, with the method before it. A request that no route took is named by its path.
func action(req *http.Request, path string) string {
	if req.Pattern == "" {
		return req.Method + " " + cut(path, maxPathBytes)
	}
	if strings.HasPrefix(req.Pattern, req.Method+" ") {
		return req.Pattern
	}
	return req.Method + " " + req.Pattern
}

func peer(req *http.Request) string {
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return req.RemoteAddr
	}
	return host
}

// resource reads a route's pattern as people write them: in /projects/{project}/keys/{id} it is the key with the ID.
func resource(path string, req *http.Request, redact redactor) engine.Resource {
	res := engine.Resource{Type: "path", Name: path}
	_, pattern, _ := strings.Cut(req.Pattern, "/")
	for segment := range strings.SplitSeq(pattern, "/") {
		name, wild := wildcard(segment)
		switch {
		case wild && redact.sensitive(name):
			res.ID = redacted
		case wild:
			res.ID = req.PathValue(name)
		case segment != "" && segment != "{$}":
			res.Type, res.ID = segment, ""
		}
	}
	return res
}

// wildcard returns the name in a segment such as {id} or {rest...}.
func wildcard(segment string) (name string, ok bool) {
	if len(segment) < 3 || segment[0] != '{' || segment[len(segment)-1] != '}' || segment == "{$}" {
		return "", false
	}
	return strings.TrimSuffix(segment[1:len(segment)-1], "..."), true
}

func result(status int, returned bool) (string, *engine.EventError) {
	switch {
	case !returned:
		return engine.Failure, &engine.EventError{Code: "panic", Message: "the handler did not return"}
	case status >= http.StatusBadRequest:
		return engine.Failure, &engine.EventError{Code: strconv.Itoa(status), Message: http.StatusText(status)}
	}
	return engine.Success, nil
}

func outcome(status int, returned bool) string {
	if !returned {
		return "panic"
	}
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

func (r *Recorder) details(op *operation, path string, out *response, status int) []byte {
	d := map[string]any{
		"method": op.request.Method, "path": cut(path, maxPathBytes), "status": status,
		"took_ms": r.o.Now().Sub(op.start).Milliseconds(),
	}
	if id := r.requestID(op.request, out.Header()); id != "" {
		d["request_id"] = cut(id, maxNameBytes)
	}
	r.parameters(op, d)
	text, err := json.Marshal(d)
	if err != nil { // strings, numbers and JSON that was read before
		r.o.Logger.Error("recorder: details of an event", "error", err)
		return nil
	}
	return text
}

func (r *Recorder) requestID(req *http.Request, answer http.Header) (id string) {
	if r.o.RequestID != nil {
		r.safely("RequestID", func() { id = r.o.RequestID(req, answer) })
		return id
	}
	return cmp.Or(answer.Get("X-Request-ID"), req.Header.Get("X-Request-ID"))
}

const (
	maxPathBytes = 2 << 10
	maxNameBytes = 512
)

// seal makes the event what the log takes, with an ID of its own, so that sending it twice is recording it once. No text of a
// client may keep its event out of the log: it is cut and made UTF-8.
func (r *Recorder) seal(e *engine.Event, at time.Time) (item, error) {
	e.ID, e.Time, e.Seq, e.Received = "", at, 0, time.Time{}
	for _, s := range []*string{&e.Actor.ID, &e.Actor.Name, &e.Actor.Email, &e.Actor.Domain, &e.Actor.Type, &e.Module, &e.Project.ID,
		&e.Project.Name, &e.Source.IP, &e.Source.UserAgent, &e.Source.Channel} {
		*s = cut(*s, maxNameBytes)
	}
	e.Action, e.Description = cut(cmp.Or(e.Action, "unnamed"), maxPathBytes), cut(e.Description, 2*maxPathBytes)
	if e.Error != nil {
		e.Error = &engine.EventError{Code: cut(e.Error.Code, maxNameBytes), Message: cut(e.Error.Message, maxPathBytes)}
	}
	for i := range e.Resources {
		res := &e.Resources[i]
		res.Type, res.ID, res.Name, res.Content = cut(res.Type, maxNameBytes), cut(res.ID, maxNameBytes), cut(res.Name, maxPathBytes), cut(res.Content, maxPathBytes)
	}
	if !slices.Contains(engine.Operations, e.Operation) {
		e.Operation = engine.OpOther
	}
	if e.Result != engine.Failure {
		e.Result = engine.Success
	}
	if err := e.Normalize(at); err != nil {
		return item{event: e}, fmt.Errorf("event of the recorder: %w", err)
	}
	it := item{event: e, bytes: len(e.AppendJSON(nil))}
	if it.bytes > engine.MaxEventBytes {
		return it, fmt.Errorf("event of the recorder: it has %d bytes, the limit is %d", it.bytes, engine.MaxEventBytes)
	}
	return it, nil
}

// cut returns at most limit bytes of s, in UTF-8.
func cut(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit-len("…")] + "…"
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
