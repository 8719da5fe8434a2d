package engine_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/index"

	"github.com/go-json-experiment/json/jsontext"
)

// BenchmarkEach reads a whole log in time order, as an export does, newest first and oldest first.
func BenchmarkEach(b *testing.B) {
	const events = 200_000
	l := enginetest.OpenLog(b, engine.Options{Dir: b.TempDir(), WindowEvents: 1 << 16,
		Index: index.New(index.Options{Logger: enginetest.Quiet})})
	for n := 0; n < events; {
		batch := make([]*engine.Event, 1000)
		for i := range batch {
			batch[i] = usualEvent(n)
			n++
		}
		enginetest.Append(b, l, batch...)
	}
	if err := l.WaitIndexed(context.Background()); err != nil {
		b.Fatal(err)
	}
	for name, desc := range map[string]bool{"newest first": true, "oldest first": false} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, buf := 0, []byte(nil)
				err := l.Each(context.Background(), engine.Query{Tenants: all, Desc: desc}, nil, func(e *engine.Event) error {
					n++
					buf = e.AppendJSON(buf[:0])
					_, err := io.Discard.Write(buf)
					return err
				})
				if err != nil || n != events {
					b.Fatalf("%d events: %v", n, err)
				}
			}
			b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// usualEvent is about 670 bytes of JSON, as most events are; the n-th of its kind.
func usualEvent(n int) *engine.Event {
	e := &engine.Event{
		ID: fmt.Sprintf("0198f6a2-7c3e-7d41-9b1a-%012x", uint64(n)*0x9e3779b97f4a7c15>>16), Time: enginetest.Day.Add(time.Duration(n) * time.Millisecond),
		Tenant: "acme", Actor: engine.Actor{ID: fmt.Sprint(100004603008 + n%997), Name: fmt.Sprintf("amy.chen%d", n%997), Email: fmt.Sprintf("amy.chen%d@acme.test", n%997), Type: "member"},
		Action: "API service.create", Operation: engine.OpCreate, Project: engine.Ref{ID: fmt.Sprintf("p-%d", n%61), Name: fmt.Sprintf("shop-backend-%d", n%61)},
		Module: "API management", Resources: []engine.Resource{{Type: "API", ID: fmt.Sprintf("api-%014x", n*7919), Name: fmt.Sprintf("orders-v%d", n%5000)}},
		Description: "API service{orders-v2} creation", Source: engine.Source{IP: fmt.Sprintf("10.20.%d.%d", n%200, n%251), UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0", Channel: "console"},
		Details: jsontext.Value(fmt.Sprintf(`{"protocol":"https","version":"v1","request_id":"c8987312-%012x","latency_ms":%d,"tags":["prod","eu"]}`, n*104729, n%900)),
	}
	if n%7 == 0 {
		e.Result, e.Error = engine.Failure, &engine.EventError{Code: "409", Message: "connection reset by peer while creating service"}
	}
	return e
}
