package enos

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// produceRequest is what was opened: subject, and what it belongs to.
type produceRequest struct {
	SubjectID    string `json:"subjectId"`
	SubjectType  string `json:"subjectType"`
	UpstreamID   string `json:"upstreamId"`
	UpstreamType string `json:"upstreamType"`
}

// maxProducedChars is how long each of its members may be.
const maxProducedChars = 64

// produce answers POST …/event/log/produce: an event is added to an OU's log. It is on disk before the answer. A request that is sent again, with the
// same signature, adds nothing.
func (h *Handler) produce(x *exchange) (any, error) {
	x.asked.Action, x.asked.Operation = writeRefused, engine.OpOther
	caller, err := h.gateway(x, auth.Write)
	if err != nil {
		return nil, err
	}
	org, err := orgOf(x.URL)
	if err != nil {
		return nil, err
	}
	x.asked.Query = engine.FormatQuery(is("tenant", org))
	asked, err := readProduceRequest(x.body)
	if err != nil {
		return nil, err
	}
	if _, err := caller.WriteTo(org); err != nil || engine.CheckTenant(org) != nil {
		return nil, noOrg()
	}
	actor, err := h.actor(x, caller, org)
	if err != nil {
		return nil, err
	}
	outcomes, err := h.log.Append(x.Context(), []*engine.Event{asked.event(x, org, actor)})
	if err != nil {
		return nil, err
	}
	if err := refusedBy(outcomes[0]); err != nil {
		return nil, err
	}
	x.asked = reply.Asked{} // the event itself tells of it
	return true, nil
}

// writeRefused is what the server's own log calls an event that did not go in.
const writeRefused = "write.refused"

func readProduceRequest(body []byte) (p produceRequest, err error) {
	if err := decode(body, &p); err != nil {
		return p, wrong("The body is not the JSON that is wanted")
	}
	for _, field := range []struct {
		name, text string
		required   bool
	}{{"subjectId", p.SubjectID, true}, {"subjectType", p.SubjectType, true}, {"upstreamId", p.UpstreamID, false}, {"upstreamType", p.UpstreamType, false}} {
		if field.required && field.text == "" {
			return p, wrong("%s is required", field.name)
		}
		if utf8.RuneCountInString(field.text) > maxProducedChars {
			return p, wrong("%s has more than %d characters", field.name, maxProducedChars)
		}
	}
	return p, nil
}

// actor is whose event it is: of whoever is signed in, who must have a place in the OU, or else of the application itself.
func (h *Handler) actor(x *exchange, application auth.Caller, org string) (engine.Actor, error) {
	if x.Header.Get("Authorization") == "" {
		return application.Actor(), nil
	}
	s, err := h.signedIn(x)
	if err != nil {
		return engine.Actor{}, err
	}
	where, err := placesOf(x, s.account)
	if err != nil {
		return engine.Actor{}, err
	}
	if !h.mayEnter(where, org) {
		return engine.Actor{}, wrong("The OU information in the token does not match the OU information in the orgId parameter")
	}
	return s.caller.Actor(), nil
}

// event makes the event. Its time is that of its arrival: the API sends none. Its ID is made of the signature, which the application, what was
// opened and the millisecond are in.
func (p produceRequest) event(x *exchange, org string, actor engine.Actor) *engine.Event {
	id := sha256.Sum256([]byte("enos event\x00" + x.Header.Get(headerSignature)))
	e := &engine.Event{ID: "enos-" + hex.EncodeToString(id[:16]), Tenant: org, Actor: actor, Action: menuAction, Operation: engine.OpRead,
		Resources: []engine.Resource{{Type: p.SubjectType, ID: p.SubjectID}},
		Source:    engine.Source{UserAgent: strings.ToValidUTF8(x.UserAgent(), "\ufffd"), Channel: auth.EnOS}}
	if p.UpstreamID != "" || p.UpstreamType != "" {
		e.Resources = append(e.Resources, engine.Resource{Type: p.UpstreamType, ID: p.UpstreamID})
	}
	if from := reply.Client(x.Context()); from.IsValid() {
		e.Source.IP = from.String()
	}
	return e
}

// refusedBy returns why an event did not go in; nil: it did.
func refusedBy(o engine.Outcome) error {
	switch o.Status {
	case engine.Created, engine.Duplicate:
		return nil
	case engine.Conflict: // signed once, and sent again for somebody else or from elsewhere
		return gatewayRefuses(gatewayRepeated, "Repeated requests with duplicated encryption")
	case engine.Unavailable:
		return fmt.Errorf("%w: %w", reply.Unavailable("whether the event is there already cannot be told now"), o.Err)
	}
	if f, ok := errors.AsType[*engine.FieldError](o.Err); ok {
		return wrong("The event is not taken: %s", f.Error())
	}
	return o.Err
}
