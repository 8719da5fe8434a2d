package index

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"annals/engine"

	"github.com/go-json-experiment/json/jsontext"
)

// The benchmarks work on benchEvents events of the shape that the bench room drives the server with: about 670 bytes of JSON and 100 terms each,
// four of them in no other event, 1 event in 200 late.
//
//	go test ./index -run '^$' -bench . -benchtime 1x     (build, merge and write are done once anyway)
const benchEvents = 500_000

var (
	benchTags    = []string{"settlement", "loyalty", "refunds", "pricing", "catalog", "checkout", "shipping", "returns", "marketing", "finance", "compliance", "reporting", "identity", "warehouse", "procurement", "payroll", "analytics", "mobile", "partners", "internal"}
	benchModules = []string{"API management", "app integration", "connection management", "project management", "API user center", "general storage", "security gateway", "integration resource", "operation monitoring"}
	benchKinds   = []string{"API service", "Integration flow", "Connector", "Project member", "API consumer", "Storage bucket", "Gateway rule", "Resource package", "Alert policy"}
	benchNames   = []string{"orders", "billing", "ledger", "policies", "catalog", "gateway", "payments", "profile"}
	benchAgents  = []string{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0 Safari/537.36", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0", "integration-sdk-go/2.14.0 (linux; amd64)", "integration-cli/1.22.3"}
	benchRegions = []string{"frankfurt", "singapore", "virginia", "oregon", "tokyo", "mumbai", "sydney", "paris"}
)

func benchEvent(r *rand.Rand, seq uint64) *engine.Event {
	m, user, project := r.IntN(len(benchModules)), r.ExpFloat64()*300, r.ExpFloat64()*40
	name := benchNames[r.IntN(8)] + "-" + benchNames[r.IntN(8)]
	op := engine.Operations[r.IntN(7)]
	at := testBaseTime.Add(time.Duration(seq)*259200*time.Microsecond + time.Duration(r.IntN(100_000))*time.Microsecond)
	if r.IntN(200) == 0 {
		at = at.Add(-time.Duration(r.IntN(6*3600)) * time.Second)
	}
	who := fmt.Sprintf("user%04d", int(user)%2400)
	e := &engine.Event{
		Seq: seq, ID: randomUUID(r), Time: at, Tenant: engine.DefaultTenant,
		Actor:  engine.Actor{ID: fmt.Sprintf("1000%08d", int(user)%2400*7919), Name: who, Email: who + "@a.test"},
		Action: benchKinds[m] + "." + op, Operation: op, Result: engine.Success, Module: benchModules[m],
		Project:     engine.Ref{ID: fmt.Sprintf("prj-%06d", int(project)%200*7919), Name: fmt.Sprintf("bank-%03d", int(project)%200)},
		Resources:   []engine.Resource{{Type: benchKinds[m], ID: fmt.Sprintf("%016x", r.Uint64()), Name: name}},
		Description: fmt.Sprintf("%s{%s} %s", benchKinds[m], name, op),
		Source:      engine.Source{IP: fmt.Sprintf("10.%d.%d.%d", r.IntN(8), r.IntN(120), r.IntN(8)), UserAgent: benchAgents[r.IntN(len(benchAgents))], Channel: "api"},
		Details: jsontext.Value(fmt.Sprintf(`{"request_id":"%016x","version":"v%d","region":%q,"tag":%q}`,
			r.Uint64(), 1+r.IntN(9), benchRegions[r.IntN(8)], benchTags[r.IntN(20)])),
	}
	if r.IntN(20) == 0 {
		e.Result = engine.Failure
		e.Error = &engine.EventError{Code: "502", Message: "upstream answered with connection reset by peer"}
	}
	return e
}

func benchBatch(r *rand.Rand, seq uint64, n int) []*engine.Event {
	events := make([]*engine.Event, n)
	for i := range events {
		events[i] = benchEvent(r, seq+uint64(i))
	}
	return events
}

func BenchmarkTerms(b *testing.B) {
	events := benchBatch(rand.New(rand.NewPCG(1, 1)), 0, 4096)
	var a engine.Analyzer
	terms := 0
	b.ResetTimer()
	for i := range b.N {
		a.EventTerms(events[i%len(events)], func([]byte) { terms++ })
	}
	b.ReportMetric(float64(terms)/float64(b.N), "terms/op")
}

// BenchmarkBuild includes taking the events apart (BenchmarkTerms).
func BenchmarkBuild(b *testing.B) {
	events := benchBatch(rand.New(rand.NewPCG(1, 1)), 0, 4096)
	var built builder
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += len(events) {
		if _, err := built.build(events); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var built builder
	var run []*segment
	docs := 0
	for range mergeWidth {
		data, err := built.build(benchBatch(r, uint64(docs), 4096))
		if err != nil {
			b.Fatal(err)
		}
		s, err := openSegment(data)
		if err != nil {
			b.Fatal(err)
		}
		run = append(run, s)
		docs += 4096
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += docs {
		if _, err := mergeInMemory(run, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// benchIndex is one sealed window of benchEvents events. Its files go when the process ends, for nothing but their mapping is kept.
var benchIndex = sync.OnceValue(func() *Index {
	r := rand.New(rand.NewPCG(1, 1))
	x := New(Options{})
	dir, err := os.MkdirTemp("", "annals-index-bench")
	if err == nil {
		_, err = x.OpenWindow(dir, 0, 0, false)
	}
	for seq := 0; err == nil && seq < benchEvents; seq += 8192 {
		err = x.Add(context.Background(), 0, benchBatch(r, uint64(seq), min(8192, benchEvents-seq)))
	}
	if err == nil {
		err = x.Seal(0)
	}
	if err == nil {
		err = x.Flush(context.Background())
	}
	if err == nil {
		err = os.RemoveAll(dir)
	}
	if err != nil {
		panic(err)
	}
	runtime.GC()
	return x
})

func BenchmarkFind(b *testing.B) {
	x := benchIndex()
	v := x.View()
	defer v.Close()
	b.Logf("%.1f bytes an event", float64(x.Stats().Bytes)/benchEvents)
	term := func(s string) engine.Plan { return engine.PlanTerm{Term: s} }
	field := func(f, v string) engine.Plan { return term(engine.ExactTerm(f, v)) }
	word := term(engine.TextTerm("payroll")) // 5 % of the events
	and := func(parts ...engine.Plan) engine.Plan { return engine.PlanAnd{Parts: parts} }
	ask := func(name string, plan engine.Plan, use func(engine.Hits)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				h, err := v.Find(context.Background(), plan, nil)
				if err != nil {
					b.Fatal(err)
				}
				use(h)
			}
		})
	}
	page := func(h engine.Hits) { h.ByTime(nil, true, 0, 50) }
	ask("all", engine.PlanAll{}, page)
	ask("word", word, page)
	ask("two-words", and(word, term(engine.TextTerm("paris"))), page)
	ask("three-filters-and-word", and(field("result", "success"), field("module", "api management"), field("operation", "edit"), word), page)
	ask("nothing", term(engine.TextTerm("0123456789abcdef")), page)
	ask("prefix", engine.PlanTerms{Prefix: engine.TextTerm("c0f")}, page)
	ask("not", and(word, engine.PlanNot{Part: field("result", "success")}), page)
	ask("deep-page", word, func(h engine.Hits) { h.ByTime(nil, true, int(h.Total()/2), 50) })
	edges := make([]int64, 61)
	for i := range edges {
		edges[i] = testBaseTime.Add(time.Duration(i) * benchEvents / 60 * 259200 * time.Microsecond).UnixNano()
	}
	ask("histogram", word, func(h engine.Hits) { h.Counts(edges) })
	ask("five-facets", word, func(h engine.Hits) {
		for _, c := range []string{"module", "operation", "result", "project", "user"} {
			if _, err := h.Facet(context.Background(), c, func([]byte, uint64) {}); err != nil {
				b.Fatal(err)
			}
		}
	})
	ask("by-user", engine.PlanAll{}, func(h engine.Hits) { h.ByColumn("user", nil, false, 0, 50) })
}
