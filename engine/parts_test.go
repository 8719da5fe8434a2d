package engine

import (
	"maps"
	"testing"
)

// An event's terms are those of its parts and its own.
func TestPartTerms(t *testing.T) {
	full := benchEvent()
	for _, e := range []*Event{full, {}, {Tenant: "a", Action: "x"}, {Actor: Actor{ID: "a", Name: "a"}, Source: Source{IP: "::ffff:10.0.0.1"}}} {
		want, got := map[string]bool{}, map[string]bool{}
		var a Analyzer
		a.EventTerms(e, func(term []byte) { want[string(term)] = true })
		note := func(term []byte) { got[string(term)] = true }
		for _, p := range e.AppendParts(nil) {
			a.PartTerms(p, note)
		}
		a.OwnTerms(e, note)
		if !maps.Equal(got, want) {
			t.Errorf("%+v\ngot  %v\nwant %v", e, got, want)
		}
	}
}
