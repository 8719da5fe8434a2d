package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"

	"github.com/prometheus/client_golang/prometheus"
)

// TestUnavailable: an event whose ID may be in a window that cannot be read does not go in and says why; the others of its request do, and
// each has its own outcome.
func TestUnavailable(t *testing.T) {
	dir := t.TempDir()
	l := enginetest.OpenLog(t, withIndex(dir))
	m := enginetest.NewMaker("unavailable", 1)
	events := m.Events(600)
	enginetest.Append(t, l, events...)
	awaitSealed(t, l, 2)
	must(t, l.Close())
	tables, err := filepath.Glob(filepath.Join(dir, "windows/00000000000000000256/log/*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	must(t, os.Remove(tables[0]))
	must(t, os.Remove(filepath.Join(dir, "windows/00000000000000000256/tenants"))) // so that the start looks at the store

	l = enginetest.OpenLog(t, withIndex(dir))
	request := []*engine.Event{m.Event(), enginetest.Again(events[300]), enginetest.Again(events[0]), enginetest.Again(events[301]), {}, m.Event()}
	outcomes, err := l.Append(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []engine.Status{engine.Created, engine.Unavailable, engine.Duplicate, engine.Unavailable, engine.Invalid, engine.Created} {
		o := outcomes[i]
		if o.Status != want || (want == engine.Unavailable) != errors.Is(o.Err, engine.ErrDamaged) {
			t.Errorf("event %d: %s %v, want %s", i, o.Status, o.Err, want)
		}
	}
	if l.Size() != 602 {
		t.Errorf("the log has %d events, want 602", l.Size())
	}
	if e, err := l.Get(context.Background(), all, request[5].ID); err != nil || e.Seq != 601 {
		t.Errorf("the last of the request: %v", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(l.Collectors()...)
	families, err := registry.Gather()
	must(t, err)
	counted := false
	for _, f := range families {
		for _, c := range f.GetMetric() {
			counted = counted || f.GetName() == "annals_events_refused_total" && c.GetLabel()[0].GetValue() == "unavailable" && c.GetCounter().GetValue() == 2
		}
	}
	if !counted {
		t.Error("the metrics do not count two unavailable events")
	}
}
