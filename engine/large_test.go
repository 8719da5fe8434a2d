package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// largeEvents makes n events of nearly the largest size.
func largeEvents(n int) []*engine.Event {
	text := strings.Repeat("x", 255<<10)
	events := make([]*engine.Event, n)
	for i := range events {
		events[i] = &engine.Event{ID: fmt.Sprintf("large-%04d", i), Time: enginetest.Day.Add(time.Duration(i) * time.Second), Action: "a",
			Actor: engine.Actor{Name: fmt.Sprint("u", i%7)}, Description: text}
	}
	return events
}

// TestLargePages: a page by cursor ends before it grows too large, and the pages together are the answer; a numbered page that would is
// refused by name.
func TestLargePages(t *testing.T) {
	l := enginetest.OpenLog(t, withIndex(t.TempDir()))
	events := largeEvents(150)
	for part := range slices.Chunk(events, 50) {
		enginetest.Append(t, l, part...)
	}
	for _, indexed := range []bool{false, true} {
		if indexed {
			waitIndexed(t, l)
		}
		for _, q := range []engine.Query{{Desc: true}, {}, {Sort: "user"}, {Sort: "resource", Desc: true}} {
			q.Tenants, q.Limit = all, 1000
			seen := map[string]bool{}
			pages := 0
			for q.Cursor = ""; ; pages++ {
				r := enginetest.Search(t, l, q)
				bytes := 0
				for _, e := range r.Events {
					bytes += len(e.AppendJSON(nil))
					seen[e.ID] = true
				}
				if bytes > engine.MaxPageBytes || bytes == 0 || r.Total != uint64(len(events)) {
					t.Fatalf("sort %q: a page of %d bytes and %d events, total %d", q.Sort, bytes, len(r.Events), r.Total)
				}
				if q.Cursor = r.Next; q.Cursor == "" {
					break
				}
			}
			if len(seen) != len(events) || pages > 3 {
				t.Errorf("sort %q: %d of %d events on %d pages", q.Sort, len(seen), len(events), pages)
			}
			for _, page := range []int{1, 2} {
				q.Cursor, q.Page, q.Limit = "", page, 75
				fe, ok := errors.AsType[*engine.FieldError](searchError(l, q))
				if !ok || fe.Field != "limit" || !strings.Contains(fe.Message, "16 MiB") {
					t.Errorf("sort %q: page %d that is too large: %v", q.Sort, page, fe)
				}
				q.Limit = 50
				if r := enginetest.Search(t, l, q); len(r.Events) != 50 {
					t.Errorf("sort %q: page %d has %d events", q.Sort, page, len(r.Events))
				}
			}
		}
	}
}

func searchError(l *engine.Log, q engine.Query) error {
	_, err := l.Search(context.Background(), q)
	return err
}
