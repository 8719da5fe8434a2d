package console

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"annals/engine"
	"annals/httpapi/reply"
)

// facetValues are offered in a menu; more are found by typing.
const facetValues = 30

// facetFields are the menus. Users and actions have many values: the most frequent are offered, the rest is suggested while typing.
var facetFields = []string{"user", "project", "module", "operation", "result", "action"}

// facets counts the values of each menu under all filters but the menu's own, so that another value can be chosen beside the first.
func (c *Console) facets(ctx context.Context, p *eventsPage, q engine.Query) (map[string][]engine.FacetValue, error) {
	all := map[string][]engine.FacetValue{}
	var free []string
	for _, field := range p.menuFields() {
		if len(p.Filter.Values[field]) == 0 {
			free = append(free, field)
			continue
		}
		where, m := p.Filter.without(field).where(p.Now, p.Zone)
		if m != nil {
			return nil, reply.BadParameter(m.Field, "%s", m.Message)
		}
		other := q
		other.Where = where
		values, err := c.facet(ctx, other, field, facetValues)
		if err != nil {
			return nil, err
		}
		all[field] = values
	}
	if len(free) == 0 {
		return all, nil
	}
	found, _, err := c.log.Facets(ctx, q, free, facetValues)
	if err == nil {
		for _, field := range free {
			all[field] = merged(found[field])
		}
		return all, nil
	}
	if !tooMany(err) {
		return nil, err
	}
	for _, field := range free { // one of them has too many; the others are counted all the same
		if all[field], err = c.facet(ctx, q, field, facetValues); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// facet counts one field's values. One that has more than can be counted has none: its menu is for typing only.
func (c *Console) facet(ctx context.Context, q engine.Query, field string, limit int) ([]engine.FacetValue, error) {
	found, _, err := c.log.Facets(ctx, q, []string{field}, limit)
	if tooMany(err) {
		return nil, nil
	}
	return merged(found[field]), err
}

func tooMany(err error) bool {
	_, ok := errors.AsType[*engine.FieldError](err)
	return ok
}

// merged adds up values that a filter cannot tell apart, since it does not mind their case. The most frequent one stands for them.
func merged(values []engine.FacetValue) []engine.FacetValue {
	at := make(map[string]int, len(values))
	kept := values[:0]
	for _, v := range values {
		folded := engine.FoldValue(v.Value)
		if i, known := at[folded]; known {
			kept[i].Count += v.Count
			continue
		}
		at[folded] = len(kept)
		kept = append(kept, v)
	}
	slices.SortStableFunc(kept, func(a, b engine.FacetValue) int { return cmp.Compare(b.Count, a.Count) })
	return kept
}

func (p *eventsPage) menuFields() []string {
	if p.ManyTenants() {
		return append([]string{"tenant"}, facetFields...)
	}
	return facetFields
}

// menu is a drop-down of a field's values.
type menu struct {
	Field, Label string
	Options      []option // those chosen first, whatever their count
	Chosen       int
	Search       bool // has too many values to list
}

type option struct {
	Value   string
	Count   uint64
	Counted bool
	Chosen  bool
}

// Menus are the filter menus in order.
func (p *eventsPage) Menus() []menu {
	var all []menu
	for _, field := range p.menuFields() {
		chosen := p.Filter.Values[field]
		m := menu{Field: field, Label: fieldLabels[field], Chosen: len(chosen), Search: field != "operation" && field != "result"}
		counts := map[string]uint64{}
		for _, f := range p.Facets[field] {
			counts[engine.FoldValue(f.Value)] = f.Count
		}
		for _, v := range chosen {
			n, counted := counts[engine.FoldValue(v)]
			m.Options = append(m.Options, option{v, n, counted, true})
		}
		for _, f := range p.Facets[field] {
			if !slices.ContainsFunc(chosen, func(v string) bool { return engine.FoldValue(v) == engine.FoldValue(f.Value) }) {
				m.Options = append(m.Options, option{f.Value, f.Count, true, false})
			}
		}
		all = append(all, m)
	}
	return all
}
