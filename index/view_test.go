package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"

	"annals/engine"
)

var quiet = slog.New(slog.DiscardHandler)

func feed(t *testing.T, x *Index, events []*engine.Event) {
	t.Helper()
	if _, err := x.OpenWindow(t.TempDir(), 0, 0, false); err != nil {
		t.Fatal(err)
	}
	if err := x.Add(context.Background(), 0, events); err != nil {
		t.Fatal(err)
	}
}

// TestConcurrent asks while events are added, segments merged and written, and the window built again.
func TestConcurrent(t *testing.T) {
	const total = 6000
	r := rand.New(rand.NewPCG(7, 8))
	events := make([]*engine.Event, total)
	failures := make([]uint64, total+1) // by how many events there are
	for i := range events {
		events[i] = randomEvent(r, uint64(i))
		failures[i+1] = failures[i]
		if events[i].Result == engine.Failure {
			failures[i+1]++
		}
	}
	x := New(Options{})
	defer x.Close()
	if _, err := x.OpenWindow(t.TempDir(), 0, 0, false); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for last := uint64(0); ; {
				select {
				case <-done:
					return
				default:
				}
				v := x.View()
				end := v.Covered(0)
				if end < last {
					t.Errorf("the index went back from %d to %d", last, end)
				}
				last = end
				h, err := v.Find(context.Background(), engine.PlanTerm{Term: engine.ExactTerm("result", engine.Failure)}, nil)
				if err != nil || h.Total() != failures[end] {
					t.Errorf("%d failures among %d events, want %d (%v)", h.Total(), end, failures[end], err)
				}
				if at := h.ByTime(nil, true, 0, 100); len(at) != int(min(100, failures[end])) {
					t.Errorf("a page of %d", len(at))
				}
				v.Close()
			}
		})
	}
	add := func() {
		for at := 0; at < total; {
			n := min(1+r.IntN(200), total-at)
			if err := x.Add(context.Background(), 0, events[at:at+n]); err != nil {
				t.Error(err)
				return
			}
			if at += n; r.IntN(10) == 0 {
				if err := x.Flush(context.Background()); err != nil {
					t.Error(err)
				}
			}
		}
	}
	add()
	if _, err := x.Reset(0); err != nil {
		t.Error(err)
	}
	add()
	close(done)
	readers.Wait()
}

// TestResetWhileMerging gives segments up while they are being merged and written.
func TestResetWhileMerging(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	m := &model{}
	for i := range 3000 {
		m.add(randomEvent(r, uint64(i)))
	}
	x := New(Options{})
	feed(t, x, m.events[:1])
	ctx, cancel := context.WithCancel(context.Background())
	var others sync.WaitGroup
	others.Go(func() {
		for ctx.Err() == nil {
			if err := x.Flush(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	})
	for range 30 {
		next, err := x.Reset(0)
		if err != nil {
			t.Fatal(err)
		}
		for to := next + 1; next < uint64(len(m.events)); next, to = to, min(to+uint64(1+r.IntN(600)), uint64(len(m.events))) {
			if err := x.Add(ctx, 0, m.events[next:to]); err != nil {
				t.Fatal(err)
			}
			if r.IntN(20) == 0 {
				break
			}
		}
		v := x.View()
		if v.Covered(0) == uint64(len(m.events)) {
			m.check(t, r, v, m.randomPlan(r, 2))
		}
		v.Close()
	}
	cancel()
	others.Wait()
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTooBroad(t *testing.T) {
	events := make([]*engine.Event, 1100)
	for i := range events {
		events[i] = &engine.Event{Seq: uint64(i), Time: testBaseTime, Tenant: "acme"}
		for k := range 100 {
			events[i].Resources = append(events[i].Resources, engine.Resource{ID: fmt.Sprintf("id%d", i*100+k)})
		}
	}
	x := New(Options{})
	defer x.Close()
	feed(t, x, events[:1])
	_, g := x.windows[0], x.windows[0].live
	data, err := x.builders[0].build(events)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSegment(data)
	if err != nil {
		t.Fatal(err)
	}
	x.mu.Lock()
	g.segments = []*segment{s}
	x.publish()
	x.mu.Unlock()
	v := x.View()
	defer v.Close()
	_, err = v.Find(context.Background(), engine.PlanTerms{Prefix: engine.TextTerm("id")}, nil)
	if !errors.Is(err, engine.ErrTooBroad) {
		t.Errorf("110,000 terms: %v, want ErrTooBroad", err)
	}
	h, err := v.Find(context.Background(), engine.PlanTerms{Prefix: engine.TextTerm("id10")}, nil)
	if err != nil || h.Total() != 1+1+1+10+100 {
		t.Errorf("id10*: %d, %v, want 113 events", h.Total(), err)
	}
}

func TestFindIsCancelled(t *testing.T) {
	x := New(Options{})
	defer x.Close()
	feed(t, x, []*engine.Event{randomEvent(rand.New(rand.NewPCG(1, 1)), 0)})
	v := x.View()
	defer v.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := v.Find(ctx, engine.PlanAll{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Find = %v, want %v", err, context.Canceled)
	}
	failed := errors.New("fetch failed")
	check := engine.PlanCheck{Maybe: engine.PlanAll{}, Check: func(*engine.Event) bool { return true }}
	_, err := v.Find(context.Background(), check, func(context.Context, []engine.Pos, func(int, *engine.Event) error) error { return failed })
	if !errors.Is(err, failed) {
		t.Errorf("Find = %v, want %v", err, failed)
	}
}

// TestCheckIsLast: events are read only for documents that the rest of the plan leaves.
func TestCheckIsLast(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	m := &model{}
	for i := range 1000 {
		m.add(randomEvent(r, uint64(i)))
	}
	x := New(Options{})
	defer x.Close()
	feed(t, x, m.events)
	v := x.View()
	defer v.Close()
	user := engine.PlanTerm{Term: engine.ExactTerm("user", "bob")}
	fetched := 0
	plan := engine.PlanAnd{Parts: []engine.Plan{
		engine.PlanCheck{Maybe: engine.PlanAll{}, Check: func(e *engine.Event) bool { fetched++; return e.Result == engine.Failure }}, user,
	}}
	h, err := v.Find(context.Background(), plan, m.fetch)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(m.find(user)); fetched != want {
		t.Errorf("%d events were read, want %d", fetched, want)
	}
	if want := len(m.find(plan)); h.Total() != uint64(want) {
		t.Errorf("total is %d, want %d", h.Total(), want)
	}
}

func TestMisuse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	x := New(Options{})
	dir := t.TempDir()
	if _, err := x.OpenWindow(dir, 5, 5, false); err != nil {
		t.Fatal(err)
	}
	if _, err := x.OpenWindow(dir, 5, 5, false); err == nil {
		t.Error("a window opened twice")
	}
	ctx := context.Background()
	if err := x.Add(ctx, 5, []*engine.Event{randomEvent(r, 6)}); err == nil {
		t.Error("a gap was taken")
	}
	if err := x.Add(ctx, 5, []*engine.Event{randomEvent(r, 5), randomEvent(r, 5)}); err == nil {
		t.Error("a repeated seq was taken")
	}
	if err := x.Add(ctx, 4, []*engine.Event{randomEvent(r, 4)}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("an unknown window: %v", err)
	}
	for _, err := range []error{x.Seal(4), x.Drop(4)} {
		if !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("an unknown window: %v", err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if err := x.Add(ctx, 5, []*engine.Event{randomEvent(r, 5)}); err == nil {
		t.Error("a closed index took events")
	}
	if err := x.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
}
