package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

var all = engine.Tenants{All: true}

func search(t testing.TB, l *engine.Log, text string, change ...func(*engine.Query)) *engine.Result {
	t.Helper()
	where, err := engine.ParseQuery(text, time.Now(), time.UTC)
	if err != nil {
		t.Fatalf("parse %q: %v", text, err)
	}
	q := engine.Query{Tenants: all, Where: where, Desc: true}
	for _, c := range change {
		c(&q)
	}
	r, err := l.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("search %q: %v", text, err)
	}
	return r
}

func TestAppendGetSearch(t *testing.T) {
	l := enginetest.NewLog(t)
	at := time.Date(2026, 11, 1, 12, 0, 0, 123456789, time.UTC)
	e := &engine.Event{ID: "e-1", Time: at, Tenant: "acme", Action: "API service.create", Actor: engine.Actor{Name: "amy"}, Details: []byte(`{ "a" : 1.50 }`)}
	enginetest.Append(t, l, e)
	got, err := l.Get(context.Background(), all, "e-1")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"e-1","time":"2026-11-01T12:00:00.123456789Z","tenant":"acme","actor":{"name":"amy"},"action":"API service.create",` +
		`"operation":"other","result":"success","write":false,"details":{"a":1.50},"received":"`
	if text := string(got.AppendJSON(nil)); !strings.HasPrefix(text, want) || !strings.HasSuffix(text, `,"seq":0}`) {
		t.Errorf("got  %s\nwant %s…", text, want)
	}
	if r := search(t, l, "service"); r.Total != 1 || r.Events[0].ID != "e-1" {
		t.Errorf("search: got %d events", r.Total)
	}
	if _, err := l.Get(context.Background(), engine.Tenants{All: true, Except: []string{"acme"}}, "e-1"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Get behind an exception: %v", err)
	}
	if _, err := l.Get(context.Background(), engine.Tenants{Names: []string{"other"}}, "e-1"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("another tenant's get: %v", err)
	}
}

func TestOnceOnly(t *testing.T) {
	dir := t.TempDir()
	o := engine.Options{Dir: dir, WindowEvents: 256, Logger: enginetest.Quiet, MinFreeBytes: 1}
	l := enginetest.OpenLog(t, o)
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	make1 := func(id, action string, at time.Time) *engine.Event {
		return &engine.Event{ID: id, Time: at, Tenant: "a", Action: action}
	}
	enginetest.Append(t, l, make1("x", "one", at), &engine.Event{ID: "untimed", Tenant: "a", Action: "one"})
	for i := range 1000 { // several windows, so that x's is sealed
		enginetest.Append(t, l, make1(fmt.Sprint(i), "filler", at))
	}
	check := func(l *engine.Log) {
		t.Helper()
		f := func(e *engine.Event, want engine.Status) {
			t.Helper()
			out, err := l.Append(context.Background(), []*engine.Event{e})
			if err != nil || out[0].Status != want {
				t.Errorf("append %q: got %v %v, want %v", e.ID, out, err, want)
			}
			if want == engine.Conflict && (!errors.Is(out[0].Err, engine.ErrConflict) || strings.Count(out[0].Err.Error(), "SHA-256") != 1) {
				t.Errorf("conflict does not name the digests: %v", out[0].Err)
			}
		}
		f(make1("x", "one", at), engine.Duplicate)
		f(make1("x", "two", at), engine.Conflict)
		f(make1("x", "one", at.Add(time.Hour)), engine.Conflict)
		f(&engine.Event{ID: "untimed", Tenant: "a", Action: "one"}, engine.Duplicate)
		f(make1("500", "filler", at), engine.Duplicate)
	}
	check(l)
	same, err := l.Append(context.Background(), []*engine.Event{make1("twin", "t", at), make1("twin", "t", at), make1("twin", "u", at)})
	if err != nil || same[0].Status != engine.Created || same[1].Status != engine.Duplicate || same[2].Status != engine.Conflict {
		t.Errorf("twins in one request: %v %v", same, err)
	}
	enginetest.Append(t, l, &engine.Event{ID: "x", Time: at, Tenant: "b", Action: "two"}) // another tenant's x
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l2 := enginetest.OpenLog(t, o)
	check(l2)
	if l2.Size() != 1004 {
		t.Errorf("size is %d, want 1004", l2.Size())
	}
}

// After Close every call says so, and none opens a store again.
func TestClosed(t *testing.T) {
	l := enginetest.NewLog(t)
	enginetest.Append(t, l, &engine.Event{ID: "e", Action: "a"})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	_, getErr := l.Get(ctx, all, "e")
	_, searchErr := l.Search(ctx, engine.Query{Tenants: all})
	_, appendErr := l.Append(ctx, []*engine.Event{{Action: "b"}})
	_, _, facetErr := l.Facets(ctx, engine.Query{Tenants: all}, []string{"user"}, 1)
	scanErr := l.Scan(ctx, all, time.Time{}, time.Time{}, true, func(*engine.Event) error { return nil })
	for what, err := range map[string]error{"search": searchErr, "append": appendErr, "facets": facetErr, "scan": scanErr} {
		if !errors.Is(err, engine.ErrClosed) {
			t.Errorf("%s on a closed log: %v", what, err)
		}
	}
	if getErr == nil {
		t.Error("get on a closed log answers")
	}
}

// Times that no event can have are bounds like any other.
func TestFarBounds(t *testing.T) {
	l := enginetest.NewLog(t)
	enginetest.Append(t, l, &engine.Event{ID: "e", Action: "a"})
	far := func(q *engine.Query) {
		q.From, q.To = time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if r := search(t, l, "", far); r.Total != 1 || len(r.Events) != 1 {
		t.Errorf("search finds %d events", r.Total)
	}
	q := engine.Query{Tenants: all}
	far(&q)
	buckets, total, err := l.Histogram(context.Background(), q, 60)
	sum := uint64(0)
	for _, b := range buckets {
		sum += b.Count
	}
	if err != nil || total != 1 || sum != 1 {
		t.Errorf("histogram of %d with %d in its buckets: %v", total, sum, err)
	}
	n := 0
	if err := l.Scan(context.Background(), all, q.From, q.To, false, func(*engine.Event) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("scan finds %d events: %v", n, err)
	}
}

// A zero time that is given is not one that is left out.
func TestZeroTime(t *testing.T) {
	for _, text := range []string{`{"action":"a","time":"0001-01-01T00:00:00Z"}`, `{"time":"0001-01-01T00:00:00Z","action":"\u0061"}`} {
		var field *engine.FieldError
		if _, err := engine.DecodeEvent([]byte(text)); !errors.As(err, &field) || field.Field != "time" {
			t.Errorf("%s: %v", text, err)
		}
	}
	if e, err := engine.DecodeEvent([]byte(`{"action":"a","time":null}`)); err != nil || !e.Time.IsZero() {
		t.Errorf("a null time: %v", err)
	}
}

// A column that is asked for twice is counted once.
func TestFacetTwice(t *testing.T) {
	l := enginetest.NewLog(t)
	enginetest.Append(t, l, &engine.Event{ID: "e", Action: "a", Module: "m"})
	facets, _, err := l.Facets(context.Background(), engine.Query{Tenants: all}, []string{"module", "user", "module"}, 10)
	if err != nil || len(facets["module"]) != 1 || facets["module"][0].Count != 1 {
		t.Errorf("%v %v", facets, err)
	}
}

// An older manifest does not make a start remove the windows that it does not name.
func TestOlderManifest(t *testing.T) {
	dir := t.TempDir()
	o := engine.Options{Dir: dir, WindowEvents: 256, Logger: enginetest.Quiet, MinFreeBytes: 1}
	l := enginetest.OpenLog(t, o)
	appendMany(t, l, 300)
	older, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	newest := older
	appendMany(t, l, 900)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if newest, err = os.ReadFile(filepath.Join(dir, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	put := func(manifest []byte) {
		if err := os.WriteFile(filepath.Join(dir, "manifest.json"), manifest, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(older)
	if l, err := engine.Open(o); !errors.Is(err, engine.ErrDamaged) {
		t.Errorf("a log with an older manifest opens: %v", err)
		if err == nil {
			l.Close()
		}
	}
	put(newest)
	if l := enginetest.OpenLog(t, o); l.Size() != 1200 || l.Ready() != nil {
		t.Errorf("with the newest manifest there are %d events: %v", l.Size(), l.Ready())
	}
}

func appendMany(t testing.TB, l *engine.Log, n int) {
	t.Helper()
	events := make([]*engine.Event, n)
	for i := range events {
		events[i] = &engine.Event{Action: "filler"}
	}
	enginetest.Append(t, l, events...)
}
