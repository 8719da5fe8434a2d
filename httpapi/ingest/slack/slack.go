// Package slack translates the audit logs of Slack Enterprise.
package slack

import (
	"errors"
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const format = "slack"

var errNoAction = errors.New("no action")

// Detect looks for an action by an actor with Slack's own name for the date.
func Detect(head []byte, _ string) int {
	o := record.Head(head, "entries")
	if o.Str("action") == "" || !o.Has("date_create") {
		return 0
	}
	if o.Obj("actor").Raw != nil && (o.Has("entity") || o.Has("context")) {
		return 95
	}
	return 60
}

// Read translates every record of r.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, translate, "entries")
}

func translate(o record.Object) (*engine.Event, error) {
	t, err := record.Time(o.Str("date_create"), nil)
	if err != nil {
		return nil, err
	}
	action := o.Str("action")
	if action == "" {
		return nil, errNoAction
	}
	place := o.Obj("context", "location")
	e := &engine.Event{
		ID:        record.OwnID(o.Str("id"), format, o.Raw),
		Time:      t,
		Actor:     actor(o.Obj("actor"), place),
		Action:    action,
		Operation: operation(action),
		Result:    engine.Success,
		Project:   engine.Ref{ID: place.Str("id"), Name: place.Or("name", "domain")},
		Module:    o.Str("entity", "type"),
		Resources: resources(o.Obj("entity")),
		Source: engine.Source{
			IP:        record.IP(o.Str("context", "ip_address")),
			UserAgent: o.Str("context", "ua"),
			Channel:   o.Str("context", "app", "name"),
		},
	}
	if strings.HasSuffix(action, "_failed") || strings.HasSuffix(action, "_failure") {
		e.Result = engine.Failure
	}
	e.Write = record.Flag(record.IsWrite(e.Operation))
	e.Description = record.Digest(e)
	return e, nil
}

// actor reads {type: T, T: {…}}.
func actor(o, place record.Object) engine.Actor {
	kind := o.Str("type")
	who := o.Obj(kind)
	return engine.Actor{ID: who.Str("id"), Name: who.Str("name"), Email: who.Str("email"), Domain: place.Str("domain"), Type: kind}
}

// resources reads {type: T, T: {…}}, in which a file has a title and a message a channel.
func resources(entity record.Object) []engine.Resource {
	kind := entity.Str("type")
	what := entity.Obj(kind)
	r := engine.Resource{Type: kind, ID: what.Or("id", "timestamp"), Name: what.Or("name", "title", "email", "channel", "domain")}
	if r == (engine.Resource{}) {
		return nil
	}
	return []engine.Resource{r}
}

// operation reads the action's last verb: user_login, app_scopes_expanded, role_change_to_admin.
func operation(action string) string {
	switch action {
	case "app_scopes_expanded", "app_approved", "app_restricted", "app_resources_granted", "app_token_preserved", "role_change_to_user":
		return engine.OpEdit
	case "app_installed", "user_channel_join", "org_app_workspace_added":
		return engine.OpCreate
	case "app_uninstalled", "user_channel_leave":
		return engine.OpDelete
	case "user_session_invalidated", "user_session_reset_by_admin":
		return engine.OpStop
	}
	return record.OperationOf(action)
}
