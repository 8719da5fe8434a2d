package recorder

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"

	"annals/engine"
)

// Handler records the write operations that next serves. It belongs directly around the router: a middleware between the two that
// copies the request keeps the route's pattern from it. A handler that panics is recorded as a failure, and the panic goes on.
func (r *Recorder) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !writes(req.Method) {
			next.ServeHTTP(w, req)
			return
		}
		op := r.begin(req)
		out := &response{ResponseWriter: w}
		returned := false
		// Not recover: the panic keeps its value and its stack.
		defer func() { r.record(op, out, returned) }()
		next.ServeHTTP(out, op.request)
		returned = true
	})
}

func writes(method string) bool {
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}

// Edit changes the event of the write operation behind ctx before it is sent, from inside of its handler: a handler knows best
// who acted and on what. After the handler's end, or for a request that is not recorded, it does nothing and returns false.
func Edit(ctx context.Context, change func(*engine.Event)) bool {
	op, ok := ctx.Value(operationKey{}).(*operation)
	if !ok {
		return false
	}
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.over {
		return false
	}
	op.edits = append(op.edits, change)
	return true
}

type operationKey struct{}

// operation is one request under way. What handlers are known to change, the URL and the body, is noted before they run.
type operation struct {
	request        *http.Request // what the handler has; a router puts the pattern into it
	start          time.Time
	path, rawQuery string
	body           *tee // nil when it is not to be recorded

	mu    sync.Mutex // guards what follows
	edits []func(*engine.Event)
	over  bool
}

func (r *Recorder) begin(req *http.Request) *operation {
	op := &operation{start: r.o.Now(), path: req.URL.Path, rawQuery: req.URL.RawQuery}
	op.request = req.WithContext(context.WithValue(req.Context(), operationKey{}, op))
	if req.Body != nil && req.Body != http.NoBody && readable(req) && r.o.MaxBodyBytes > 0 {
		op.body = &tee{ReadCloser: req.Body, limit: r.o.MaxBodyBytes}
		op.request.Body = op.body
	}
	return op
}

// end returns the changes that handlers asked for, and takes no more.
func (op *operation) end() []func(*engine.Event) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.over = true
	return op.edits
}

// record puts the event of an operation into the buffer. It never waits, and nothing that it calls can hurt the service.
func (r *Recorder) record(op *operation, out *response, returned bool) {
	r.recorded.Add(1)
	e := r.event(op, out, returned)
	for _, change := range op.end() {
		r.safely("Edit", func() { change(e) })
	}
	if r.o.Describe != nil {
		r.safely("Describe", func() { r.o.Describe(op.request, e) })
	}
	r.put(e, op.start)
}

func (r *Recorder) put(e *engine.Event, at time.Time) {
	it, err := r.seal(e, at)
	if err != nil {
		r.buffer.refuse(it, err)
		return
	}
	r.buffer.put(it)
}

// Put has an event of the service's own delivered with the others, such as a sign-in or a start, which are no requests. Its tenant is that of the
// recorder, and so is its module if it names none; its time is now if it has none. Put keeps the event and never waits.
func (r *Recorder) Put(e *engine.Event) {
	r.recorded.Add(1)
	e.Tenant, e.Module = r.o.Tenant, cmp.Or(e.Module, r.o.Module)
	at := e.Time
	if at.IsZero() {
		at = r.o.Now()
	}
	r.put(e, at)
}

// safely calls a function of the service.
func (r *Recorder) safely(name string, f func()) {
	defer func() {
		if p := recover(); p != nil {
			r.o.Logger.Error("recorder: a function of the service panicked", "function", name, "panic", p)
		}
	}()
	f()
}

// response remembers the status.
type response struct {
	http.ResponseWriter
	status int // 0 until the header is out
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController flush, hijack and set deadlines.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
