package index

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"annals/engine"

	"github.com/RoaringBitmap/roaring/v2"
)

// TestPhrases: where a column has a phrase no event is read to find it, none is read twice, and wherever else it may stand, the answer is right.
func TestPhrases(t *testing.T) {
	long := strings.Repeat("x", engine.MaxTermValue-len("connection reset")-1) + " "
	failed := func(text string) *engine.Event { return &engine.Event{Error: &engine.EventError{Message: text}} }
	m := &model{}
	f := func(e *engine.Event) {
		e.Seq, e.Tenant = uint64(len(m.events)), "acme"
		e.Time = testBaseTime.Add(time.Duration(e.Seq) * time.Second)
		m.add(e)
	}
	for range 20 {
		f(failed("Connection reset by peer"))
		f(failed("reset of the connection")) // both words, but not the phrase
	}
	f(&engine.Event{Source: engine.Source{UserAgent: "reset connection/2"}, Module: "connection-reset"})
	f(&engine.Event{Actor: engine.Actor{Name: "connection reset"}, Action: "reset"})
	f(failed("the connection, a connection reset"))
	f(failed("the connection reset"))
	f(failed("status 502 of host"))
	f(failed("status of 502, 502 of status"))
	f(&engine.Event{Description: "status 502"})
	f(&engine.Event{Description: "status is 502"})

	f(&engine.Event{Error: &engine.EventError{Message: "reset the connection", Code: "connection reset"}})
	f(&engine.Event{Error: failed("reset the connection").Error, Description: "a connection reset"})
	f(&engine.Event{Error: failed("reset the connection").Error, Details: []byte(`{"why":"connection-reset"}`)})
	f(&engine.Event{Error: failed("reset the connection").Error, Details: []byte(`{"connection reset":1}`)})
	f(&engine.Event{Error: failed("reset the connection").Error, Resources: []engine.Resource{{Type: "a", Name: "connection reset"}}})
	f(&engine.Event{Error: failed("reset the connection").Error, Actor: engine.Actor{Name: "amy", Email: "connection@reset"}})
	f(&engine.Event{Error: failed("reset the connection").Error, Actor: engine.Actor{Name: "amy", Domain: "connection reset"}})
	f(&engine.Event{Error: failed("reset the connection").Error, Project: engine.Ref{Name: "p", ID: "connection.reset"}})
	f(failed("reset the connection, " + strings.Repeat("x ", engine.MaxTermValue) + "connection reset"))
	f(failed(long + "connection resetting, connection to reset")) // cut where the phrase ends
	f(failed(long + "connection reset"))
	f(&engine.Event{Description: "reset connection", Error: failed("nothing").Error})

	x := New(Options{})
	defer x.Close()
	feed(t, x, m.events)
	v := x.View()
	defer v.Close()
	ask := func(query string, mostRead int) {
		t.Helper()
		where, err := engine.ParseQuery(query, testBaseTime, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		plan := engine.Compile(where, engine.Tenants{All: true}, time.Time{}, time.Time{}, nil)
		read := 0
		found, err := v.Find(t.Context(), plan, func(ctx context.Context, at []engine.Pos, fn func(int, *engine.Event) error) error {
			read += len(at)
			return m.fetch(ctx, at, fn)
		})
		if err != nil {
			t.Fatal(err)
		}
		want := m.find(plan)
		at := found.ByTime(nil, false, 0, len(m.events))
		if len(at) != len(want) || found.Total() != uint64(len(want)) || len(want) == 0 {
			t.Errorf("%s: %d events, want %d", query, len(at), len(want))
			return
		}
		for i, e := range want {
			if at[i] != e.Pos() {
				t.Errorf("%s: event %d is %v, want %v: %+v", query, i, at[i], e.Pos(), e)
			}
		}
		if read > mostRead {
			t.Errorf("%s: %d events were read, want at most %d", query, read, mostRead)
		}
	}
	apart := 20 + 1 // that have both words in their error, or in other columns, but nowhere the phrase
	others := 11    // that have the words where no column has them all
	ask(`"connection reset"`, apart+others)
	ask(`"connection reset"`, 0)
	ask(`-"connection reset"`, 0)
	ask(`"connection reset" error:reset`, 0)
	ask(`error:"connection reset"`, apart+others)
	ask(`"reset of the"`, 0)
	ask(`"connection reset by"`, 0)
	ask(`"status 502"`, 3)
	for _, word := range []string{"by", "peer", "of", "the"} {
		ask(`"reset `+word+`" OR reset`, len(m.events))
	}
	ask(`"connection reset"`, apart+others) // forgotten meanwhile
}

func TestMemo(t *testing.T) {
	var m memo
	set := func(docs ...uint32) docSet { return setOf(roaring.BitmapOf(docs...)) }
	f := func(key string, wantSeen, wantAccepted docSet) {
		t.Helper()
		seen, accepted := m.get(key)
		if !seen.bitmap().Equals(wantSeen.bitmap()) || !accepted.bitmap().Equals(wantAccepted.bitmap()) {
			t.Errorf("%s: %v of %v, want %v of %v", key, accepted.bitmap(), seen.bitmap(), wantAccepted.bitmap(), wantSeen.bitmap())
		}
	}
	f("a", docSet{}, docSet{})
	m.put("a", docSet{low: 3, high: 6}, set(4))
	f("a", set(3, 4, 5), set(4))
	m.put("a", set(7, 9), docSet{})
	m.put("a", set(8), set(8))
	f("a", set(3, 4, 5, 7, 8, 9), set(4, 8))
	for i := range memoKeys - 1 {
		m.put(fmt.Sprint(i), set(1), set(1))
	}
	f("a", set(3, 4, 5, 7, 8, 9), set(4, 8))
	m.put("one more", set(1), set(1))
	f("0", docSet{}, docSet{}) // not used for the longest time
	f("a", set(3, 4, 5, 7, 8, 9), set(4, 8))
}
