package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// TestFacetBounds: a column that is counted event by event and has too many values is refused by name and number, indexed or not. What has fewer
// is counted exactly.
func TestFacetBounds(t *testing.T) {
	l := enginetest.OpenLog(t, withIndex(t.TempDir()))
	const each = 9000
	events := make([]*engine.Event, engine.MaxFacetDistinct/each+1)
	for i := range events {
		events[i] = &engine.Event{Action: "a", Time: enginetest.Day.Add(time.Duration(i) * time.Hour), Module: fmt.Sprint("m", i)}
		for n := range each {
			events[i].Resources = append(events[i].Resources, engine.Resource{ID: strconv.Itoa(i*each + n)})
		}
		events[i].Resources = append(events[i].Resources, engine.Resource{ID: "shared"})
	}
	for part := range slices.Chunk(events, 8) {
		enginetest.Append(t, l, part...)
	}
	for _, indexed := range []bool{false, true} {
		if indexed {
			waitIndexed(t, l)
		}
		_, _, err := l.Facets(context.Background(), engine.Query{Tenants: all}, []string{"module", "resource"}, 10)
		fe, ok := errors.AsType[*engine.FieldError](err)
		if !ok || fe.Field != "fields" || !strings.Contains(fe.Message, "resource") || !strings.Contains(fe.Message, fmt.Sprint(engine.MaxFacetDistinct)) {
			t.Errorf("indexed %v: %v", indexed, err)
		}
		q := engine.Query{Tenants: all, To: events[3].Time}
		facets, total, err := l.Facets(context.Background(), q, []string{"module", "resource"}, 2)
		want := []engine.FacetValue{{Value: "shared", Count: 3}, {Value: "0", Count: 1}}
		if err != nil || total != 3 || !slices.Equal(facets["resource"], want) || len(facets["module"]) != 2 {
			t.Errorf("indexed %v: %v of %d events; %v", indexed, facets, total, err)
		}
	}
}

// TestFacetsAcrossWindows: values meet whatever windows, and the tail, have them, with hardly any twice.
func TestFacetsAcrossWindows(t *testing.T) {
	l := enginetest.OpenLog(t, withIndex(t.TempDir()))
	var model enginetest.Model
	for i := range 1100 {
		e := &engine.Event{ID: fmt.Sprint("f", i), Action: "a", Time: enginetest.Day.Add(time.Duration(i) * time.Second), Module: fmt.Sprint(i % 40),
			Actor: engine.Actor{Name: fmt.Sprint([]string{"U", "u"}[i%2], i*7919%900)}}
		model.Add(e)
	}
	for part := range slices.Chunk(model.Events, 100) {
		enginetest.Append(t, l, part...)
	}
	for range 2 {
		model.Check(t, l, engine.Query{Tenants: all, Limit: 50})
		model.Check(t, l, engine.Query{Tenants: all, Limit: 50, Where: engine.Field{Name: "module", Values: []engine.Value{{Text: "7"}}}})
		waitIndexed(t, l)
	}
}
