package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/index"
)

// heldIndex is an index whose Add can be held up, and that notes how many bytes each took.
type heldIndex struct {
	engine.Index
	held sync.Mutex // by a test that wants no Add

	mu      sync.Mutex
	batches []int
}

func (h *heldIndex) Add(ctx context.Context, first uint64, events []*engine.Event) error {
	h.held.Lock()
	defer h.held.Unlock()
	bytes := 0
	for _, e := range events {
		bytes += len(e.AppendJSON(nil))
	}
	h.mu.Lock()
	h.batches = append(h.batches, bytes)
	h.mu.Unlock()
	return h.Index.Add(ctx, first, events)
}

func newHeldIndex() *heldIndex {
	return &heldIndex{Index: index.New(index.Options{Logger: enginetest.Quiet})}
}

// TestLargeIndexBatches: however far the index is behind, it is fed a bounded number of bytes at a time.
func TestLargeIndexBatches(t *testing.T) {
	x, o := newHeldIndex(), withIndex(t.TempDir())
	o.Index = x
	l := enginetest.OpenLog(t, o)
	x.held.Lock()
	for part := range slices.Chunk(largeEvents(150), 50) {
		enginetest.Append(t, l, part...)
	}
	x.held.Unlock()
	waitIndexed(t, l)
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, bytes := range x.batches {
		if bytes > 16<<20+engine.MaxEventBytes {
			t.Errorf("a batch of %d bytes", bytes)
		}
	}
}

// TestLagBytes: Append waits while what the index lacks is too large, though few events, before and after a restart.
func TestLagBytes(t *testing.T) {
	x, o := newHeldIndex(), withIndex(t.TempDir())
	o.Index, o.MaxLagBytes = x, 4<<20
	l := enginetest.OpenLog(t, o)
	events := largeEvents(60)
	x.held.Lock()
	enginetest.Append(t, l, events[:20]...)
	refused := func(l *engine.Log) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if _, err := l.Append(ctx, events[20:21]); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "index") || l.Size() != 20 {
			t.Errorf("append to a log whose index is far behind: %v; %d events", err, l.Size())
		}
	}
	refused(l)
	x.held.Unlock()
	waitIndexed(t, l)
	enginetest.Append(t, l, events[20:40]...)
	waitIndexed(t, l)
	must(t, l.Close())

	x = newHeldIndex()
	x.held.Lock()
	o.Index = x
	l = enginetest.OpenLog(t, o)
	enginetest.Append(t, l, events[40:50]...) // what was indexed before does not count
	x.held.Unlock()
	waitIndexed(t, l)
	enginetest.Append(t, l, events[50:]...)
}
