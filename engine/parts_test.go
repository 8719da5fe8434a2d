package engine

import (
	"maps"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// An event's terms are those of its parts and its own, and what is recalled of earlier events' is what they had.
func TestPartTerms(t *testing.T) {
	full := benchEvent()
	memory, piece, note := map[string][]string{}, "", func([]byte) {}
	recall := func(p []byte) bool {
		piece = string(p)
		terms, known := memory[piece]
		for _, term := range terms {
			note([]byte(term))
		}
		if !known && p != nil {
			memory[piece] = []string{}
		}
		return known
	}
	other := benchEvent()
	other.Details = jsontext.Value(`{"protocol":"https","x":{"protocol":"https"},"latency_ms":42,"text":"42","https":"protocol","tags":["eu"],"a":"b\u001fc","a\u001fb":"c"}`)
	other.Error = &EventError{Code: "40", Message: "9" + full.Error.Message}
	for _, e := range []*Event{full, full, other, {}, {Tenant: "a", Action: "x"}, {Dangerous: true}, {Write: new(bool)}, {Actor: Actor{ID: "a", Name: "a"}, Source: Source{IP: "::ffff:10.0.0.1"}}} {
		want, got := map[string]bool{}, map[string]bool{}
		var a Analyzer
		a.EventTerms(e, func(term []byte) { want[string(term)] = true })
		note = func(term []byte) { got[string(term)] = true }
		for p := range Parts {
			a.PartTerms(e, p, note)
		}
		a.OwnTerms(e, func(term []byte) {
			note(term)
			if piece != "" {
				memory[piece] = append(memory[piece], string(term))
			}
		}, recall)
		if !maps.Equal(got, want) {
			t.Errorf("%+v\ngot  %v\nwant %v", e, got, want)
		}
	}
}

// What a part is decides its columns: an event that shares the part and nothing else has the same values there.
func TestPartColumns(t *testing.T) {
	full := benchEvent()
	seen := map[string]bool{}
	for p := range Parts {
		other := &Event{}
		switch p {
		case whatPart:
			other = &Event{Tenant: full.Tenant, Action: full.Action, Operation: full.Operation, Result: full.Result, Module: full.Module,
				Source: Source{Channel: full.Source.Channel}, Write: full.Write}
		case actorPart:
			other.Actor = full.Actor
		case projectPart:
			other.Project = full.Project
		case agentPart:
			other.Source.UserAgent = full.Source.UserAgent
		case addressPart:
			other.Source.IP = full.Source.IP
		}
		if string(other.AppendPart(nil, p)) != string(full.AppendPart(nil, p)) {
			t.Errorf("part %d differs though its values are the same", p)
		}
		for _, c := range p.Columns() {
			if seen[c] {
				t.Errorf("column %s is of two parts", c)
			}
			seen[c] = true
			got, want := ColumnValues(other, c, nil), ColumnValues(full, c, nil)
			if len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("column %s of part %d alone: %q, of the event: %q", c, p, got, want)
			}
		}
	}
}

// Lists of values that only differ in where one ends are different parts.
func TestPartsAreTold(t *testing.T) {
	a, b := &Event{Project: Ref{ID: "ab", Name: "c"}}, &Event{Project: Ref{ID: "a", Name: "bc"}}
	if string(a.AppendPart(nil, projectPart)) == string(b.AppendPart(nil, projectPart)) {
		t.Error("two projects are one part")
	}
}
