package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// TestManyTenants: what thousands of tenants cost does not grow with the number of windows. The manifest does not list them, and an ID is
// looked up once and not once for each.
func TestManyTenants(t *testing.T) {
	const tenants, windows = 5000, 6
	dir := t.TempDir()
	o := withIndex(dir)
	o.WindowEvents = 8192
	l := enginetest.OpenLog(t, o)
	for n := 0; n < windows*8192; {
		batch := make([]*engine.Event, 4096)
		for i := range batch {
			batch[i] = &engine.Event{ID: fmt.Sprint("many-", n), Time: enginetest.Day, Action: "a", Tenant: fmt.Sprintf("%s-%04d", strings.Repeat("long", 20), n%tenants)}
			n++
		}
		enginetest.Append(t, l, batch...)
	}
	awaitSealed(t, l, windows-1)
	waitIndexed(t, l)
	info, err := os.Stat(filepath.Join(dir, "manifest.json"))
	if err != nil || info.Size() > 16<<10 {
		t.Errorf("the manifest has %d bytes; %v", info.Size(), err)
	}
	if got := l.Tenants(); len(got) != tenants || !slices.IsSorted(got) {
		t.Errorf("%d tenants", len(got))
	}
	lookUp := func() {
		for i := range 20 {
			if _, err := l.Get(context.Background(), all, fmt.Sprint("many-", i*2000)); err != nil {
				t.Fatal(err)
			}
			l.Tenants()
		}
	}
	lookUp() // which opens the stores
	before, after := runtime.MemStats{}, runtime.MemStats{}
	runtime.ReadMemStats(&before)
	lookUp()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("twenty look-ups allocate %d bytes", n)
	}
}

// TestTenants: the list of tenants is that of the events that are there, after seals, restarts and retention, and when a file is lost.
func TestTenants(t *testing.T) {
	dir, c := t.TempDir(), newClock(enginetest.Day)
	l := enginetest.OpenLog(t, c.options(dir))
	day := func(n int, tenants ...string) {
		t.Helper()
		events := make([]*engine.Event, n)
		for i := range events {
			events[i] = &engine.Event{Time: c.now(), Action: "daily", Tenant: tenants[i%len(tenants)]}
		}
		enginetest.Append(t, l, events...)
	}
	check := func(want ...string) {
		t.Helper()
		if got := l.Tenants(); !slices.Equal(got, want) {
			t.Errorf("tenants %q, want %q", got, want)
		}
	}
	check()
	day(256, "old", "both")
	check("both", "old")
	c.advance(20 * 24 * time.Hour)
	day(300, "new", "both")
	awaitSealed(t, l, 2)
	check("both", "new", "old")
	must(t, l.Close())
	must(t, os.Remove(filepath.Join(dir, "windows/00000000000000000000/tenants")))
	l = enginetest.OpenLog(t, c.options(dir))
	check("both", "new", "old")
	c.advance(20 * 24 * time.Hour)
	must(t, l.Retain())
	check(engine.ReservedTenant, "both", "new")
	must(t, l.Close())
	l = enginetest.OpenLog(t, c.options(dir))
	check(engine.ReservedTenant, "both", "new")
}

// TestSameIDInTenants: an ID that several tenants have is found by each of them, and all of it by who sees all.
func TestSameIDInTenants(t *testing.T) {
	l := enginetest.OpenLog(t, withIndex(t.TempDir()))
	for i := range 600 { // two sealed windows and one that grows
		enginetest.Append(t, l, &engine.Event{ID: fmt.Sprint(i / 100 % 3), Tenant: fmt.Sprintf("t%d-%d", i%100, i/300), Action: "a", Time: enginetest.Day.Add(time.Duration(i) * time.Second)})
	}
	awaitSealed(t, l, 2)
	total := func(who engine.Tenants) uint64 {
		t.Helper()
		q := engine.Query{Tenants: who, Where: engine.Field{Name: "id", Values: []engine.Value{{Text: "1"}}}}
		return enginetest.Search(t, l, q).Total
	}
	if n := total(all); n != 200 {
		t.Errorf("all tenants: %d, want 200", n)
	}
	if n := total(engine.Tenants{Names: []string{"t70-0", "t70-1", "nobody"}}); n != 2 {
		t.Errorf("two tenants: %d", n)
	}
	e, err := l.Get(context.Background(), all, "1")
	if err != nil || e.Seq != 499 {
		t.Errorf("the newest of all: %+v %v", e, err)
	}
	e, err = l.Get(context.Background(), engine.Tenants{Names: []string{"t70-0"}}, "1")
	if err != nil || e.Seq != 170 {
		t.Errorf("one tenant's: %+v %v", e, err)
	}
}
