// Package kubernetes translates audit events of kube-apiserver: audit.k8s.io/v1 and v1beta1, as JSON lines or EventList objects,
// also those that were kept without their apiVersion.
//
// Each stage of a request is an event of its own. Its ID is the auditID, the stage and a digest of the record: the API server
// takes over an Audit-ID header from whoever sends the request, so the auditID alone would let a client make its events collide
// with other ones.
package kubernetes

import (
	"errors"
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const (
	name    = "kubernetes"
	wrapper = "items"
)

var errNoVerb = errors.New("neither verb nor auditID: not a Kubernetes audit event")

// Detect looks for auditID, stage, verb and requestURI.
func Detect(head []byte, filename string) int {
	o := record.Head(head, wrapper)
	n := 0
	for _, member := range []string{"auditID", "stage", "verb", "requestURI", "level"} {
		if o.Has(member) {
			n += 18
		}
	}
	if strings.HasPrefix(o.Str("apiVersion"), "audit.k8s.io/") {
		n += 10
	}
	return n
}

// Read translates Kubernetes audit events.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, translate, wrapper)
}

func translate(o record.Object) (*engine.Event, error) {
	verb, auditID := o.Str("verb"), o.Str("auditID")
	if verb == "" || auditID == "" {
		return nil, errNoVerb
	}
	digest := record.DeriveID(name, o.Raw)
	ev := &engine.Event{
		ID:        record.OwnID(auditID+"-"+o.Str("stage")+"-"+digest[len(digest)-8:], name, o.Raw),
		Actor:     actor(o),
		Operation: operation(verb, o),
		Source: engine.Source{
			IP:        sourceIP(o.Strs("sourceIPs")),
			UserAgent: o.Str("userAgent"),
			Channel:   "api",
		},
	}
	var err error
	// Before stageTimestamp there was timestamp alone, to the second.
	if ev.Time, err = record.Time(o.Or("stageTimestamp", "requestReceivedTimestamp", "timestamp"), nil); err != nil {
		return nil, err
	}
	target(ev, verb, o)
	ev.Result, ev.Error = result(o)
	ev.Write = record.Flag(record.IsWrite(ev.Operation) || ev.Operation == engine.OpOther && verb != "connect")
	ev.Description = record.Digest(ev)
	if as := o.Str("impersonatedUser", "username"); as != "" {
		ev.Description += " (as " + record.Cut(as, 100) + ")"
	}
	return ev, nil
}

// actor is who sent the request. Whom it impersonated is told in the description: the one who is answerable stays the actor.
func actor(o record.Object) engine.Actor {
	user := o.Obj("user")
	a := engine.Actor{ID: record.First(user.Str("uid"), user.Str("username")), Name: user.Str("username"), Type: "user"}
	switch {
	case strings.HasPrefix(a.Name, "system:serviceaccount:"):
		a.Type = "serviceaccount"
	case strings.HasPrefix(a.Name, "system:node:"):
		a.Type = "node"
	case a.Name == "system:anonymous":
		a.Type = "anonymous"
	case strings.HasPrefix(a.Name, "system:"):
		a.Type = "system"
	}
	a.Email = record.Email(a.Name)
	return a
}

// sourceIP returns the first address, which is the client's as the proxies in between say.
func sourceIP(ips []string) string {
	if len(ips) == 0 {
		return ""
	}
	return record.IP(ips[0])
}

func result(o record.Object) (string, *engine.EventError) {
	status := o.Obj("responseStatus")
	code := status.Str("code")
	if status.Str("status") != "Failure" && (len(code) != 3 || code < "400") {
		return engine.Success, nil
	}
	message := record.First(status.Str("message"), status.Str("reason"), o.Str("annotations", "authorization.k8s.io/reason"))
	return engine.Failure, &engine.EventError{Code: code, Message: message}
}
