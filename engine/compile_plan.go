package engine

import (
	"math"
	"slices"
)

// and joins plans that must all match into the simplest that says so, its parts in the order in which they narrow
// best. There is at most one PlanTime among them.
func and(plans ...Plan) Plan {
	when := PlanTime{From: 0, To: math.MaxInt64}
	var parts []Plan
	var add func(plans []Plan) bool
	add = func(plans []Plan) bool {
		for _, p := range plans {
			switch p := p.(type) {
			case PlanAll:
			case PlanNone:
				return false
			case PlanTime:
				when = PlanTime{From: max(when.From, p.From), To: min(when.To, p.To)}
			case PlanAnd:
				if !add(p.Parts) {
					return false
				}
			default:
				parts = append(parts, p)
			}
		}
		return true
	}
	if !add(plans) || when.From >= when.To {
		return PlanNone{}
	}
	if when.From > 0 || when.To < math.MaxInt64 {
		parts = append(parts, when)
	}
	switch len(parts) {
	case 0:
		return PlanAll{}
	case 1:
		return parts[0]
	}
	slices.SortStableFunc(parts, func(a, b Plan) int { return rank(a) - rank(b) })
	return PlanAnd{Parts: parts}
}

// or joins plans of which one must match.
func or(plans ...Plan) Plan {
	var parts []Plan
	for _, p := range plans {
		switch p := p.(type) {
		case PlanNone:
		case PlanAll:
			return p
		case PlanOr:
			parts = append(parts, p.Parts...)
		default:
			parts = append(parts, p)
		}
	}
	switch len(parts) {
	case 0:
		return PlanNone{}
	case 1:
		return parts[0]
	}
	return PlanOr{Parts: parts}
}

func not(p Plan) Plan {
	switch p := p.(type) {
	case PlanAll:
		return PlanNone{}
	case PlanNone:
		return PlanAll{}
	case PlanNot:
		return p.Part
	}
	return PlanNot{Part: p}
}

// rank orders the parts of an and: what is cheap and keeps little comes first, what reads events last.
func rank(p Plan) int {
	switch p := p.(type) {
	case PlanPos:
		return 0
	case PlanTime:
		return 1
	case PlanTerm:
		return 2
	case PlanOr:
		return worst(3, p.Parts)
	case PlanAnd:
		return worst(3, p.Parts)
	case PlanTerms:
		return 4
	case PlanNot:
		return worst(5, []Plan{p.Part})
	}
	return 6
}

func worst(r int, parts []Plan) int {
	for _, p := range parts {
		r = max(r, rank(p))
	}
	return r
}
