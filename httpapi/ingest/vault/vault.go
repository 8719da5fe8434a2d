// Package vault translates the records of HashiCorp Vault's audit devices (and OpenBao's): JSON lines in which a request and
// its response are a record each. Both are events; the ID is the request's with the record's type. Values that Vault hashed
// (hmac-sha256:…) stay as they are.
package vault

import (
	"errors"
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const name = "vault"

var errNoRequest = errors.New("no request: not a Vault audit record")

// Detect looks for type request or response, and a request with operation and path.
func Detect(head []byte, filename string) int {
	o := record.Head(head)
	if t := o.Str("type"); t != "request" && t != "response" || !o.Has("time") {
		return 0
	}
	n := 0
	for _, member := range []string{"id", "operation", "path"} {
		if o.Str("request", member) != "" {
			n += 30
		}
	}
	return n
}

// Read translates Vault audit records.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, translate)
}

func translate(o record.Object) (*engine.Event, error) {
	req, auth := o.Obj("request"), o.Obj("auth")
	kind, verb, path := o.Str("type"), req.Str("operation"), req.Str("path")
	if kind == "" || verb == "" {
		return nil, errNoRequest
	}
	ev := &engine.Event{
		ID:        record.DeriveID(name, o.Raw),
		Actor:     actor(auth),
		Action:    verb + " " + path,
		Operation: operation(verb, path),
		Module:    module(path),
		Project:   engine.Ref{ID: req.Str("namespace", "id"), Name: strings.TrimSuffix(req.Str("namespace", "path"), "/")},
		Source:    engine.Source{IP: record.IP(req.Str("remote_address")), UserAgent: userAgent(req), Channel: kind},
	}
	if id := req.Str("id"); id != "" {
		ev.ID = record.OwnID(id+"-"+kind, name, o.Raw)
	}
	var err error
	if ev.Time, err = record.Time(o.Str("time"), nil); err != nil {
		return nil, err
	}
	if path != "" {
		ev.Resources = []engine.Resource{{Type: record.First(req.Str("mount_type"), "path"), ID: path, Name: path}}
	}
	ev.Result, ev.Error = record.Failed("", o.Str("error"))
	ev.Dangerous = kind == "response" && ev.Result == engine.Success && dangerous(verb, path)
	ev.Description = record.Cut(kind+" "+ev.Action, 200)
	return ev, nil
}

func actor(auth record.Object) engine.Actor {
	a := engine.Actor{
		ID:   record.First(auth.Str("entity_id"), auth.Str("accessor")),
		Name: auth.Str("display_name"),
		Type: record.First(auth.Str("token_type"), "token"),
	}
	if a.Name == "" && a.ID == "" {
		a.Type = "anonymous"
	}
	a.Email = record.Email(a.Name)
	return a
}

// userAgent is there only when Vault is told to audit that header.
func userAgent(req record.Object) string {
	for _, header := range []string{"user-agent", "User-Agent"} {
		if all := req.Strs("headers", header); len(all) > 0 {
			return all[0]
		}
	}
	return ""
}
