// Package gcp translates Google Cloud audit logs: LogEntry objects with a protoPayload, as sinks, the API and gcloud write them.
package gcp

import (
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const format = "gcp"

// Detect looks for a protoPayload with a method.
func Detect(head []byte, _ string) int {
	p := payload(record.Head(head, "entries"))
	switch {
	case p.Has("methodName") && (p.Has("serviceName") || p.Has("resourceName") || p.Has("authenticationInfo")):
		return 95
	case p.Has("authenticationInfo") || p.Has("serviceName") || strings.HasSuffix(p.Str("@type"), ".AuditLog"):
		return 80
	}
	return 0
}

// Read translates every record of r.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, translate, "entries")
}

func payload(o record.Object) record.Object {
	if p := o.Obj("protoPayload"); p.Raw != nil {
		return p
	}
	return o.Obj("protopayload")
}

func translate(o record.Object) (*engine.Event, error) {
	p := payload(o)
	if p.Raw == nil {
		return nil, errNotAudit
	}
	t, err := record.Time(entryTime(o, p), nil)
	if err != nil {
		return nil, err
	}
	service := record.First(p.Str("serviceName"), o.Str("serviceName"))
	e := &engine.Event{
		ID:        entryID(o),
		Time:      t,
		Actor:     actor(p.Obj("authenticationInfo")),
		Action:    record.First(p.Str("methodName"), p.Str("metadata", "methodName")),
		Module:    service,
		Project:   project(o, p),
		Resources: resources(o, p),
		Source:    source(p.Obj("requestMetadata")),
	}
	if e.Action == "" {
		return nil, errNoMethod
	}
	setOutcome(e, o, p)
	e.Operation = operation(e.Action)
	e.Write = record.Flag(isWrite(o, p, e.Operation))
	e.Description = record.Digest(e)
	return e, nil
}

// entryTime is when it happened; when it was received serves where the entry was cut down.
func entryTime(o, p record.Object) string {
	return record.First(o.Str("timestamp"), p.Str("timestamp"), p.Str("requestMetadata", "requestAttributes", "time"),
		o.Or("receiveTimestamp", "receivetimestamp"), p.Or("receiveTimestamp", "receivetimestamp"))
}

// entryID is the insert ID and a digest of the log's name and the timestamp, because it is unique only together with them.
func entryID(o record.Object) string {
	own := o.Or("insertId", "insertid")
	if own == "" {
		return record.DeriveID(format, o.Raw)
	}
	place := record.DeriveID(own, []byte(o.Or("logName", "logname")), []byte{'\n'}, []byte(o.Str("timestamp")))
	return record.OwnID(place, format, o.Raw)
}

// actor takes the principal's e-mail address, or its subject, which workforce and workload identities have instead.
func actor(info record.Object) engine.Actor {
	email, subject := info.Str("principalEmail"), info.Str("principalSubject")
	a := engine.Actor{Name: record.First(email, subject), Email: record.Email(email)}
	a.ID = record.First(subject, email)
	if kind, id, ok := strings.Cut(subject, ":"); ok && !strings.HasPrefix(id, "//") {
		a.Type, a.ID = kind, id
	}
	switch {
	case strings.HasSuffix(email, "gserviceaccount.com"):
		a.Type = "serviceAccount"
	case a.Type == "" && a.Email != "":
		a.Type = "user"
	case strings.HasPrefix(a.ID, "principal"):
		a.Type = "principal"
	}
	if _, domain, ok := strings.Cut(a.Email, "@"); ok {
		a.Domain = domain
	}
	return a
}

func source(meta record.Object) engine.Source {
	return engine.Source{IP: record.IP(meta.Or("callerIp", "callerIP")), UserAgent: meta.Str("callerSuppliedUserAgent")}
}

// project is the resource's, or that of the log's name: projects/ID/logs/…
func project(o, p record.Object) engine.Ref {
	id := record.First(o.Str("resource", "labels", "project_id"), p.Str("resource", "labels", "project_id"))
	if id == "" {
		for _, name := range []string{o.Or("logName", "logname"), p.Str("resourceName")} {
			if parts := strings.SplitN(name, "/", 3); len(parts) > 1 && parts[0] == "projects" && parts[1] != "_" && parts[1] != "-" {
				id = parts[1]
				break
			}
		}
	}
	return engine.Ref{ID: id, Name: id}
}

func resources(o, p record.Object) []engine.Resource {
	name := p.Str("resourceName")
	if name == "" {
		for _, info := range p.Objs("authorizationInfo") {
			if name = record.First(info.Str("resource"), info.Str("resourceAttributes", "name")); name != "" {
				break
			}
		}
	}
	if name == "" {
		return nil
	}
	kind := record.First(o.Str("resource", "type"), p.Str("resource", "type"))
	return []engine.Resource{{Type: kind, ID: name, Name: name[strings.LastIndexByte(strings.TrimRight(name, "/"), '/')+1:]}}
}
