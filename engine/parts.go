package engine

// Part is a piece of an event that many events share, such as their actor. Equal parts have equal terms, so whoever reads the terms of many events
// may remember those of their parts.
type Part struct {
	kind   partKind
	values [6]string
}

type partKind uint8

const (
	whatPart partKind = iota
	actorPart
	projectPart
	agentPart
	addressPart
)

// AppendParts appends e's parts to dst.
func (e *Event) AppendParts(dst []Part) []Part {
	a := &e.Actor
	return append(dst,
		Part{whatPart, [6]string{e.Tenant, e.Action, e.Operation, e.Result, e.Module, e.Source.Channel}},
		Part{actorPart, [6]string{a.ID, a.Name, a.Email, a.Domain, a.Type}},
		Part{projectPart, [6]string{e.Project.ID, e.Project.Name}},
		Part{agentPart, [6]string{e.Source.UserAgent}},
		Part{addressPart, [6]string{e.Source.IP}})
}

// PartTerms calls emit for every term of a part. A term is only valid during the call and may come more than once.
func (a *Analyzer) PartTerms(p Part, emit func(term []byte)) {
	var e Event
	v := &p.values
	switch p.kind {
	case whatPart:
		e.Tenant, e.Action, e.Operation, e.Result, e.Module, e.Source.Channel = v[0], v[1], v[2], v[3], v[4], v[5]
	case actorPart:
		e.Actor = Actor{v[0], v[1], v[2], v[3], v[4]}
	case projectPart:
		e.Project = Ref{v[0], v[1]}
	case agentPart:
		e.Source.UserAgent = v[0]
	case addressPart:
		e.Source.IP = v[0]
	}
	a.EventTerms(&e, emit)
}

// OwnTerms calls emit for every term of e that is not one of its parts'. With theirs they are EventTerms.
func (a *Analyzer) OwnTerms(e *Event, emit func(term []byte)) {
	own := Event{Error: e.Error, Resources: e.Resources, Description: e.Description, Details: e.Details}
	a.EventTerms(&own, emit)
}
