package engine_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
)

// TestCommitFaults fails a commit before it is written and after. Either way nothing is acknowledged, no write follows, reads go on, and
// opening the log again tells which it was.
func TestCommitFaults(t *testing.T) {
	broken := errors.New("broken disk")
	for _, c := range []struct {
		name    string
		written bool
		faults  func(fail *atomic.Bool) *engine.Faults
	}{
		{"failed and not written", false, func(fail *atomic.Bool) *engine.Faults { return &engine.Faults{BeforeCommit: failing(fail, broken)} }},
		{"failed but written", true, func(fail *atomic.Bool) *engine.Faults { return &engine.Faults{AfterCommit: failing(fail, broken)} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var fail atomic.Bool
			o := withIndex(t.TempDir())
			o.Faults = c.faults(&fail)
			l := enginetest.OpenLog(t, o)
			m := enginetest.NewMaker("f", 1)
			model := enginetest.Model{}
			model.Add(m.Events(300)...)
			enginetest.Append(t, l, model.Events...)
			fail.Store(true)
			lost := appendAllFail(t, l, m, broken)
			checkReadsGoOn(t, l, &model, lost)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = enginetest.OpenLog(t, withIndex(o.Dir))
			if err := l.Ready(); err != nil {
				t.Fatal(err)
			}
			enginetest.Verify(t, l)
			checkRetries(t, l, lost, c.written)
		})
	}
}

func failing(fail *atomic.Bool, err error) func() error {
	return func() error {
		if fail.Load() {
			return err
		}
		return nil
	}
}

// appendAllFail appends from several goroutines; those that wait and those that come later must all fail.
func appendAllFail(t *testing.T, l *engine.Log, m *enginetest.Maker, cause error) (batches [][]*engine.Event) {
	t.Helper()
	var wg sync.WaitGroup
	for range 6 {
		batches = append(batches, m.Events(1+m.IntN(20)))
	}
	for _, batch := range batches {
		wg.Go(func() {
			outcomes, err := l.Append(context.Background(), batch)
			if !errors.Is(err, engine.ErrFailed) || !errors.Is(err, cause) {
				t.Errorf("append while the disk fails: %v, %v", outcomes, err)
			}
		})
	}
	wg.Wait()
	if _, err := l.Append(context.Background(), m.Events(1)); !errors.Is(err, engine.ErrFailed) {
		t.Errorf("append after a failure: %v", err)
	}
	if err := l.Ready(); !errors.Is(err, engine.ErrFailed) {
		t.Errorf("ready after a failure: %v", err)
	}
	return batches
}

// checkReadsGoOn: what was there is found, what was not acknowledged is not.
func checkReadsGoOn(t *testing.T, l *engine.Log, model *enginetest.Model, lost [][]*engine.Event) {
	t.Helper()
	model.Check(t, l, engine.Query{Tenants: all, Desc: true, Limit: 50})
	for _, batch := range lost {
		for _, e := range batch {
			if _, err := l.Get(context.Background(), all, e.ID); !errors.Is(err, engine.ErrNotFound) {
				t.Errorf("get of an event that was not acknowledged: %v", err)
			}
		}
	}
}

// checkRetries sends the batches again: each was written whole or not at all, and at least one was when the commit had been written.
func checkRetries(t *testing.T, l *engine.Log, batches [][]*engine.Event, written bool) {
	t.Helper()
	there := 0
	for _, batch := range batches {
		for i, e := range batch {
			batch[i] = enginetest.Again(e)
		}
		outcomes, err := l.Append(context.Background(), batch)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			if o.Status != outcomes[0].Status || o.Status != engine.Created && o.Status != engine.Duplicate {
				t.Errorf("retry of %q: %s %v, the first of its request %s", o.ID, o.Status, o.Err, outcomes[0].Status)
			}
		}
		if outcomes[0].Status == engine.Duplicate {
			there++
		}
	}
	if written != (there > 0) {
		t.Errorf("%d of the batches were there, written: %v", there, written)
	}
}

// TestDiskGuard: when space runs out, writes are refused, reads go on, and writes are taken again when there is space.
func TestDiskGuard(t *testing.T) {
	for name, c := range map[string]struct{ bytes, inodes uint64 }{"bytes": {1 << 20, math.MaxUint64}, "inodes": {math.MaxUint64, 3}} {
		t.Run(name, func(t *testing.T) {
			var full atomic.Bool
			o := withIndex(t.TempDir())
			o.MinFreeBytes = 64 << 20
			o.Faults = &engine.Faults{FreeSpace: func() (uint64, uint64, error) {
				if full.Load() {
					return c.bytes, c.inodes, nil
				}
				return math.MaxUint64, math.MaxUint64, nil
			}}
			l := enginetest.OpenLog(t, o)
			var model enginetest.Model
			m := enginetest.NewMaker("g", 2)
			model.Add(m.Events(20)...)
			enginetest.Append(t, l, model.Events...)
			full.Store(true)
			enginetest.Eventually(t, "the guard sees a full disk", func() bool { return errors.Is(l.Ready(), engine.ErrDiskFull) })
			if _, err := l.Append(context.Background(), m.Events(1)); !errors.Is(err, engine.ErrDiskFull) {
				t.Errorf("append to a full disk: %v", err)
			}
			own := &engine.Event{Tenant: engine.ReservedTenant, Action: "own"}
			if _, err := l.AppendOwn(context.Background(), []*engine.Event{own}); !errors.Is(err, engine.ErrDiskFull) {
				t.Errorf("append of the server's own to a full disk: %v", err)
			}
			model.Check(t, l, engine.Query{Tenants: all, Limit: 7})
			full.Store(false)
			enginetest.Eventually(t, "the guard sees space again", func() bool { return l.Ready() == nil })
			more := m.Events(3)
			enginetest.Append(t, l, more...)
			model.Add(more...)
			model.Check(t, l, engine.Query{Tenants: all, Limit: 7})
		})
	}
}

// TestGuardIsNotOutrun: the guard sees the space go that the log itself takes, however fast it writes. The fake disk has room for a few events, and
// each byte of content takes three.
func TestGuardIsNotOutrun(t *testing.T) {
	const wanted, start, group = 64 << 20, 84 << 20, 3 << 20
	o := withIndex(t.TempDir())
	o.MinFreeBytes = wanted
	var open atomic.Pointer[engine.Log]
	o.Faults = &engine.Faults{FreeSpace: func() (uint64, uint64, error) {
		return uint64(max(0, start-3*contentBytes(open.Load()))), math.MaxUint64, nil
	}}
	l := enginetest.OpenLog(t, o)
	open.Store(l)
	events := largeEvents(400)
	var wg sync.WaitGroup
	var refused atomic.Int32
	for i := range 4 {
		wg.Go(func() {
			for part := range slices.Chunk(events[i*100:(i+1)*100], 20) {
				if _, err := l.Append(context.Background(), part); errors.Is(err, engine.ErrDiskFull) {
					refused.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if free := start - 3*contentBytes(l); free < wanted-3*group || refused.Load() == 0 {
		t.Errorf("%d bytes are left of the %d that are to stay free; %d requests were refused", free, wanted, refused.Load())
	}
	if n := l.Size(); n == 0 || n == 400 {
		t.Errorf("%d events went in", n)
	}
	if err := l.Ready(); !errors.Is(err, engine.ErrDiskFull) {
		t.Errorf("ready: %v", err)
	}
}

// contentBytes is how much content a log holds.
func contentBytes(l *engine.Log) (n int64) {
	if l == nil {
		return 0
	}
	for _, w := range l.Stats().Windows {
		n += w.Bytes
	}
	return n
}
