// Package enginetest gives tests a real log that is verified when the test ends, and makes events.
package enginetest

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"annals/engine"
)

// Quiet is a logger that says nothing: tests that break things expect the complaints.
var Quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// NewLog opens a log in a fresh directory. When the test ends it is verified from first to last byte and closed.
func NewLog(t testing.TB) *engine.Log {
	t.Helper()
	return OpenLog(t, engine.Options{Dir: t.TempDir()})
}

// OpenLog opens a log with the options, quietly and without a space guard unless they say otherwise. When the test ends it is verified
// and closed, unless the test has closed it.
func OpenLog(t testing.TB, o engine.Options) *engine.Log {
	t.Helper()
	if o.Logger == nil {
		o.Logger = Quiet
	}
	if o.MinFreeBytes == 0 {
		o.MinFreeBytes = 1
	}
	l, err := engine.Open(o)
	if err != nil {
		t.Fatalf("open log: %v", err)
	}
	t.Cleanup(func() {
		if l.Ready() == nil {
			Verify(t, l)
		}
		if err := l.Close(); err != nil {
			t.Errorf("close log: %v", err)
		}
	})
	return l
}

// Verify fails the test unless every hash of the log matches.
func Verify(t testing.TB, l *engine.Log) {
	t.Helper()
	report, err := l.Verify(context.Background(), nil)
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	for _, p := range report.Problems {
		t.Errorf("verify: %s", p)
	}
}

// Append appends events and fails the test unless each is created.
func Append(t testing.TB, l *engine.Log, events ...*engine.Event) {
	t.Helper()
	outcomes, err := l.Append(context.Background(), events)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	for i, o := range outcomes {
		if o.Status != engine.Created {
			t.Fatalf("append event %d (%q): %s %v", i, o.ID, o.Status, o.Err)
		}
	}
}
