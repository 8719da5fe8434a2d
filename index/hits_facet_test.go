package index

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"annals/engine"
)

// TestFacetOfMany counts by a column in which most values are different, in several segments, for many hits and for few: those are counted in
// another way.
func TestFacetOfMany(t *testing.T) {
	x := New(Options{Logger: quiet})
	defer x.Close()
	if _, err := x.OpenWindow(t.TempDir(), 0, 0, false); err != nil {
		t.Fatal(err)
	}
	user := func(i int) string { return fmt.Sprint([]string{"User-", "user-", "ｕser-"}[i%3], i*7919%700, "x") }
	want := map[bool]map[string]uint64{false: {}, true: {}}
	for i := 0; i < 1500; {
		var batch []*engine.Event
		for range 500 {
			e := &engine.Event{Seq: uint64(i), ID: fmt.Sprint(i), Time: time.Unix(int64(i), 0), Actor: engine.Actor{Name: user(i)}, Module: fmt.Sprint(i % 50)}
			batch = append(batch, e)
			want[false][user(i)]++
			if i%50 == 7 {
				want[true][user(i)]++
			}
			i++
		}
		if err := x.Add(t.Context(), 0, batch); err != nil {
			t.Fatal(err)
		}
	}
	v := x.View()
	defer v.Close()
	for few, plan := range map[bool]engine.Plan{false: engine.PlanAll{}, true: engine.PlanTerm{Term: engine.ExactTerm("module", "7")}} {
		found, err := v.Find(t.Context(), plan, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]uint64{}
		ok, err := found.Facet(t.Context(), "user", func(value []byte, n uint64) { got[string(value)] += n })
		if !ok || err != nil || !maps.Equal(got, want[few]) {
			t.Errorf("few %v: %d values, want %d; %v", few, len(got), len(want[few]), err)
		}
		kept := facetSize(found.(*hits).parts, "user")
		if few && kept > found.Total() || !few && kept < 1000 {
			t.Errorf("few %v: %d counts are kept for %d hits", few, kept, found.Total())
		}
		_, err = found.(*hits).facet(t.Context(), "user", kept-1, func([]byte, uint64) {})
		fe, is := errors.AsType[*engine.FieldError](err)
		if !is || !strings.Contains(fe.Message, "user") || !strings.Contains(fe.Message, fmt.Sprint(kept)) || !strings.Contains(fe.Message, fmt.Sprint(kept-1)) {
			t.Errorf("few %v: beyond the bound: %v", few, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := found.Facet(ended, "user", func([]byte, uint64) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("few %v: cancelled: %v", few, err)
		}
	}
}
