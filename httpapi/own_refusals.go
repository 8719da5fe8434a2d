package httpapi

import (
	"cmp"
	"net/http"

	"annals/engine"
	"annals/httpapi/reply"
)

// refusal is why events that a request brought did not go in. Nothing is kept of them but what was wrong with the first.
type refusal struct {
	reason         string
	count          uint64 // events, or 1 for a request that was refused whole
	field, message string
}

// refuseWhole notes that a request with events was refused.
func (n *note) refuseWhole(p *reply.Problem) {
	n.refusals = append(n.refusals, refusal{p.Code(), 1, p.Field, p.Detail})
}

// refuseEvents notes the events of a request that were refused one by one.
func (n *note) refuseEvents(outcomes []engine.Outcome, t tally) {
	counts := map[engine.Status]uint64{engine.Invalid: t.invalid, engine.Conflict: t.conflict, engine.Unavailable: t.unavailable}
	for _, o := range outcomes {
		if count := counts[o.Status]; count > 0 {
			field, message := mistake(o)
			n.refusals = append(n.refusals, refusal{string(o.Status), count, field, message})
			delete(counts, o.Status)
		}
	}
}

// refuseWrite tells of events that did not go in.
func (o *OwnLog) refuseWrite(r *http.Request, n *note, refused refusal) {
	n.action, n.failure = actionWriteRefused, &engine.EventError{Code: refused.reason, Message: cut(refused.message, maxParamBytes)}
	n.Count, n.RequestID = refused.count, reply.RequestID(r.Context())
	o.refuse(r, n, told{Reason: refused.reason, Field: cut(refused.field, maxParamBytes), Message: n.failure.Message})
}

// turnedAway is why no handler saw a request. The status is ours: a vendor's clients may be told with another one, or with 200.
type turnedAway struct {
	reason string // "": a handler saw it
	status int
}

// refuseAccess tells of a request that no handler saw, because of who asks, how often or in what form. Another that reached none is no matter:
// nothing is there.
func (o *OwnLog) refuseAccess(r *http.Request, n *note, out *response) {
	why := n.turnedAway
	switch {
	case why.reason != "":
	case out.status == http.StatusUnauthorized:
		why = turnedAway{"unauthorized", out.status}
	case out.status == http.StatusForbidden:
		why = turnedAway{"forbidden", out.status}
	default:
		return
	}
	n.action, n.failure = actionAccessRefused, &engine.EventError{Code: why.reason, Message: http.StatusText(why.status)}
	n.Count, n.RequestID = 1, reply.RequestID(r.Context())
	o.refuse(r, n, told{Reason: why.reason, Route: r.Method + " " + cut(cmp.Or(out.route, r.URL.Path), maxParamBytes)})
}

// refuse folds by who is refused, or from where when nobody is known, and why.
func (o *OwnLog) refuse(r *http.Request, n *note, t told) {
	key := foldKey{action: n.action, who: identityOf(n.caller), code: t.Reason}
	if (key.who == identity{}) {
		key.from = reply.Network(reply.Client(r.Context()))
	}
	o.fold(key, o.now(), n.figures, func() (*engine.Event, told) { return n.event(r, engine.OpOther), t })
}
