package engine

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// benchEvent is about 670 bytes of JSON, as most events are.
func benchEvent() *Event {
	write := true
	return &Event{
		ID: "0198f6a2-7c3e-7d41-9b1a-5e0c8f2d4a61", Time: time.Date(2026, 11, 23, 7, 0, 0, 123456000, time.UTC), Tenant: "acme",
		Actor:  Actor{ID: "100004603008", Name: "amy.chen", Email: "amy.chen@acme.test", Type: "member"},
		Action: "API service.create", Operation: OpCreate, Result: Failure,
		Error:       &EventError{Code: "409", Message: "connection reset by peer while creating service"},
		Project:     Ref{ID: "p-1042", Name: "shop-backend"},
		Module:      "API management",
		Resources:   []Resource{{Type: "API", ID: "api-5f0c8f2d4a61b2", Name: "orders-v2"}},
		Description: "API service{orders-v2} creation",
		Source:      Source{IP: "10.20.30.40", UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0", Channel: "console"},
		Write:       &write,
		Details:     jsontext.Value(`{"protocol":"https","version":"v1","request_id":"c8987312-5f0c8f2d4a61","latency_ms":42,"tags":["prod","eu"]}`),
	}
}

func BenchmarkEventTerms(b *testing.B) {
	e := benchEvent()
	var a Analyzer
	n := 0
	emit := func([]byte) { n++ }
	b.ReportAllocs()
	b.SetBytes(int64(len(e.AppendJSON(nil))))
	for b.Loop() {
		a.EventTerms(e, emit)
	}
	b.ReportMetric(float64(n)/float64(b.N), "terms/op")
}

func BenchmarkMatch(b *testing.B) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ name, query string }{
		{"Word", "timeout"},
		{"WordsAndFields", `reset peer module:"API management" operation:create result:failure`},
		{"FieldsDecide", `reset module:"App integration"`},
		{"TimeDecides", `reset after:2026-11-24`},
		{"Phrase", `"connection reset"`},
		{"Prefix", "conn*"},
	} {
		b.Run(c.name, func(b *testing.B) {
			q, err := ParseQuery(c.query, now, nil)
			if err != nil {
				b.Fatal(err)
			}
			m := NewMatcher(Compile(q, Tenants{Names: []string{"acme"}}, time.Time{}, time.Time{}, nil))
			e := benchEvent()
			b.ReportAllocs()
			for b.Loop() {
				m.Match(e)
			}
		})
	}
}
