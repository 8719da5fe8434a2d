package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

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
