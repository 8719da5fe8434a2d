package engine

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func termsOf(e *Event) map[string]bool {
	terms := map[string]bool{}
	new(Analyzer).EventTerms(e, func(term []byte) { terms[string(term)] = true })
	return terms
}

func TestEventTerms(t *testing.T) {
	terms := termsOf(benchEvent())
	for _, want := range []string{
		TenantTerm("acme"), ExactTerm("tenant", "acme"), ExactTerm("user", "amy.chen"), ExactTerm("user", "amy.chen@acme.test"),
		ExactTerm("user", "100004603008"), HasTerm("user"), ExactTerm("action", "api service.create"), ExactTerm("operation", "create"),
		ExactTerm("result", "failure"), ExactTerm("project", "p-1042"), ExactTerm("project", "shop-backend"),
		ExactTerm("module", "api management"), ExactTerm("resource", "orders-v2"), ExactTerm("resource", "api-5f0c8f2d4a61b2"),
		ExactTerm("type", "api"), ExactTerm("ip", "10.20.30.40"), ExactTerm("channel", "console"), HasTerm("resource"), HasTerm("ip"),
		HasTerm("agent"), HasTerm("error"), HasTerm("description"), TextTerm("reset"), WordTerm("error", "reset"),
		WordTerm("error", "409"), WordTerm("description", "orders-v2"), TextTerm("request_id"), TextTerm("amy.chen@acme.test"),
		TextTerm("https"), TextTerm("42"), ExactTerm("details.protocol", "https"), ExactTerm("details.latency_ms", "42"),
		ExactTerm("person", "100004603008"), ExactTerm("write", "true"), ExactTerm("details.tags", "prod"), ExactTerm("details.tags", "eu"), HasTerm("details.tags"),
	} {
		if !terms[want] {
			t.Errorf("no term %q", want)
		}
	}
	for _, no := range []string{WordTerm("error", "api"), TextTerm("acme-other"), TextTerm("failure"), HasTerm("module"), ExactTerm("dangerous", "false"), ExactTerm("dangerous", "true")} {
		if terms[no] {
			t.Errorf("a term %q", no)
		}
	}
	if got := termsOf(&Event{}); len(got) != 0 {
		t.Errorf("an empty event has the terms %q", slices.Sorted(maps.Keys(got)))
	}
}

func TestEventTermsAllocateNothing(t *testing.T) {
	e, a, n := benchEvent(), new(Analyzer), 0
	emit := func([]byte) { n++ }
	for _, id := range []string{e.Actor.ID, "amy"} {
		e.Actor.ID = id
		if allocs := testing.AllocsPerRun(100, func() { a.EventTerms(e, emit) }); allocs > 0 {
			t.Errorf("%s: %v allocations", id, allocs)
		}
	}
}

// TestDetailsDamaged: whatever is in the details, the walk ends and nothing breaks.
func TestDetailsDamaged(t *testing.T) {
	whole := `{"a":{"B.c":[1,-2.5e7,"x\ny\ud83d\ude00",true,null,[],{}]},"d" : "\"é"}`
	for i := range whole {
		termsOf(&Event{Details: jsontext.Value(whole[:i])})
		termsOf(&Event{Details: jsontext.Value(whole[i:])})
	}
	termsOf(&Event{Details: jsontext.Value(strings.Repeat("[", 100_000))})
	termsOf(&Event{Details: jsontext.Value(strings.Repeat(`{"a":`, 100_000))})
	terms := termsOf(&Event{Details: jsontext.Value(whole)})
	for _, want := range []string{ExactTerm("details.a.b.c", "-2.5e7"), ExactTerm("details.a.b.c", "x\ny😀"), ExactTerm("details.d", `"é`),
		ExactTerm("details.a.b.c", "null"), TextTerm("b.c"), TextTerm("😀")} {
		if !terms[want] {
			t.Errorf("no term %q in %q", want, slices.Sorted(maps.Keys(terms)))
		}
	}
}

// FuzzDetails holds the walk to a JSON decoder's.
func FuzzDetails(f *testing.F) {
	f.Add([]byte(`{"a":{"B.c":[1,-2.5e7,"x\ny\ud83d\ude00",true,null,[],{}]},"d" : "\"é"}`))
	f.Add([]byte(`{"":{"":"\u001f"},"` + strings.Repeat("é", 200) + `":[[{"x":0}]]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := &Event{Details: data}
		terms := termsOf(e)
		v := jsontext.Value(data)
		if deepest, _ := nesting(v); !v.IsValid() || v.Kind() != '{' || deepest > MaxNesting {
			return
		}
		want := map[string]bool{}
		for field, values := range oracleRead(e).fields {
			for _, v := range values {
				want[ExactTerm(field, v)] = true
			}
		}
		maps.DeleteFunc(terms, func(term string, _ bool) bool { return term[0] != '=' })
		if !maps.Equal(terms, want) {
			t.Fatalf("%s has the values\n%q, want\n%q", data, slices.Sorted(maps.Keys(terms)), slices.Sorted(maps.Keys(want)))
		}
	})
}

func TestColumnValues(t *testing.T) {
	e := benchEvent()
	e.Resources = append(e.Resources, Resource{Type: "API", ID: "r2"}, Resource{Type: "Tag", Name: "orders-v2"}, Resource{Name: strings.Repeat("é", 200)})
	f := func(column string, want ...string) {
		t.Helper()
		if got := ColumnValues(e, column, []string{"API"})[1:]; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", column, got, want)
		}
	}
	f("user", "amy.chen")
	f("action", "API service.create")
	f("operation", "create")
	f("result", "failure")
	f("project", "shop-backend")
	f("module", "API management")
	f("type", "API", "Tag")
	f("resource", "orders-v2", "r2", strings.Repeat("é", 128))
	f("ip", "10.20.30.40")
	f("agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0")
	f("channel", "console")
	f("tenant", "acme")
	f("error", "connection reset by peer while creating service")
	f("id", "0198f6a2-7c3e-7d41-9b1a-5e0c8f2d4a61")
	f("description", "API service{orders-v2} creation")
	f("nonsense")
	e.Actor, e.Project.Name, e.Error = Actor{ID: "7", Email: "a@b"}, "", &EventError{Code: "409"}
	f("user", "a@b")
	f("project", "p-1042")
	f("error", "409")
	e = &Event{}
	for _, column := range SortColumns {
		f(column)
	}
	for _, column := range Columns {
		if !KnownColumn(column) || slices.Contains(IndexedColumns, column) != (column != "resource") {
			t.Errorf("column %s", column)
		}
	}
	if KnownColumn("time") || KnownColumn("id") {
		t.Error("time and id are no columns to count by")
	}
}
