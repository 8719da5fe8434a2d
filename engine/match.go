package engine

import (
	"slices"
	"strings"
)

// Matcher evaluates a plan on one event after the other, for events that no index has: the tail and live tails.
// It keeps state between calls, so it serves one goroutine at a time.
//
// An event is looked at in steps, each dearer than the one before: place and tenant, then the field values, then
// the text. Most events are decided before the text.
type Matcher struct {
	root     *node
	terms    map[string]int // the plan's terms, by number
	lengths  uint64         // bit n%64: the plan has a term of length n
	prefixes []PlanTerms
	begun    []bool // by prefix: the event at hand has a term that begins so
	seen     []bool // by term: the event at hand has it
	glance   glance
	a        Analyzer
	note     func(term []byte)
}

type step int

const (
	stepPlace  step = iota // time, seq and tenant
	stepFields             // values of the fields outside of the details
	stepText               // everything
)

// node is a plan prepared for evaluation.
type node struct {
	plan   Plan
	parts  []*node
	number int  // of the PlanTerm or PlanTerms
	step   step // from which on its answer is there
}

type verdict int8

const (
	no verdict = iota
	yes
	unknown // before the last step
)

// NewMatcher prepares a plan.
func NewMatcher(p Plan) *Matcher {
	m := &Matcher{terms: make(map[string]int), glance: newGlance(p)}
	m.note = m.noteTerm
	m.root = m.prepare(p)
	m.seen, m.begun = make([]bool, len(m.terms)), make([]bool, len(m.prefixes))
	return m
}

func (m *Matcher) prepare(p Plan) *node {
	n := &node{plan: p}
	switch p := p.(type) {
	case PlanAnd:
		n.parts = m.prepareAll(p.Parts)
	case PlanOr:
		n.parts = m.prepareAll(p.Parts)
	case PlanNot:
		n.parts = m.prepareAll([]Plan{p.Part})
	case PlanCheck:
		sure := p.Sure
		if sure == nil {
			sure = PlanNone{}
		}
		n.parts = m.prepareAll([]Plan{p.Maybe, sure})
	case PlanTerm:
		n.number, n.step = m.number(p.Term), stepOf(p.Term)
	case PlanTerms:
		n.number, n.step = len(m.prefixes), stepOf(p.Prefix)
		m.prefixes = append(m.prefixes, p)
	}
	return n
}

func (m *Matcher) prepareAll(plans []Plan) []*node {
	nodes := make([]*node, len(plans))
	for i, p := range plans {
		nodes[i] = m.prepare(p)
	}
	return nodes
}

func (m *Matcher) number(term string) int {
	i, ok := m.terms[term]
	if !ok {
		i = len(m.terms)
		m.terms[term] = i
		m.lengths |= 1 << (len(term) % 64)
	}
	return i
}

// stepOf is the step that finds the terms that begin so.
func stepOf(term string) step {
	switch {
	case strings.HasPrefix(term, "T"):
		return stepPlace
	case strings.HasPrefix(term, "=details."), strings.HasPrefix(term, "?details."):
		return stepText
	case strings.HasPrefix(term, "="), strings.HasPrefix(term, "?"):
		return stepFields
	}
	return stepText
}

// Match reports whether the plan matches e.
func (m *Matcher) Match(e *Event) bool {
	for now := stepPlace; ; now++ {
		switch now {
		case stepFields:
			if m.glance.rulesOut(&m.a, e) { // cheaper than the terms of either step
				return false
			}
			clear(m.seen)
			clear(m.begun)
			m.a.fieldTerms(e, m.note)
		case stepText:
			m.a.textTerms(e, m.note)
			m.a.detailTerms(e, m.note, nil)
		}
		if v := m.eval(m.root, e, now); v != unknown {
			return v == yes
		}
	}
}

func (m *Matcher) noteTerm(term []byte) {
	if m.lengths&(1<<(len(term)%64)) != 0 {
		if i, ok := m.terms[string(term)]; ok {
			m.seen[i] = true
		}
	}
	for i, p := range m.prefixes {
		if !m.begun[i] && len(term) >= len(p.Prefix) && string(term[:len(p.Prefix)]) == p.Prefix {
			m.begun[i] = p.Match == nil || p.Match(term)
		}
	}
}

func (m *Matcher) eval(n *node, e *Event, now step) verdict {
	switch p := n.plan.(type) {
	case PlanAll:
		return yes
	case PlanTime:
		at := e.Time.UnixNano()
		return is(p.From <= at && at < p.To)
	case PlanPos:
		return is(slices.Contains(p.At, e.Pos()))
	case PlanTerm:
		switch {
		case now < n.step:
			return unknown
		case n.step == stepPlace:
			return is(e.Tenant == p.Term[1:])
		}
		return is(m.seen[n.number])
	case PlanTerms:
		if now < stepFields || now < n.step {
			return unknown
		}
		return is(m.begun[n.number])
	case PlanAnd:
		return m.evalParts(n.parts, e, now, no)
	case PlanOr:
		return m.evalParts(n.parts, e, now, yes)
	case PlanNot:
		if v := m.eval(n.parts[0], e, now); v != unknown {
			return is(v == no)
		}
		return unknown
	case PlanCheck:
		return m.evalCheck(p, n.parts[0], n.parts[1], e, now)
	}
	return no
}

// evalParts evaluates an and, which one no decides, or an or, which one yes decides.
func (m *Matcher) evalParts(parts []*node, e *Event, now step, decides verdict) verdict {
	all := is(decides == no)
	for _, p := range parts {
		switch m.eval(p, e, now) {
		case decides:
			return decides
		case unknown:
			all = unknown
		}
	}
	return all
}

func (m *Matcher) evalCheck(p PlanCheck, maybe, sure *node, e *Event, now step) verdict {
	s := m.eval(sure, e, now)
	if s == yes {
		return yes
	}
	switch m.eval(maybe, e, now) {
	case yes:
		return is(p.Check(e))
	case no:
		return s
	}
	return unknown
}

func is(b bool) verdict {
	if b {
		return yes
	}
	return no
}
