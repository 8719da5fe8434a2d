package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// faultyIndex is an index whose steps a test breaks or holds up. A nil member does nothing.
type faultyIndex struct {
	engine.Index
	open func(dir string) error
	add  func(ctx context.Context, first uint64, events []*engine.Event, really func([]*engine.Event) error) error
}

func (x *faultyIndex) OpenWindow(dir string, first, end uint64, sealed bool) (uint64, error) {
	if x.open != nil {
		if err := x.open(dir); err != nil {
			return first, err
		}
	}
	return x.Index.OpenWindow(dir, first, end, sealed)
}

func (x *faultyIndex) Add(ctx context.Context, first uint64, events []*engine.Event) error {
	really := func(events []*engine.Event) error { return x.Index.Add(ctx, first, events) }
	if x.add != nil {
		return x.add(ctx, first, events, really)
	}
	return really(events)
}

// withFaults puts a faulty index before a true one.
func withFaults(dir string) (engine.Options, *faultyIndex) {
	o := withIndex(dir)
	x := &faultyIndex{Index: o.Index}
	o.Index = x
	return o, x
}

// TestIndexCannotBeOpened: an index that cannot be opened for want of descriptors fails the start, says so, and is not removed.
func TestIndexCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	l := enginetest.OpenLog(t, withIndex(dir))
	enginetest.Append(t, l, enginetest.NewMaker("open", 1).Events(600)...)
	awaitSealed(t, l, 2)
	waitIndexed(t, l)
	must(t, l.Close())
	window := filepath.Join(dir, "windows", "00000000000000000256", "index")
	files := func() []string {
		found, err := filepath.Glob(filepath.Join(window, "*"))
		must(t, err)
		return found
	}
	before := files()
	o, x := withFaults(dir)
	x.open = func(dir string) error {
		if dir == window {
			return &os.PathError{Op: "open", Path: dir, Err: syscall.EMFILE}
		}
		return nil
	}
	if _, err := engine.Open(o); !errors.Is(err, syscall.EMFILE) || errors.Is(err, engine.ErrDamaged) {
		t.Errorf("open: %v", err)
	}
	must(t, o.Index.Close())
	if after := files(); len(after) == 0 || len(after) != len(before) {
		t.Errorf("the index had %v, has %v", before, after)
	}
	l = enginetest.OpenLog(t, withIndex(dir))
	if s := l.Stats(); s.Indexed != 600 || s.Index.Rebuilds != 0 {
		t.Errorf("%d events are indexed, %d windows built again", s.Indexed, s.Index.Rebuilds)
	}
}

// TestIndexTakesHalf: an index that fails after it took in a part of a batch is fed again and in the end has everything. Meanwhile the log says so,
// and searches find all.
func TestIndexTakesHalf(t *testing.T) {
	o, x := withFaults(t.TempDir())
	var failing atomic.Bool
	x.add = func(_ context.Context, _ uint64, events []*engine.Event, really func([]*engine.Event) error) error {
		if !failing.Load() || len(events) < 2 {
			return really(events)
		}
		return errors.Join(errors.New("no memory"), really(events[:len(events)/2]))
	}
	l := enginetest.OpenLog(t, o)
	m, model := enginetest.NewMaker("half", 1), enginetest.Model{}
	model.Add(m.Events(100)...)
	enginetest.Append(t, l, model.Events...)
	waitIndexed(t, l)
	must(t, l.Ready())
	failing.Store(true)
	more := m.Events(50)
	model.Add(more...)
	enginetest.Append(t, l, more...)
	enginetest.Eventually(t, "the log says that the index cannot be fed", func() bool {
		err := l.Ready()
		return err != nil && strings.Contains(err.Error(), "the index cannot be fed since 20") && strings.Contains(err.Error(), "no memory")
	})
	model.Check(t, l, engine.Query{Tenants: all, Limit: 20})
	failing.Store(false)
	waitIndexed(t, l)
	must(t, l.Ready())
	model.Check(t, l, engine.Query{Tenants: all, Limit: 20})
	if s := l.Stats(); s.Lag != 0 {
		t.Errorf("the index lacks %d events", s.Lag)
	}
}

// TestWritersBesideRebuild: events that the index has lost at the start are no lag: while it takes them in again, writers go on, new events are
// taken in between, and searches find all.
func TestWritersBesideRebuild(t *testing.T) {
	const lost = 20_000 // some batches
	dir := t.TempDir()
	o := withIndex(dir)
	o.WindowEvents = 1 << 15
	l := enginetest.OpenLog(t, o)
	some := func(n int, action string) []*engine.Event {
		events := make([]*engine.Event, n)
		for i := range events {
			events[i] = &engine.Event{Action: action}
		}
		return events
	}
	enginetest.Append(t, l, some(lost, "old")...)
	must(t, l.Close())
	must(t, os.RemoveAll(filepath.Join(dir, "windows", "00000000000000000000", "index")))

	o, x := withFaults(dir)
	o.WindowEvents, o.MaxLag = 1<<15, 1000
	gate := make(chan struct{})
	var fed []uint64 // the first seqs of the batches; one goroutine adds
	x.add = func(_ context.Context, _ uint64, events []*engine.Event, really func([]*engine.Event) error) error {
		<-gate
		fed = append(fed, events[0].Seq)
		return really(events)
	}
	l = enginetest.OpenLog(t, o)
	fresh := uint64(0)
	appendSome := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if _, err := l.Append(ctx, some(450, "new")); err != nil {
			close(gate)
			t.Fatalf("append beside the rebuild: %v", err)
		}
		fresh += 450
	}
	findAll := func() {
		t.Helper()
		if n, m := search(t, l, "old").Total, search(t, l, "new").Total; n != lost || m != fresh {
			t.Errorf("%d and %d events are found, want %d and %d", n, m, lost, fresh)
		}
	}
	appendSome()
	appendSome()
	findAll()
	close(gate)
	for range 20 {
		appendSome()
		findAll()
	}
	waitIndexed(t, l)
	findAll()
	must(t, l.Ready())
	old := func(seq uint64) bool { return seq < lost }
	if len(fed) < 4 || !old(fed[0]) || old(fed[1]) || !slices.ContainsFunc(fed[2:], old) {
		t.Errorf("batches began at %v: want new events between those from before %d", fed, lost)
	}
}

// unwrittenIndex says that it cannot write.
type unwrittenIndex struct {
	engine.Index
	failure atomic.Pointer[error]
}

func (x *unwrittenIndex) Stats() engine.IndexStats {
	st := x.Index.Stats()
	if err := x.failure.Load(); err != nil {
		st.Failure = *err
	}
	return st
}

// TestIndexNotWritten: an index that cannot write what it has keeps the log from being ready, and no longer than that.
func TestIndexNotWritten(t *testing.T) {
	o := withIndex(t.TempDir())
	x := &unwrittenIndex{Index: o.Index}
	o.Index = x
	l := enginetest.OpenLog(t, o)
	broken := errors.New("broken disk")
	x.failure.Store(&broken)
	err := l.Ready()
	if n, ok := errors.AsType[*engine.NotReady](err); !ok || !errors.Is(err, broken) || n.Public() != "the index cannot be written" {
		t.Fatalf("ready: %v", err)
	}
	x.failure.Store(nil)
	if err := l.Ready(); err != nil {
		t.Fatal(err)
	}
}
