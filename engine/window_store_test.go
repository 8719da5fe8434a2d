package engine

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
)

func nothing(*badger.Txn) error { return nil }

// sealedLog makes a log whose first window, of so many events, is sealed and closed.
func sealedLog(t *testing.T, events int) (*Log, *window) {
	t.Helper()
	l, err := Open(Options{Dir: t.TempDir(), WindowEvents: uint64(events), MinFreeBytes: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	appendNumbered(t, l, 0, events+10)
	w := l.list()[0]
	eventually(t, "the first window is sealed", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.sealed && !w.busy
	})
	return l, w
}

// appendNumbered appends the events with the numbers from on, below to. It does not wait for ever.
func appendNumbered(t *testing.T, l *Log, from, to int) {
	t.Helper()
	var events []*Event
	for i := from; i < to; i++ {
		events = append(events, &Event{ID: fmt.Sprint("e-", i), Action: "a"})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	outcomes, err := l.Append(ctx, events)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		if o.Status != Created {
			t.Fatalf("event %d: %s %v", from+i, o.Status, o.Err)
		}
	}
}

func eventually(t *testing.T, what string, fn func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !fn(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// TestCommitsBesideOpening: while a sealed window's store is opened or closed, which may take long, events are committed and their IDs looked up.
func TestCommitsBesideOpening(t *testing.T) {
	l, w := sealedLog(t, 256)
	reached, goOn := make(chan struct{}), make(chan struct{})
	w.mu.Lock()
	w.moving = func() {
		reached <- struct{}{}
		<-goOn
	}
	w.mu.Unlock()
	for i, move := range []func() error{
		func() error { _, err := l.Get(context.Background(), Tenants{All: true}, "e-7"); return err }, // opens
		func() error { // closes
			if !w.closeIfIdle() {
				return fmt.Errorf("the window was not closed")
			}
			return nil
		},
		func() error { return w.closeStore(nil) },
	} {
		if i == 2 { // there must be something to close
			open := make(chan error)
			go func() { open <- w.read(w.end.Load(), nothing) }()
			<-reached
			goOn <- struct{}{}
			if err := <-open; err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan error)
		go func() { done <- move() }()
		<-reached
		appendNumbered(t, l, 1000+10*i, 1010+10*i)
		goOn <- struct{}{}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	w.mu.Lock()
	w.moving = nil
	w.mu.Unlock()
}

// TestReadersDoNotStarveACloser: who wants to close a window gets its turn although readers take turns without a pause, and they go on after it.
func TestReadersDoNotStarveACloser(t *testing.T) {
	_, w := sealedLog(t, 256)
	if _, err := w.acquire(); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- w.closeStore(nil) }()
	eventually(t, "the closer waits", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.closers > 0
	})
	// The next reader comes while the one before is still there: without a queue there is always one.
	read := make(chan error, 1)
	go func() {
		err := w.read(w.end.Load(), nothing)
		read <- err
	}()
	select {
	case err := <-read:
		t.Fatalf("a reader overtook the closer: %v", err)
	case <-time.After(20 * time.Millisecond): // long enough for one that would not wait
	}
	w.release()
	for _, done := range []chan error{closed, read} {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("closer and reader wait for one another")
		}
	}
}

// TestCloseDuringVerify: whoever reads all of a window lets go of it now and then, so that it can be sealed, closed or removed meanwhile.
func TestCloseDuringVerify(t *testing.T) {
	l, w := sealedLog(t, 3*shortRead)
	closings := 0
	report, err := l.Verify(context.Background(), func(uint64, uint64) {
		closings++
		if err := w.closeStore(nil); err != nil {
			t.Error(err)
		}
	})
	if err != nil || len(report.Problems) > 0 || report.Events != l.Size() || closings < 3 {
		t.Errorf("%+v, %v; closed %d times", report, err, closings)
	}
	n := 0
	err = l.Scan(context.Background(), Tenants{All: true}, time.Time{}, time.Time{}, false, func(*Event) error { n++; return nil })
	if err != nil || uint64(n) != l.Size() {
		t.Errorf("scan: %d events, %v", n, err)
	}
}

// TestGiveBackBesideOpening: pages are given back while stores are opened and closed, which the race detector watches.
func TestGiveBackBesideOpening(t *testing.T) {
	l, w := sealedLog(t, 256)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			if err := w.read(w.end.Load(), nothing); err != nil {
				t.Error(err)
			}
			w.closeIfIdle()
		}
	}()
	for {
		select {
		case <-done:
			return
		default:
			l.giveBack()
		}
	}
}
