package index

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
)

// model answers by looking at every event; what the index says is held against it.
type model struct {
	events []*engine.Event // by seq
	terms  []map[string]bool
	gone   uint64 // those below it were dropped
}

func (m *model) kept() []*engine.Event { return m.events[m.gone:] }

func (m *model) add(events ...*engine.Event) {
	var a engine.Analyzer
	for _, e := range events {
		terms := map[string]bool{}
		a.EventTerms(e, func(t []byte) { terms[string(t)] = true })
		m.events = append(m.events, e)
		m.terms = append(m.terms, terms)
	}
}

func (m *model) match(plan engine.Plan, seq int) bool {
	e := m.events[seq]
	switch p := plan.(type) {
	case engine.PlanAll:
		return true
	case engine.PlanTerm:
		return m.terms[seq][p.Term]
	case engine.PlanTerms:
		for t := range m.terms[seq] {
			if strings.HasPrefix(t, p.Prefix) && (p.Match == nil || p.Match([]byte(t))) {
				return true
			}
		}
		return false
	case engine.PlanAnd:
		return !slices.ContainsFunc(p.Parts, func(q engine.Plan) bool { return !m.match(q, seq) })
	case engine.PlanOr:
		return slices.ContainsFunc(p.Parts, func(q engine.Plan) bool { return m.match(q, seq) })
	case engine.PlanNot:
		return !m.match(p.Part, seq)
	case engine.PlanTime:
		t := e.Time.UnixNano()
		return p.From <= t && t < p.To
	case engine.PlanPos:
		return slices.Contains(p.At, e.Pos())
	case engine.PlanCheck:
		return p.Sure != nil && m.match(p.Sure, seq) || m.match(p.Maybe, seq) && p.Check(e)
	}
	return false
}

// find returns the matching events in time order.
func (m *model) find(plan engine.Plan) []*engine.Event {
	var found []*engine.Event
	for _, e := range m.kept() {
		if m.match(plan, int(e.Seq)) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *engine.Event) int {
		if a.Pos().Before(b.Pos()) {
			return -1
		}
		return 1
	})
	return found
}

func (m *model) fetch(ctx context.Context, at []engine.Pos, fn func(int, *engine.Event) error) error {
	for i, p := range at {
		if i > 0 && !at[i-1].Before(p) {
			return fmt.Errorf("places out of order")
		}
		if err := fn(i, m.events[p.Seq]); err != nil {
			return err
		}
	}
	return ctx.Err()
}

var (
	testWords = []string{"timeout", "connection", "reset", "服务", "创建成功", "API", "quota", "naïve", "🙂", "x.y_z@host/path",
		"c89873", strings.Repeat("long", 60), "０１２", "ＦＵＬＬ"}
	testUsers    = []string{"amy", "Amy", "bob", "王伟", "carol@x.test", "", "zoë", "ＡＭＹ", strings.Repeat("Ｗ", 110)}
	testModules  = []string{"API management", "IAM", "billing", ""}
	testTypes    = []string{"API", "api", "group", "VM", ""}
	testNames    = []string{"", "", "", "orders", "Orders", "ＯＲＤＥＲＳ", strings.Repeat("Ｏ", 120), strings.Repeat("name", 80), "z"}
	testTenants  = []string{"acme", "default", "Acme"}
	testBaseTime = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
)

func pickOne[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// randomEvent makes an event with the given seq; times repeat, and some are late.
func randomEvent(r *rand.Rand, seq uint64) *engine.Event {
	at := testBaseTime.Add(time.Duration(seq/3) * 7 * time.Millisecond)
	switch r.IntN(20) {
	case 0:
		at = at.Add(-time.Duration(r.IntN(3_000_000)) * time.Microsecond)
	case 1:
		at = testBaseTime
	case 2:
		at = time.Unix(0, int64(r.IntN(3))).UTC()
	}
	words := make([]string, 1+r.IntN(6))
	for i := range words {
		words[i] = pickOne(r, testWords)
	}
	e := &engine.Event{
		ID: fmt.Sprintf("%016x", r.Uint64()), Seq: seq, Time: at, Tenant: pickOne(r, testTenants),
		Actor: engine.Actor{Name: pickOne(r, testUsers)}, Action: "do " + pickOne(r, testWords),
		Operation: pickOne(r, engine.Operations), Result: pickOne(r, []string{engine.Success, engine.Failure}),
		Module: pickOne(r, testModules), Description: strings.Join(words, " "),
		Source: engine.Source{IP: fmt.Sprintf("10.0.%d.%d", r.IntN(3), r.IntN(200))},
	}
	for range r.IntN(4) {
		e.Resources = append(e.Resources, engine.Resource{Type: pickOne(r, testTypes), ID: randomUUID(r), Name: pickOne(r, testNames)})
	}
	if r.IntN(3) == 0 {
		e.Error = &engine.EventError{Message: pickOne(r, testWords)}
	}
	return e
}

func randomUUID(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16), r.Uint64()>>16)
}

func (m *model) randomTerm(r *rand.Rand) string {
	if r.IntN(10) == 0 || len(m.kept()) == 0 {
		return "tnothing"
	}
	terms := m.terms[pickOne(r, m.kept()).Seq]
	names := make([]string, 0, len(terms))
	for t := range terms {
		names = append(names, t)
	}
	slices.Sort(names)
	return pickOne(r, names)
}

func (m *model) randomPlan(r *rand.Rand, depth int) engine.Plan {
	kinds := 6
	if depth > 0 {
		kinds = 11
	}
	parts := func() (p []engine.Plan) {
		for range r.IntN(4) {
			p = append(p, m.randomPlan(r, depth-1))
		}
		return p
	}
	switch r.IntN(kinds) {
	case 0:
		return pickOne(r, []engine.Plan{engine.PlanAll{}, engine.PlanNone{}})
	case 1:
		t := m.randomTerm(r)
		return engine.PlanTerms{Prefix: t[:1+r.IntN(len(t))]}
	case 2:
		t := m.randomTerm(r)
		return engine.PlanTerms{Prefix: t[:1], Match: func(b []byte) bool { return bytes.Contains(b, []byte(t[len(t)-1:])) }}
	case 3:
		from := m.randomTime(r)
		return engine.PlanTime{From: from, To: from + int64(r.IntN(3_000_000_000))}
	case 4:
		var p engine.PlanPos
		for range r.IntN(5) {
			p.At = append(p.At, engine.Pos{Time: m.randomTime(r), Seq: uint64(r.IntN(len(m.events) + 1))})
			if len(m.kept()) > 0 {
				p.At = append(p.At, pickOne(r, m.kept()).Pos())
			}
		}
		return p
	case 5, 6:
		return engine.PlanTerm{Term: m.randomTerm(r)}
	case 7:
		return engine.PlanAnd{Parts: parts()}
	case 8:
		return engine.PlanOr{Parts: parts()}
	case 9:
		return engine.PlanNot{Part: m.randomPlan(r, depth-1)}
	}
	maybe := m.randomPlan(r, depth-1)
	module := pickOne(r, testModules)
	check := engine.PlanCheck{Maybe: maybe, Check: func(e *engine.Event) bool { return e.Module == module }}
	if r.IntN(2) == 0 {
		check.Sure = engine.PlanAnd{Parts: []engine.Plan{maybe, engine.PlanTerm{Term: engine.ExactTerm("module", engine.FoldValue(module))}}}
		if module == "" {
			check.Sure = nil
		}
	}
	if r.IntN(2) == 0 {
		check.Key = "module " + module
	}
	if r.IntN(2) == 0 {
		check.Columns, check.Value = []string{"operation", "module"}, func(v []byte) bool { return string(v) == module }
	}
	return check
}

func (m *model) randomTime(r *rand.Rand) int64 {
	if len(m.kept()) == 0 {
		return 0
	}
	return pickOne(r, m.kept()).Time.UnixNano() + int64(r.IntN(3)-1)
}

// check holds every kind of answer to a plan against the model's.
func (m *model) check(t *testing.T, r *rand.Rand, v engine.IndexView, plan engine.Plan) {
	t.Helper()
	found, err := v.Find(context.Background(), plan, m.fetch)
	if err != nil {
		t.Fatalf("%#v: %v", plan, err)
	}
	want := m.find(plan)
	if found.Total() != uint64(len(want)) {
		t.Fatalf("%#v: total is %d, want %d", plan, found.Total(), len(want))
	}
	m.checkTime(t, r, found, want)
	m.checkCounts(t, r, found, want)
	m.checkColumn(t, r, found, want)
	narrow, err := found.With(engine.ExactTerm("result", engine.Failure))
	if err != nil {
		t.Fatal(err)
	}
	failures := slices.DeleteFunc(slices.Clone(want), func(e *engine.Event) bool { return e.Result != engine.Failure })
	if narrow.Total() != uint64(len(failures)) {
		t.Fatalf("%#v: %d failures, want %d", plan, narrow.Total(), len(failures))
	}
	m.checkCounts(t, r, narrow, failures)
}

func (m *model) checkTime(t *testing.T, r *rand.Rand, found engine.Hits, want []*engine.Event) {
	t.Helper()
	order := make([]engine.Pos, len(want))
	for i, e := range want {
		order[i] = e.Pos()
	}
	desc := r.IntN(2) == 0
	if desc {
		slices.Reverse(order)
	}
	var after *engine.Pos
	if len(m.kept()) > 0 && r.IntN(3) > 0 {
		p := pickOne(r, m.kept()).Pos()
		after = &p
		order = slices.DeleteFunc(order, func(q engine.Pos) bool { return !desc && !p.Before(q) || desc && !q.Before(p) })
	}
	skip, limit := 0, 1+r.IntN(50)
	if r.IntN(2) == 0 {
		skip = r.IntN(len(order) + 3)
	}
	want2 := order[min(skip, len(order)):min(skip+limit, len(order))]
	if got := found.ByTime(after, desc, skip, limit); !slices.Equal(got, want2) {
		t.Fatalf("by time, after %v, desc %v, skip %d, limit %d: %v, want %v", after, desc, skip, limit, got, want2)
	}
}

func (m *model) checkCounts(t *testing.T, r *rand.Rand, found engine.Hits, want []*engine.Event) {
	t.Helper()
	var edges []int64
	for range 2 + r.IntN(10) {
		edges = append(edges, m.randomTime(r))
	}
	slices.Sort(edges)
	counts := make([]uint64, len(edges)-1)
	for _, e := range want {
		for i := range counts {
			if at := e.Time.UnixNano(); edges[i] <= at && at < edges[i+1] {
				counts[i]++
			}
		}
	}
	if got := found.Counts(edges); !slices.Equal(got, counts) {
		t.Fatalf("counts of %v: %v, want %v", edges, got, counts)
	}
}

func (m *model) checkColumn(t *testing.T, r *rand.Rand, found engine.Hits, want []*engine.Event) {
	t.Helper()
	m.checkFacet(t, pickOne(r, engine.IndexedColumns), found, want)
	column := pickOne(r, engine.Columns)
	var order []engine.ColumnPos
	for _, e := range want {
		at := engine.ColumnPos{Pos: e.Pos()}
		if values := engine.ColumnValues(e, column, nil); column == labelColumn {
			at.Value = engine.ResourceKey(e)
		} else if len(values) > 0 {
			at.Value = values[0]
		}
		at.Has = at.Value != ""
		order = append(order, at)
	}
	desc := r.IntN(2) == 0
	compare := func(a, b engine.ColumnPos) int { return compareColumn(a, b, desc) }
	var after *engine.ColumnPos
	if len(order) > 0 && r.IntN(3) > 0 {
		a := pickOne(r, order)
		if r.IntN(4) == 0 && a.Has {
			if a.Value += "x"; column == labelColumn {
				a.Value = engine.FoldValue(a.Value) // as all of its values are
			}
		}
		after = &a
	}
	slices.SortFunc(order, compare)
	if after != nil {
		order = slices.DeleteFunc(order, func(a engine.ColumnPos) bool { return compare(a, *after) <= 0 })
	}
	skip, limit := 0, 1+r.IntN(60)
	if r.IntN(2) == 0 {
		skip = r.IntN(len(order) + 3)
	}
	page := order[min(skip, len(order)):min(skip+limit, len(order))]
	if at, ok := found.ByColumn(column, after, desc, skip, limit); !ok || !slices.Equal(at, page) {
		t.Fatalf("by %s, after %v, desc %v, skip %d, limit %d: %v, want %v", column, after, desc, skip, limit, at, page)
	}
}

func (m *model) checkFacet(t *testing.T, column string, found engine.Hits, want []*engine.Event) {
	t.Helper()
	facet := map[string]uint64{}
	for _, e := range want {
		for _, v := range engine.ColumnValues(e, column, nil) {
			facet[v]++
		}
	}
	got := map[string]uint64{}
	ok, err := found.Facet(t.Context(), column, func(value []byte, n uint64) {
		if _, told := got[string(value)]; told || n == 0 {
			t.Errorf("facet of %s: %q is told twice, or %d times", column, value, n)
		}
		got[string(value)] = n
	})
	if !ok || err != nil || !maps.Equal(got, facet) {
		t.Fatalf("facet of %s: %v, want %v; %v", column, got, facet, err)
	}
}

func compareColumn(a, b engine.ColumnPos, desc bool) int {
	if a.Has != b.Has {
		if a.Has {
			return -1
		}
		return 1
	}
	c := strings.Compare(engine.FoldValue(a.Value), engine.FoldValue(b.Value))
	if c == 0 {
		c = strings.Compare(a.Value, b.Value)
	}
	if desc {
		c = -c
	}
	if c == 0 && a.Pos != b.Pos {
		c = 1
		if b.Pos.Before(a.Pos) {
			c = -1
		}
	}
	return c
}
