package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// appendMeanwhile appends single events and small batches, some of them late, until the test is done with fn.
func appendMeanwhile(t *testing.T, l *engine.Log, m *enginetest.Maker, fn func()) {
	t.Helper()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; n < 500; {
			select {
			case <-stop:
				return
			default:
			}
			events := m.Events(1 + m.IntN(9))
			n += len(events)
			if _, err := l.Append(context.Background(), events); err != nil {
				t.Errorf("append: %v", err)
				return
			}
		}
	})
	fn()
	close(stop)
	wg.Wait()
}

// TestPagingWhileEventsArrive walks an answer by cursor, in every order, while events arrive before, within and behind it: every event
// of the first page's moment comes exactly once.
func TestPagingWhileEventsArrive(t *testing.T) {
	o := withIndex(t.TempDir())
	o.WindowEvents = 1024
	l := enginetest.OpenLog(t, o)
	m := enginetest.NewMaker("paging", 1)
	enginetest.Append(t, l, m.Events(700)...)
	for _, c := range []struct {
		sort string
		desc bool
	}{{"", true}, {"", false}, {"user", false}, {"action", true}, {"id", false}, {"description", true}, {"resource", false}} {
		t.Run(fmt.Sprint(c.sort, c.desc), func(t *testing.T) {
			appendMeanwhile(t, l, m, func() {
				q := engine.Query{Tenants: all, Where: engine.Not{Part: engine.Word{Text: "sudo"}}, Sort: c.sort, Desc: c.desc, Limit: 97}
				want := map[string]bool{}
				size := l.Size()
				err := l.Each(context.Background(), q, nil, func(e *engine.Event) error {
					if e.Seq < size {
						want[e.ID] = true
					}
					return nil
				})
				must(t, err)
				seen := map[string]bool{}
				for {
					r := enginetest.Search(t, l, q)
					for _, e := range r.Events {
						if seen[e.ID] {
							t.Errorf("event %q (seq %d) comes twice", e.ID, e.Seq)
						}
						seen[e.ID] = true
						delete(want, e.ID)
					}
					if q.Cursor = r.Next; r.Next == "" {
						break
					}
				}
				if len(want) > 0 {
					t.Errorf("%d of the events that were there never come", len(want))
				}
			})
		})
	}
}

// TestCursorIsBound: a cursor belongs to its query, and a made-up one to none.
func TestCursorIsBound(t *testing.T) {
	l := enginetest.OpenLog(t, withIndex(t.TempDir()))
	enginetest.Append(t, l, enginetest.NewMaker("cursor", 1).Events(20)...)
	q := engine.Query{Tenants: all, Limit: 5}
	cursor := enginetest.Search(t, l, q).Next
	f := func(change func(q *engine.Query)) {
		t.Helper()
		other := q
		other.Cursor = cursor
		change(&other)
		if _, err := l.Search(context.Background(), other); !errors.Is(err, engine.ErrCursor) {
			t.Errorf("cursor with another query: %v", err)
		}
	}
	f(func(q *engine.Query) { q.Desc = true })
	f(func(q *engine.Query) { q.Sort = "user" })
	f(func(q *engine.Query) { q.Where = engine.Word{Text: "x"} })
	f(func(q *engine.Query) { q.Tenants = engine.Tenants{Names: []string{"acme"}} })
	f(func(q *engine.Query) { q.Tenants.Except = []string{"acme"} })
	f(func(q *engine.Query) { q.Cursor = "AAAA" })
	f(func(q *engine.Query) { q.Cursor = cursor[:len(cursor)-4] })
	f(func(q *engine.Query) { q.Cursor = "\x00" })
}

// TestFollow: a slow consumer gets every event once and in order, goes on by seq after a restart, and is passed over what retention took.
func TestFollow(t *testing.T) {
	dir, c := t.TempDir(), newClock(time.Now())
	l := enginetest.OpenLog(t, c.options(dir))
	m := enginetest.NewMaker("follow", 1)
	var next uint64
	for range 3 {
		appendMeanwhile(t, l, m, func() { next = follow(t, l, next, next+300) })
		must(t, l.Close())
		l = enginetest.OpenLog(t, c.options(dir))
	}
	awaitSealed(t, l, 2)
	c.advance(60 * 24 * time.Hour)
	must(t, l.Retain())
	first := l.Stats().Windows[0].First
	if first == 0 {
		t.Fatal("retention removed nothing")
	}
	ctx, cancel := context.WithCancel(context.Background())
	got := uint64(0)
	err := l.Follow(ctx, all, nil, 0, func(e *engine.Event) error {
		if got == 0 {
			got = e.Seq
		}
		return nil
	}, func(uint64) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) || got != first {
		t.Errorf("follow from 0 began at %d, want %d; %v", got, first, err)
	}
}

var errEnough = errors.New("enough")

// follow takes events from seq on until it has seen to, slowly, and returns the next.
func follow(t *testing.T, l *engine.Log, from, to uint64) uint64 {
	t.Helper()
	next := from
	err := l.Follow(context.Background(), all, nil, from, func(e *engine.Event) error {
		if e.Seq != next {
			t.Errorf("seq %d comes where %d should", e.Seq, next)
		}
		if next++; next >= to {
			return errEnough
		}
		if next%64 == 0 { // slow: the writer gets ahead by a search's time
			enginetest.Search(t, l, engine.Query{Tenants: all})
		}
		return nil
	}, nil)
	if !errors.Is(err, errEnough) {
		t.Fatalf("follow: %v", err)
	}
	return next
}
