package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"

	"github.com/go-json-experiment/json/jsontext"
)

// TestLimits: each limit is refused with the field's name and the number, the other events of the request go in, and what lies just
// within is taken.
func TestLimits(t *testing.T) {
	l := enginetest.OpenLog(t, withIndex(t.TempDir()))
	now := time.Now()
	nested := func(levels int) jsontext.Value {
		return jsontext.Value(strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels))
	}
	for _, c := range []struct {
		name, field string
		numbers     []string // that the message has; nil: the event is taken
		event       engine.Event
	}{
		{"event of 257 KiB", "event", []string{"262144"}, engine.Event{Description: strings.Repeat("x", 257<<10)}},
		{"event of 255 KiB", "", nil, engine.Event{Description: strings.Repeat("x", 255<<10)}},
		{"ID of 129 bytes", "id", []string{"129", "128"}, engine.Event{ID: strings.Repeat("x", 129)}},
		{"ID of 128 bytes", "", nil, engine.Event{ID: strings.Repeat("x", 128)}},
		{"ID with a control character", "id", []string{"byte 1"}, engine.Event{ID: "a\x00b"}},
		{"tenant of 129 bytes", "tenant", []string{"129", "128"}, engine.Event{Tenant: strings.Repeat("x", 129)}},
		{"the server's tenant", "tenant", []string{engine.ReservedTenant}, engine.Event{Tenant: engine.ReservedTenant}},
		{"33 levels", "details", []string{"33", "32"}, engine.Event{Details: nested(32)}},
		{"32 levels", "", nil, engine.Event{Details: nested(31)}},
		{"details that are a list", "details", []string{"object"}, engine.Event{Details: jsontext.Value("[1]")}},
		{"details with a name twice", "details.a", nil, engine.Event{Details: jsontext.Value(`{"a":1,"a":2}`)}},
		{"details that are not UTF-8", "details.a", nil, engine.Event{Details: jsontext.Value("{\"a\":\"\xff\"}")}},
		{"details that are not JSON", "details.a", nil, engine.Event{Details: jsontext.Value(`{"a":`)}},
		{"before 1970", "time", []string{"1970"}, engine.Event{Time: time.Unix(-1, 0)}},
		{"the first moment of 1970", "", nil, engine.Event{Time: time.Unix(0, 0)}},
		{"two days ahead", "time", []string{"one day"}, engine.Event{Time: now.Add(48 * time.Hour)}},
		{"23 hours ahead", "", nil, engine.Event{Time: now.Add(23 * time.Hour)}},
		{"fifty years late", "", nil, engine.Event{Time: now.AddDate(-50, 0, 0)}},
		{"an operation that is none", "operation", []string{engine.OpCreate}, engine.Event{Operation: "destroy"}},
		{"a result that is none", "result", []string{"success"}, engine.Event{Result: "maybe"}},
		{"text that is not UTF-8", "description", []string{"UTF-8"}, engine.Event{Description: "a\xff"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := c.event
			e.Action = "a"
			before := l.Size()
			outcomes, err := l.Append(context.Background(), []*engine.Event{{Action: "before"}, &e, {Action: "after"}})
			if err != nil || outcomes[0].Status != engine.Created || outcomes[2].Status != engine.Created {
				t.Fatalf("the others of the request: %+v %v", outcomes, err)
			}
			o := outcomes[1]
			if c.field == "" {
				if o.Status != engine.Created {
					t.Errorf("refused: %v", o.Err)
				}
				return
			}
			fe, ok := errors.AsType[*engine.FieldError](o.Err)
			if o.Status != engine.Invalid || !ok || fe.Field != c.field {
				t.Fatalf("got %s %v, want a refusal of %s", o.Status, o.Err, c.field)
			}
			for _, n := range c.numbers {
				if !strings.Contains(fe.Message, n) {
					t.Errorf("the message lacks %s: %s", n, fe.Message)
				}
			}
			if len(fe.Message) > 300 || l.Size() != before+2 {
				t.Errorf("message of %d bytes, log of %d", len(fe.Message), l.Size())
			}
		})
	}
	if outcomes, err := l.Append(context.Background(), []*engine.Event{{}}); err != nil || outcomes[0].Status != engine.Invalid {
		t.Errorf("an event without an action: %v %v", outcomes, err)
	}
}

// TestOnceForEver: an ID stays taken in its tenant across windows, restarts and retention.
func TestOnceForEver(t *testing.T) {
	dir, c := t.TempDir(), newClock(enginetest.Day)
	l := enginetest.OpenLog(t, c.options(dir))
	var events []*engine.Event
	for i := range 600 {
		events = append(events, &engine.Event{ID: fmt.Sprint("once-", i), Time: c.now(), Action: "a"})
	}
	enginetest.Append(t, l, events...)
	awaitSealed(t, l, 2)
	again := func(l *engine.Log) {
		t.Helper()
		for _, i := range []int{0, 255, 256, 511, 512, 599} {
			outcomes, err := l.Append(context.Background(), []*engine.Event{enginetest.Again(events[i])})
			if err != nil || outcomes[0].Status != engine.Duplicate || outcomes[0].Seq != uint64(i) {
				t.Errorf("event %d again: %+v %v", i, outcomes, err)
			}
		}
	}
	again(l)
	c.advance(40 * 24 * time.Hour)
	must(t, l.Retain())
	if l.Stats().Windows[0].First != 512 {
		t.Fatalf("retention left %+v", l.Stats().Windows)
	}
	again(l)
	must(t, l.Close())
	again(enginetest.OpenLog(t, c.options(dir)))
}

// TestAppendOwn: the server's own tenant takes the server's own events, and nothing else does.
func TestAppendOwn(t *testing.T) {
	l := enginetest.OpenLog(t, withIndex(t.TempDir()))
	outcomes, err := l.AppendOwn(context.Background(), []*engine.Event{{Action: "a", Tenant: engine.ReservedTenant}, {Action: "b", Tenant: "acme"}, {Action: "c"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []engine.Status{engine.Created, engine.Invalid, engine.Invalid} {
		fe, ok := errors.AsType[*engine.FieldError](outcomes[i].Err)
		if outcomes[i].Status != want || ok != (want == engine.Invalid) || ok && fe.Field != "tenant" {
			t.Errorf("event %d: %+v", i, outcomes[i])
		}
	}
	if r := enginetest.Search(t, l, engine.Query{Tenants: engine.Tenants{Names: []string{engine.ReservedTenant}}}); r.Total != 1 || l.Size() != 1 {
		t.Errorf("%d of the server's own in a log of %d", r.Total, l.Size())
	}
}
