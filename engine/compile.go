package engine

import (
	"math"
	"strings"
	"time"
)

// Compile turns a question into a plan: e (nil matches everything) within from <= time < to (zero: no bound), and only events of the
// tenants that who names. The wall stands at the root, so no expression reaches around it.
//
// Lookup finds the places of the events that have the given IDs; places in other tenants do no harm. With a nil lookup, id:
// is checked on each event, as it must be for events that are still to come.
func Compile(e Expr, who Tenants, from, to time.Time, lookup func(ids []string) []Pos) Plan {
	c := compiler{lookup: lookup}
	p := and(bounds(from, to), c.compile(e))
	return behindWall(who, p)
}

func behindWall(who Tenants, p Plan) Plan {
	if who.Everything() {
		return p
	}
	wall := anyTenant(who.Names)
	if who.All {
		wall = not(anyTenant(who.Except))
	}
	both := and(wall, p)
	if _, several := both.(PlanAnd); !several {
		return both // one of the two decides alone
	}
	if p, ok := p.(PlanAnd); ok {
		return PlanAnd{Parts: append([]Plan{wall}, p.Parts...)}
	}
	return PlanAnd{Parts: []Plan{wall, p}}
}

func anyTenant(names []string) Plan {
	plans := make([]Plan, len(names))
	for i, name := range names {
		plans[i] = PlanTerm{Term: TenantTerm(name)}
	}
	return or(plans...)
}

type compiler struct {
	a      Analyzer
	lookup func(ids []string) []Pos
}

func (c *compiler) compile(e Expr) Plan {
	switch e := e.(type) {
	case nil:
		return PlanAll{}
	case And:
		return and(c.all(e.Parts)...)
	case Or:
		return or(c.all(e.Parts)...)
	case Not:
		return not(c.compile(e.Part))
	case Word:
		return c.text("", e.Text, e.Prefix, false)
	case Phrase:
		return c.text("", e.Text, false, true)
	case Field:
		return c.field(e)
	case TimeBound:
		if e.After {
			return PlanTime{From: nanos(e.At), To: math.MaxInt64}
		}
		return PlanTime{From: 0, To: nanos(e.At)}
	}
	return PlanNone{}
}

func (c *compiler) all(parts []Expr) []Plan {
	plans := make([]Plan, len(parts))
	for i, e := range parts {
		plans[i] = c.compile(e)
	}
	return plans
}

func (c *compiler) field(f Field) Plan {
	if f.Name == "id" {
		return c.ids(f.Values)
	}
	plans := make([]Plan, len(f.Values))
	for i, v := range f.Values {
		switch {
		case f.Name == "write", f.Name == "dangerous":
			plans[i] = truth(f.Name, v)
		case v.Prefix && v.Text == "":
			plans[i] = has(f.Name)
		case f.Name == "error", f.Name == "description":
			plans[i] = c.text(f.Name, v.Text, v.Prefix, v.Quoted)
		case f.Name == "ip":
			plans[i] = address(v)
		case v.Prefix:
			plans[i] = PlanTerms{Prefix: ExactTerm(f.Name, FoldValue(v.Text))}
		default:
			plans[i] = PlanTerm{Term: ExactTerm(f.Name, FoldValue(v.Text))}
		}
	}
	return or(plans...)
}

// truth is a field that is true or false of every event. Only what is true has a term.
func truth(field string, v Value) Plan {
	var plans []Plan
	is, text := PlanTerm{Term: ExactTerm(field, "true")}, FoldValue(v.Text)
	if text == "true" || v.Prefix && strings.HasPrefix("true", text) {
		plans = append(plans, is)
	}
	if text == "false" || v.Prefix && strings.HasPrefix("false", text) {
		plans = append(plans, not(is))
	}
	if len(plans) == 2 {
		return PlanAll{}
	}
	return or(plans...)
}

// has is field:*.
func has(field string) Plan {
	if field == "person" { // who has a number has a name
		field = "user"
	}
	if hasTerm(field) {
		return PlanTerm{Term: HasTerm(field)}
	}
	return PlanTerms{Prefix: ExactTerm(field, "")}
}

// ids is id:. IDs are compared letter by letter.
func (c *compiler) ids(values []Value) Plan {
	var whole, begun []string
	for _, v := range values {
		switch {
		case v.Prefix && v.Text == "":
			return PlanAll{}
		case v.Prefix || c.lookup == nil:
			begun = append(begun, v.Text)
		default:
			whole = append(whole, v.Text)
		}
	}
	var plans []Plan
	if len(whole) > 0 {
		if at := c.lookup(whole); len(at) > 0 {
			plans = append(plans, PlanPos{At: at})
		}
	}
	if len(begun) > 0 {
		plans = append(plans, PlanCheck{Maybe: PlanAll{}, Check: func(e *Event) bool { return hasID(e.ID, values) }})
	}
	return or(plans...)
}

func hasID(id string, values []Value) bool {
	for _, v := range values {
		if id == v.Text || v.Prefix && strings.HasPrefix(id, v.Text) {
			return true
		}
	}
	return false
}

// bounds is from <= time < to, zero times being no bound.
func bounds(from, to time.Time) Plan {
	p := PlanTime{From: 0, To: math.MaxInt64}
	if !from.IsZero() {
		p.From = nanos(from)
	}
	if !to.IsZero() {
		p.To = nanos(to)
	}
	return p
}

// nanos is t as events have it. Times that events cannot have are moved to the nearest that they can.
func nanos(t time.Time) int64 {
	switch s := t.Unix(); {
	case s < 0:
		return 0
	case s >= math.MaxInt64/int64(time.Second):
		return math.MaxInt64
	}
	return t.UnixNano()
}
