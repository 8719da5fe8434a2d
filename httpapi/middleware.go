package httpapi

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"annals/httpapi/reply"
)

// observe is the outermost layer: it gives the request its ID, counts it, writes the access log, and turns a panic into
// a 500 that tells the client nothing but the ID.
func (a *API) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := requestID(r)
		client := a.proxies.client(r)
		ctx := reply.WithClient(reply.WithRequest(r.Context(), id, a.logger), client)
		if a.proxies.secure(r) {
			ctx = reply.WithSecure(ctx)
		}
		r = r.WithContext(ctx)
		w.Header().Set("X-Request-ID", id)
		out := &response{ResponseWriter: w}
		start := time.Now()
		a.metrics.inFlight.Inc()
		defer func() {
			took := time.Since(start)
			a.metrics.request(r.Method, out, took)
			a.logger.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("request_id", id), slog.String("method", r.Method),
				slog.String("path", r.URL.Path), slog.String("code", out.code()), slog.Int64("bytes", out.bytes),
				slog.Duration("took", took), slog.Any("client", client), slog.String("peer", r.RemoteAddr))
		}()
		defer catch(out, r)
		limitBody(w, r, a.bodyTimeout)
		next.ServeHTTP(out, r)
	})
}

// catch answers for a handler that panicked. Where part of the answer is out already, only cutting the connection tells the
// client that the rest is missing; http.ErrAbortHandler asks for just that.
func catch(w *response, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		w.aborted = true
		panic(p)
	}
	err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	if w.status != 0 {
		reply.Fill(r, err)
		w.aborted = true
		panic(http.ErrAbortHandler)
	}
	reply.Error(w, r, err)
}

const maxRequestIDBytes = 64

// requestID takes over the ID that a proxy in front has given, if it is one that can stand in a log line.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-ID")
	if id == "" || len(id) > maxRequestIDBytes {
		return rand.Text()
	}
	for _, c := range []byte(id) {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '-', c == '_', c == '.':
		default:
			return rand.Text()
		}
	}
	return id
}

// securityHeaders make a browser treat every answer as inert data. A page that needs more says so itself.
func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		strictTransport(h, r)
		next.ServeHTTP(w, r)
	})
}

// response remembers what was answered, for the metrics and the access log.
type response struct {
	http.ResponseWriter
	route   string // template; "" where no route matched
	status  int    // 0 until the header is out
	bytes   int64
	aborted bool // cut off on purpose, so that a part does not look like the whole
}

// onRoute notes the template of the route that matched.
func onRoute(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if out, ok := w.(*response); ok {
			out.route = path
		}
		next.ServeHTTP(w, r)
	})
}

func (w *response) code() string {
	if w.aborted {
		return "aborted"
	}
	return strconv.Itoa(w.status)
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
