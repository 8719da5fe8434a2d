package reply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"annals/engine"
)

func TestProblemOf(t *testing.T) {
	f := func(err error, status int, code string) {
		t.Helper()
		p := ProblemOf(fmt.Errorf("while testing: %w", err))
		if p.Status != status || p.Type != typePrefix+code || p.Title == "" {
			t.Errorf("%v: %+v, want %d %s", err, p, status, code)
		}
	}
	f(engine.ErrNotFound, 404, "not-found")
	f(engine.ErrConflict, 409, "conflict")
	f(engine.ErrTooBroad, 400, "too-broad")
	f(engine.ErrCursor, 400, "cursor")
	f(engine.ErrDiskFull, 507, "disk-full")
	f(engine.ErrFailed, 503, "unavailable")
	f(engine.ErrBehind, 503, "unavailable")
	f(engine.ErrClosed, 503, "unavailable")
	f(engine.ErrDamaged, 500, "damaged")
	f(context.DeadlineExceeded, 503, "deadline")
	f(context.Canceled, 499, "cancelled")
	f(&http.MaxBytesError{Limit: 7}, 413, "too-large")
	f(&engine.QueryError{Column: 3, Message: "x"}, 400, "query")
	f(&engine.FieldError{Field: "page", Message: "x"}, 400, "parameter")
	f(BadParameter("limit", "x"), 400, "parameter")
	f(io.ErrUnexpectedEOF, 500, "internal")

	if p := ProblemOf(&engine.QueryError{Column: 3}); p.Column != 3 || p.Field != "q" {
		t.Errorf("query problem: %+v", p)
	}
	if p := TooLarge(5, "x"); p.Limit != 5 {
		t.Errorf("limit: %+v", p)
	}
}

func TestErrorHidesUnknownErrors(t *testing.T) {
	var log bytes.Buffer
	ctx := WithRequest(context.Background(), "r-1", slog.New(slog.NewTextHandler(&log, nil)))
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil).WithContext(ctx)
	Error(w, r, errors.New("secret path"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), `"request_id":"r-1"`) {
		t.Errorf("answer: %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "secret path") || !strings.Contains(log.String(), "r-1") {
		t.Errorf("log: %s", log.String())
	}
}

// TestSlowReader: a client that does not read holds its answer for as long as is allowed, whatever the size of the answer.
func TestSlowReader(t *testing.T) {
	defer func(d time.Duration) { clientPatience = d }(clientPatience)
	clientPatience = 100 * time.Millisecond
	answered := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		defer close(answered)
		Body(w, http.StatusOK, "text/plain", make([]byte, 64<<20)) // more than the sockets' buffers
	}))
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case <-answered:
	case <-time.After(30 * time.Second):
		t.Error("the answer still waits for its reader")
	}
}

func TestRetryAfter(t *testing.T) {
	f := func(after time.Duration, want string) {
		t.Helper()
		w := httptest.NewRecorder()
		Error(w, httptest.NewRequest("GET", "/", nil), TooMany(after, "x"))
		if got := w.Header().Get("Retry-After"); w.Code != 429 || got != want {
			t.Errorf("%v: %d, Retry-After %q", after, w.Code, got)
		}
	}
	f(time.Millisecond, "1")
	f(time.Second, "1")
	f(1001*time.Millisecond, "2")
	f(0, "")
}

func TestNetwork(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Network(netip.MustParseAddr(in)).String(); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	f("203.0.113.9", "203.0.113.9")
	f("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")
}
