package httpapi

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestPanicBecomesProblem(t *testing.T) {
	var log bytes.Buffer
	a := &API{logger: slog.New(slog.NewTextHandler(&log, nil)), metrics: newMetrics(nil)}
	h := a.observe(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "goroutine") {
		t.Errorf("answer: %d %s", w.Code, w.Body)
	}
	if id := w.Header().Get("X-Request-ID"); id == "" || !strings.Contains(log.String(), id) || !strings.Contains(log.String(), "secret") {
		t.Errorf("log: %s", log.String())
	}
}

func TestPanicMidwayAborts(t *testing.T) {
	a := &API{logger: slog.New(slog.DiscardHandler), metrics: newMetrics(nil)}
	f := func(name string, h http.HandlerFunc) {
		t.Helper()
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("%s: recovered %v", name, p)
			}
		}()
		a.observe(h).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil))
	}
	f("panic after a part", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("part"))
		panic("late")
	})
	f("abort on purpose", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

func TestRequestID(t *testing.T) {
	f := func(in string, kept bool) {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Request-ID", in)
		got := requestID(r)
		if (got == in) != kept || got == "" {
			t.Errorf("%q became %q", in, got)
		}
	}
	f("", false)
	f("abc-123_4.5", true)
	f(strings.Repeat("a", maxRequestIDBytes), true)
	f(strings.Repeat("a", maxRequestIDBytes+1), false)
	f("a b", false)
	f("a\nb", false)
	f("é", false)
}

// TestServerGivesUpOnSlowClients: the limits that keep a client that sends nothing from holding a connection.
func TestServerGivesUpOnSlowClients(t *testing.T) {
	s := newServer(t, Options{})
	h := NewServer("127.0.0.1:0", s.api)
	if h.ReadHeaderTimeout == 0 || h.ReadHeaderTimeout > time.Minute || h.IdleTimeout == 0 || h.WriteTimeout != 0 {
		t.Errorf("timeouts: header %v, idle %v, write %v", h.ReadHeaderTimeout, h.IdleTimeout, h.WriteTimeout)
	}
	if err := h.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.api.drain:
	case <-time.After(10 * time.Second):
		t.Error("Shutdown does not drain the tails")
	}
}
