package recorder

import (
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// readable reports whether a body is of a kind that can be recorded: JSON or a form, not compressed.
func readable(req *http.Request) bool {
	return req.Header.Get("Content-Encoding") == "" && (isJSON(req) || isForm(req))
}

func isJSON(req *http.Request) bool {
	media := mediaType(req)
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

func isForm(req *http.Request) bool { return mediaType(req) == "application/x-www-form-urlencoded" }

func mediaType(req *http.Request) string {
	media, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	return media
}

// tee keeps the beginning of a body that a handler reads. A handler may leave the reading to a goroutine that outlives it.
type tee struct {
	io.ReadCloser
	limit int

	mu   sync.Mutex // guards what follows
	kept []byte     // limit + 1 bytes at most
	done bool       // the body's end was read
}

// Read implements io.Reader.
func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[:min(n, t.limit+1-len(t.kept))]...)
	t.done = t.done || err == io.EOF
	return n, err
}

// take returns a copy of what was read, and why it is not the body when it is not.
func (t *tee) take(length int64) (body []byte, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case len(t.kept) > t.limit:
		return nil, fmt.Sprintf("it has more than %d bytes", t.limit)
	case !t.done && int64(len(t.kept)) != length: // whoever knows the length need not read on to the end
		return nil, "the service did not read all of it"
	}
	return append([]byte(nil), t.kept...), ""
}

// parameters adds the query and the body to the details. What cannot be read cannot be redacted, so it is not recorded.
func (r *Recorder) parameters(op *operation, details map[string]any) {
	if op.rawQuery != "" {
		details["query"] = r.query(op.rawQuery)
	}
	if op.body == nil {
		return
	}
	body, why := op.body.take(op.request.ContentLength)
	switch {
	case why != "":
	case len(body) == 0:
		return
	case isForm(op.request):
		details["form"] = r.query(string(body))
		return
	default:
		if text, ok := r.redact.json(body, 0); ok {
			details["body"] = text
			return
		}
		why = "it is not JSON"
	}
	details["body_not_recorded"] = why
}

// query returns the parameters of a query or form: a text each, or a list where a name comes more than once.
func (r *Recorder) query(raw string) any {
	if len(raw) > max(r.o.MaxBodyBytes, 0) {
		return fmt.Sprintf("not recorded: it has %d bytes", len(raw))
	}
	values, err := url.ParseQuery(raw)
	out := make(map[string]any, len(values))
	seen := map[string]bool{}
	for _, raw := range slices.Sorted(maps.Keys(values)) {
		list, clean := values[raw], make([]string, len(values[raw]))
		for i, v := range list {
			clean[i] = r.redact.named(raw, v)
		}
		name := unique(strings.ToValidUTF8(raw, "\ufffd"), seen) // no two names become one, which would spoil the event
		if out[name] = clean; len(clean) == 1 {
			out[name] = clean[0]
		}
	}
	if err != nil {
		out[unique("(not recorded)", seen)] = "a part that cannot be read"
	}
	return out
}
