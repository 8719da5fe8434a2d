package layer7

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// BenchmarkList asks a million events as the portal's clients do.
//
//	go test ./httpapi/compat/layer7 -run '^$' -bench List -benchtime 500x
func BenchmarkList(b *testing.B) {
	r, token := newBenchRoom(b)
	for _, query := range []string{"", "page=50000", "size=2000", "size=2000&page=250", "size=1999&page=250", "action=Created", "action=Login+Failed&page=100", "entityType=API&userName=user42",
		"action=Updated&entityType=API+Plan&startTs=1795000000000&endTs=1795400000000", "entityName=name-777", "sort=entityType,ASC&page=40000", "sort=userName,DESC&page=1000",
		"sort=action,ASC", "sort=action,DESC&page=30000"} {
		b.Run(query, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				if w := r.get("/acme/tenant-admin/1.0/audits?"+query, token); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}

// BenchmarkWhole asks for what every event is read for: an export, and the order of a column that the index does not keep.
//
//	go test ./httpapi/compat/layer7 -run '^$' -bench Whole -benchtime 2x
func BenchmarkWhole(b *testing.B) {
	r, token := newBenchRoom(b)
	for _, query := range []string{"/export?startTs=1788000000000&endTs=1795500000000&format=CSV", "/export?startTs=1788000000000&endTs=1795500000000&format=JSON", "?sort=entityName,ASC"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				w := r.get("/acme/tenant-admin/1.0/audits"+query, token)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
				b.ReportMetric(float64(w.Body.Len()), "answer-bytes")
			}
		})
	}
}

// newBenchRoom has a million events, all of them in the index.
func newBenchRoom(b *testing.B) (r *room, token string) {
	r = newRoom(b, engine.Options{})
	maker := benchMaker{}
	for range 200 {
		enginetest.Append(b, r.log, maker.batch(5000)...)
	}
	enginetest.Eventually(b, "all events are in the index", func() bool { return r.log.Stats().Lag == 0 })
	return r, r.pass(b, "reader")
}

type benchMaker struct{ n int }

func (m *benchMaker) batch(size int) (all []*engine.Event) {
	operations := []string{engine.OpCreate, engine.OpEdit, engine.OpDelete, engine.OpLogin, engine.OpLogin, engine.OpEdit, engine.OpPublish, engine.OpOther}
	agents := []string{"CA API Gateway", "python-requests/2.32.3", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"}
	for range size {
		m.n++
		n := m.n * 2654435761 % 1_000_003
		operation, result := operations[n%8], engine.Success
		if n%5 == 0 {
			result = engine.Failure
		}
		all = append(all, &engine.Event{Time: testNow.Add(time.Duration(m.n-1_000_000) * 7 * time.Second), Tenant: "acme", Action: fmt.Sprintf("service%d.%s", n%31, operation),
			Operation: operation, Result: result, Actor: engine.Actor{ID: fmt.Sprint("u", n%1500), Name: fmt.Sprint("user", n%1500)},
			Resources: []engine.Resource{{Type: entityTypes[n%len(entityTypes)], ID: fmt.Sprint("id", n), Name: fmt.Sprint("name-", n%5000)}},
			Source:    engine.Source{IP: "10.0.0.9", UserAgent: agents[n%4], Channel: "console"}})
	}
	return all
}
