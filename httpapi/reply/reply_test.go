package reply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
