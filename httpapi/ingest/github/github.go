// Package github translates the audit log of a GitHub organisation or enterprise, as its REST API, its export and its streams write it.
package github

import (
	"errors"
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const format = "github"

var errNoAction = errors.New("no action")

// Detect looks for an action by an actor in an organisation, enterprise or repository.
func Detect(head []byte, _ string) int {
	o := record.Head(head)
	if o.Get("action").Kind() != '"' || eventTime(o) == "" || o.Has("date_create") {
		return 0
	}
	if actor := o.Get("actor"); actor != nil && actor.Kind() == '{' {
		return 0
	}
	switch {
	case o.Has("_document_id"):
		return 95
	case o.Has("actor") && (o.Has("org") || o.Has("business") || o.Has("repo")):
		return 85
	}
	return 0
}

// Read translates every record of r.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, translate)
}

func eventTime(o record.Object) string { return o.Or("@timestamp", "created_at", "at_sign_timestamp") }

func translate(o record.Object) (*engine.Event, error) {
	t, err := record.Time(eventTime(o), nil)
	if err != nil {
		return nil, err
	}
	action := o.Str("action")
	if action == "" {
		return nil, errNoAction
	}
	e := &engine.Event{
		ID:        record.OwnID(o.Str("_document_id"), format, o.Raw),
		Time:      t,
		Actor:     actor(o),
		Action:    action,
		Operation: operation(action, o.Str("operation_type")),
		Result:    engine.Success,
		Project:   engine.Ref{ID: o.Or("org_id", "business_id"), Name: o.Or("org", "business")},
		Resources: resources(o),
		Source: engine.Source{
			IP:        record.IP(o.Str("actor_ip")),
			UserAgent: o.Str("user_agent"),
			Channel:   o.Or("transport_protocol_name", "protocol_name", "programmatic_access_type"),
		},
	}
	e.Module, _, _ = strings.Cut(action, ".")
	// What is no access and has no known verb changed something all the same, or GitHub would not have logged it.
	e.Write = record.Flag(record.IsWrite(e.Operation) || e.Operation == engine.OpOther)
	if strings.Contains(action, "failed") || o.Str("conclusion") == "failure" {
		e.Result = engine.Failure
	}
	e.Description = record.Digest(e)
	return e, nil
}

func actor(o record.Object) engine.Actor {
	a := engine.Actor{
		ID:    o.Str("actor_id"),
		Name:  o.Str("actor"),
		Email: record.Email(o.Str("external_identity_nameid")),
		Type:  "user",
	}
	if bot, _ := o.Bool("actor_is_bot"); bot || strings.HasSuffix(a.Name, "[bot]") {
		a.Type = "bot"
	}
	if a.ID == "" && a.Name == "" {
		a.Type = ""
	}
	return a
}

// operation takes what the record says of itself before what its action's name sounds like.
func operation(action, kind string) string {
	switch action {
	case "git.clone", "git.fetch":
		return engine.OpRead
	case "git.push":
		return engine.OpEdit
	}
	switch kind {
	case "create", "restore":
		return engine.OpCreate
	case "modify", "transfer":
		return engine.OpEdit
	case "remove":
		return engine.OpDelete
	case "access":
		return engine.OpRead
	case "authentication":
		return engine.OpLogin
	}
	_, verb, _ := strings.Cut(action, ".")
	if strings.HasSuffix(verb, "archived") {
		return engine.OpEdit
	}
	return record.OperationOf(record.First(verb, action))
}

// resources lists what the record says it was about, the most particular first; the organisation itself only where there is nothing else.
func resources(o record.Object) []engine.Resource {
	var all []engine.Resource
	add := func(kind, id, name string) {
		if name != "" {
			all = append(all, engine.Resource{Type: kind, ID: id, Name: name})
		}
	}
	add("repository", o.Str("repo_id"), o.Or("repo", "repository"))
	add("team", "", record.First(o.Str("team"), o.Str("data", "team")))
	add("user", o.Str("user_id"), o.Str("user"))
	add("branch", "", o.Or("branch", "head_branch"))
	add("ruleset", o.Str("ruleset_id"), o.Str("ruleset_name"))
	if len(all) == 0 {
		add("organization", o.Str("org_id"), o.Str("org"))
	}
	if len(all) == 0 {
		add("enterprise", o.Str("business_id"), o.Str("business"))
	}
	return all
}
