package reply

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// JSON answers with v as JSON.
func JSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err
	}
	Body(w, status, "application/json", append(body, '\n'))
	return nil
}

// Body answers with ready bytes. A failed write means that the client has gone, which nobody needs to hear.
func Body(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	// A client that does not read must not hold its answer for ever. A writer without deadlines, such as a test's, has no slow client.
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(clientPatience))
	w.WriteHeader(status)
	_, _ = w.Write(body)
	_ = control.Flush()                       // what is left in the buffer has the deadline as well
	_ = control.SetWriteDeadline(time.Time{}) // the connection's next answer is another matter
}

// clientPatience is how long a client may take to read an answer. Tests change it.
var clientPatience = 2 * time.Minute

// Error answers with the problem document for err, or with the page that WithPages has for it. What the client is not told goes to the log with
// the request ID.
func Error(w http.ResponseWriter, r *http.Request, err error) {
	p := Fill(r, err)
	if show := showOf(r.Context()); show != nil {
		err := show(w, r, p)
		if err == nil {
			return
		}
		Keep(r, err)
	}
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and numbers only
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="annals"`)
	}
	SetRetryAfter(w.Header(), p.retryAfter)
	Body(w, p.Status, "application/problem+json", append(body, '\n'))
}

// SetRetryAfter says with whole seconds, which it returns, when the request may be made again: never too soon. 0: nothing is said of it.
func SetRetryAfter(h http.Header, after time.Duration) (seconds int64) {
	if seconds = int64((after + time.Second - 1) / time.Second); seconds > 0 {
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	return seconds
}

// Failed answers with body, which a room has made of err in its vendor's shape and must be strings and numbers only, and says when the request may be
// made again.
func Failed(w http.ResponseWriter, status int, err error, body any) {
	if p, ok := errors.AsType[*Problem](err); ok {
		SetRetryAfter(w.Header(), p.RetryAfter())
	}
	if err := JSON(w, status, body); err != nil {
		panic(err)
	}
}

// Fill returns the problem for err with the request's ID, and logs what the client is not told. It is for answers
// that carry the problem inside something else.
func Fill(r *http.Request, err error) *Problem {
	p := *ProblemOf(err)
	req := requestOf(r.Context())
	p.RequestID = req.id
	if p.Status >= http.StatusInternalServerError {
		req.log.ErrorContext(r.Context(), "request failed", "request_id", req.id, "method", r.Method, "path", r.URL.Path,
			"status", p.Status, "error", err)
	}
	return &p
}

// Keep logs an error with the request's ID that the client is told of in general terms only, inside of an answer that is no problem document.
func Keep(r *http.Request, err error) {
	req := requestOf(r.Context())
	req.log.ErrorContext(r.Context(), "request not served in full", "request_id", req.id, "method", r.Method, "path", r.URL.Path, "error", err)
}

type request struct {
	id  string
	log *slog.Logger
}

type requestKey struct{}

// WithRequest gives the request behind ctx its ID and the log for its failures.
func WithRequest(ctx context.Context, id string, log *slog.Logger) context.Context {
	return context.WithValue(ctx, requestKey{}, request{id, log})
}

// RequestID returns the ID of the request behind ctx, or "" outside of a request.
func RequestID(ctx context.Context) string { return requestOf(ctx).id }

func requestOf(ctx context.Context) request {
	if req, ok := ctx.Value(requestKey{}).(request); ok {
		return req
	}
	return request{log: slog.Default()}
}
