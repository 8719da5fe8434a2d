package engine

import "encoding/binary"

// A Part is a piece of an event that many events share, such as their actor. Equal parts give equal terms and equal values in the part's
// columns, so whoever reads many events may remember what it has read of their parts.
type Part uint8

// The parts of an event, from 0.
const (
	whatPart Part = iota
	actorPart
	projectPart
	agentPart
	addressPart
	Parts // how many there are
)

// Columns returns the columns whose values the part alone decides. Every column is of one part at most.
func (p Part) Columns() []string {
	switch p {
	case whatPart:
		return []string{"tenant", "action", "operation", "result", "module", "channel"}
	case actorPart:
		return []string{"user"}
	case projectPart:
		return []string{"project"}
	case agentPart:
		return []string{"agent"}
	case addressPart:
		return []string{"ip"}
	}
	return nil
}

// AppendPart appends what the part of e is to dst: equal bytes for equal parts, and no others.
func (e *Event) AppendPart(dst []byte, p Part) []byte {
	switch p {
	case whatPart:
		return append(appendValues(dst, e.Tenant, e.Action, e.Operation, e.Result, e.Module, e.Source.Channel), byte(b2i(e.writes())), byte(b2i(e.Dangerous)))
	case actorPart:
		return appendValues(dst, e.Actor.ID, e.Actor.Name, e.Actor.Email, e.Actor.Domain, e.Actor.Type)
	case projectPart:
		return appendValues(dst, e.Project.ID, e.Project.Name)
	case agentPart:
		return append(dst, e.Source.UserAgent...)
	case addressPart:
		return append(dst, e.Source.IP...)
	}
	return dst
}

// appendValues appends each value behind its length, so that no two lists look alike.
func appendValues(dst []byte, values ...string) []byte {
	for _, v := range values {
		dst = append(binary.AppendUvarint(dst, uint64(len(v))), v...)
	}
	return dst
}

// PartTerms calls emit for every term of a part of e. A term is only valid during the call and may come more than once.
func (a *Analyzer) PartTerms(e *Event, p Part, emit func(term []byte)) {
	var only Event
	switch p {
	case whatPart:
		only.Tenant, only.Action, only.Operation, only.Result, only.Module = e.Tenant, e.Action, e.Operation, e.Result, e.Module
		only.Source.Channel, only.Write, only.Dangerous = e.Source.Channel, e.Write, e.Dangerous
	case actorPart:
		only.Actor = e.Actor
	case projectPart:
		only.Project = e.Project
	case agentPart:
		only.Source.UserAgent = e.Source.UserAgent
	case addressPart:
		only.Source.IP = e.Source.IP
	}
	a.EventTerms(&only, emit)
}

// OwnTerms calls emit for every term of e that is not one of its parts'. With theirs they are EventTerms.
//
// Pieces of the rest come in many events too, such as the keys of the details. Before the terms of such a piece recall is asked, with bytes that
// are only valid during the call; when it knows the piece's terms from before and returns true they are left out. Those of a new piece end
// with the next call of recall, which says nil where what follows is no piece.
func (a *Analyzer) OwnTerms(e *Event, emit func(term []byte), recall func(piece []byte) bool) {
	own := Event{Resources: e.Resources, Description: e.Description, stored: e.stored}
	a.fieldTerms(&own, emit)
	a.textTerms(&own, emit)
	if e.Error != nil {
		a.piece = appendValues(append(a.piece[:0], '!'), e.Error.Code, e.Error.Message)
		if !recall(a.piece) {
			a.EventTerms(&Event{Error: e.Error}, emit)
		}
	}
	a.detailTerms(e, emit, recall)
	recall(nil)
}
