package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
)

// TestOwnFold: a client that asks ten times a second makes two events a minute, which count every request.
func TestOwnFold(t *testing.T) {
	s := newOwnServer(t, Options{})
	const minutes = 3
	for i := range minutes * 600 {
		if i == 300 || i == 900 {
			s.post(t, `{"action":"more"}`) // another total is the same question
		}
		path := fmt.Sprintf("/api/v1/events?q=action:more&limit=5&from=now-%dm", i+1)
		switch i % 3 {
		case 1:
			path = "/api/v1/histogram?q=action:more"
		case 2:
			path = "/api/v1/facets?q=action:more&fields=user"
		}
		if code := s.ask(t, "GET", path, s.token, "203.0.113.1"); code != 200 {
			t.Fatal(code)
		}
		s.advance(100 * time.Millisecond)
	}
	s.own.put(s.own.folds.sweep(testNow.Add(minutes * time.Minute)))
	events := s.told(t)
	if len(events) != 2*minutes {
		t.Fatalf("%d events in %d minutes", len(events), minutes)
	}
	var sum uint64
	for i, e := range events {
		sum += e.details.Count
		if e.Action != "event.search" || e.details.Query != "action:more" || (i%2 == 0) != (e.details.Count == 1) {
			t.Errorf("%s", e.AppendJSON(nil))
		}
	}
	d := events[1].details
	if sum != minutes*600 || *d.Total != 0 || d.LastTotal == nil || *d.LastTotal != 1 {
		t.Errorf("%d requests told of, totals %v to %v", sum, d.Total, d.LastTotal)
	}
	if !d.First.Equal(testNow.Add(100*time.Millisecond)) || !d.Last.Equal(testNow.Add(time.Minute-100*time.Millisecond)) || !events[1].Time.Equal(d.Last) {
		t.Errorf("the fold goes from %v to %v, its time is %v", d.First, d.Last, events[1].Time)
	}
	if !d.From.IsZero() || !d.To.IsZero() {
		t.Errorf("the histograms had no bounds: %v to %v", d.From, d.To)
	}
}

// TestOwnFoldKey: what makes another event, and what does not.
func TestOwnFoldKey(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, `{"id":"x","action":"a"}`+"\n"+`{"id":"y","action":"a"}`)
	f := func(path, from string, want int) {
		t.Helper()
		if s.ask(t, "GET", "/api/v1"+path, s.token, from); s.own.folds.byAge.Len() != want {
			t.Errorf("%s from %s: %d folds, want %d", path, from, s.own.folds.byAge.Len(), want)
		}
	}
	f("/events?q=a", "203.0.113.1", 1)
	f("/events?page=2&q=a&limit=1&sort=action&from=2026-01-01&to=2026-12-01", "203.0.113.1", 1)
	f("/facets?q=a&fields=user", "203.0.113.1", 1)
	f("/events?q=a", "203.0.113.2", 2)
	f("/events?q=b", "203.0.113.1", 3)
	f("/events?q=a&page=0", "203.0.113.1", 4) // refused
	f("/events/x", "203.0.113.1", 5)
	f("/events/y", "203.0.113.1", 6)
	f("/export?q=a&format=csv", "203.0.113.1", 7)
	f("/export?q=a&format=json", "203.0.113.1", 8)
	f("/events?q="+strings.Repeat("a", 5000), "203.0.113.1", 9)
	f("/events?q="+strings.Repeat("a", 5001), "203.0.113.1", 10)
	s.token = "wrong"
	f("/events?q=a", "203.0.113.1", 11)
	for _, e := range s.told(t) {
		if len(e.Details) > 4<<10 {
			t.Errorf("details of %d bytes", len(e.Details))
		}
	}
}

// TestFoldRange: of several stretches of time, the one that holds them all is told, and none when one had no bound.
func TestFoldRange(t *testing.T) {
	at := func(hour int) (t time.Time) {
		if hour > 0 {
			t = testNow.Add(time.Duration(hour) * time.Hour)
		}
		return t
	}
	f := func(from1, to1, from2, to2, wantFrom, wantTo int) {
		t.Helper()
		var sum figures
		sum.add(&figures{From: at(from1), To: at(to1), Count: 1}, testNow)
		sum.add(&figures{From: at(from2), To: at(to2), Count: 1}, testNow)
		if sum.From != at(wantFrom) || sum.To != at(wantTo) || sum.Count != 2 {
			t.Errorf("%+v", sum)
		}
	}
	f(1, 2, 3, 4, 1, 4)
	f(3, 4, 1, 2, 1, 4)
	f(0, 2, 1, 3, 0, 3)
	f(1, 0, 2, 3, 1, 0)
	f(1, 2, 0, 0, 0, 0)
}

// TestFoldsAreBounded: however many different questions are asked, the memory is bounded, and every request is counted.
func TestFoldsAreBounded(t *testing.T) {
	f := newFolds()
	var events int
	var sum uint64
	count := func(list []*engine.Event) {
		for _, e := range list {
			var n uint64
			if _, err := fmt.Sscanf(string(e.Details), `{"count":%d`, &n); err != nil {
				t.Fatalf("%s: %v", e.Details, err)
			}
			events, sum = events+1, sum+n
		}
	}
	for i := range 3 * maxFolds {
		for range 3 {
			key := foldKey{action: "a", who: identity{"token", "x"}, about: fmt.Sprint(i)}
			count(f.add(key, testNow, figures{Count: 1}, func() (*engine.Event, told) { return &engine.Event{Action: "a"}, told{} }))
		}
		if len(f.open) > maxFolds || f.byAge.Len() != len(f.open) {
			t.Fatalf("%d folds, %d by age", len(f.open), f.byAge.Len())
		}
	}
	count(f.close())
	if events != 6*maxFolds || sum != 9*maxFolds || len(f.open) > 0 {
		t.Errorf("%d events of %d requests", events, sum)
	}
	count(f.add(foldKey{who: identity{"token", "x"}}, testNow, figures{Count: 1}, func() (*engine.Event, told) { return &engine.Event{Action: "a"}, told{} }))
	if sum != 9*maxFolds+1 || len(f.open) > 0 {
		t.Errorf("after the end: %d requests, %d folds", sum, len(f.open))
	}
}

// BenchmarkOwnRead is what the server's own log adds to a read that is like one before it.
func BenchmarkOwnRead(b *testing.B) {
	now := func() time.Time { return testNow }
	none := func(context.Context, []*engine.Event) ([]engine.Outcome, error) { return nil, nil }
	a := &API{own: &OwnLog{recorder: newRecorder(none, nil, now), now: now, folds: newFolds()}}
	total := uint64(5)
	read := a.record(route{method: "GET", path: "/api/v1/events", need: auth.Read}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		noteOf(r.Context()).Total = &total
	}))
	h := a.tell(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noteOf(r.Context()).caller = auth.Caller{ID: "1f3a5c7e9b0d2f4a", Type: "token"}
		read.ServeHTTP(w, r)
	}))
	r := httptest.NewRequest("GET", "/api/v1/events?q=user%3Aamy+timeout&from=2026-11-01&limit=50&cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", nil)
	w := &response{}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
	if len(a.own.folds.open) != 1 {
		b.Error("it is not folded")
	}
}
