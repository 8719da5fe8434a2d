// Package auth0 translates Auth0's tenant logs, as the Management API returns them and as log streams send them (the same under data).
package auth0

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const format = "auth0"

var errNoType = errors.New("no type")

// Detect looks for a log event's type and date with an ID or client.
func Detect(head []byte, _ string) int {
	o := body(record.Head(head, "logs"))
	if o.Get("type").Kind() != '"' || !o.Has("date") {
		return 0
	}
	_, known := types[o.Str("type")]
	marks := 0
	for _, name := range []string{"log_id", "client_id", "user_id", "ip", "client_name", "connection", "user_agent", "details"} {
		if o.Has(name) {
			marks++
		}
	}
	switch {
	case known && marks >= 2:
		return 95
	case marks >= 4 || known && marks >= 1:
		return 75
	}
	return 0
}

// Read translates every record of r.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, translate, "logs")
}

func body(o record.Object) record.Object {
	if data := o.Obj("data"); data.Raw != nil && !o.Has("type") {
		return data
	}
	return o
}

func translate(o record.Object) (*engine.Event, error) {
	b := body(o)
	t, err := record.Time(b.Str("date"), nil)
	if err != nil {
		return nil, err
	}
	code := b.Str("type")
	if code == "" {
		return nil, errNoType
	}
	description := b.Str("description")
	e := &engine.Event{
		ID:        record.OwnID(record.First(b.Or("log_id", "_id"), o.Or("log_id", "id")), format, o.Raw),
		Time:      t,
		Actor:     actor(b),
		Action:    action(code, description),
		Operation: operation(code, b),
		Project:   engine.Ref{ID: b.Or("tenant_name", "organization_id"), Name: b.Or("tenant_name", "organization_name")},
		Module:    module(code),
		Resources: resources(b),
		Source: engine.Source{
			IP:        record.IP(record.First(b.Str("ip"), b.Str("details", "request", "ip"))),
			UserAgent: record.First(b.Str("user_agent"), b.Str("details", "request", "userAgent")),
			Channel:   record.First(b.Str("details", "request", "channel"), b.Or("strategy", "connection")),
		},
	}
	setResult(e, code, b)
	e.Write = record.Flag(record.IsWrite(e.Operation))
	e.Description = record.First(record.Cut(description, 200), record.Digest(e))
	return e, nil
}

// action is the type's name. A call of the Management API is named by its description, which says what it did.
func action(code, description string) string {
	if isAPI(code) && description != "" {
		return description
	}
	return record.First(types[code], code)
}

func isAPI(code string) bool { return code == "sapi" || code == "fapi" || code == "mgmt_api_read" }

func module(code string) string {
	switch {
	case isAPI(code):
		return "Management API"
	case strings.HasPrefix(code, "gd_"):
		return "Guardian"
	case strings.HasPrefix(code, "limit_") || strings.Contains(code, "pwd_leak"):
		return "Attack Protection"
	}
	return "Authentication"
}

func actor(b record.Object) engine.Actor {
	user := b.Obj("details", "request", "auth", "user")
	a := engine.Actor{
		ID:     record.First(b.Str("user_id"), user.Str("user_id")),
		Name:   record.First(b.Str("user_name"), user.Str("name")),
		Email:  user.Str("email"),
		Domain: b.Str("connection"),
		Type:   "user",
	}
	if a.Email == "" {
		a.Email = record.Email(a.Name)
	}
	if a.ID == "" && a.Name == "" && a.Email == "" {
		return engine.Actor{ID: b.Str("client_id"), Name: b.Or("client_name", "client_id"), Type: "client"}
	}
	return a
}

// setResult: codes that begin with f are failures, as are blocks and limits; so is an API call that was answered with an error.
func setResult(e *engine.Event, code string, b record.Object) {
	e.Result = engine.Success
	status := b.Str("details", "response", "statusCode")
	n, _ := strconv.Atoi(status)
	if n < 400 {
		status = code
	}
	if n < 400 && !failed(code) {
		return
	}
	e.Result = engine.Failure
	fault := b.Obj("details", "error")
	e.Error = &engine.EventError{
		Code:    record.First(fault.Or("oauthError", "type", "code"), b.Str("details", "response", "body", "errorCode"), status),
		Message: record.First(fault.Str("message"), b.Str("details", "error"), b.Str("details", "response", "body", "message")),
	}
	if e.Error.Message == "" && !isAPI(code) {
		e.Error.Message = b.Str("description")
	}
}

func failed(code string) bool {
	for _, end := range []string{"pwd_leak", "_failed", "_failure", "_rejected", "_exceed"} {
		if strings.HasSuffix(code, end) {
			return true
		}
	}
	return strings.HasPrefix(code, "f") || strings.HasPrefix(code, "limit_") || code == "api_limit"
}

// resources are the API's path that was called, or the application that was logged in to.
func resources(b record.Object) []engine.Resource {
	var all []engine.Resource
	if path := b.Str("details", "request", "path"); path != "" {
		all = append(all, engine.Resource{Type: "API", ID: path, Name: path})
	}
	if id, name := b.Str("client_id"), b.Str("client_name"); name != "" {
		all = append(all, engine.Resource{Type: "client", ID: id, Name: name})
	}
	return all
}

func operation(code string, b record.Object) string {
	switch code {
	case "sapi", "fapi", "mgmt_api_read":
		return apiOperation(b)
	case "s", "ssa", "f", "fp", "fu", "fsa", "fcoa", "scoa", "fc", "fco", "pwd_leak", "limit_wc", "limit_mu", "w", "cls", "cs",
		"gd_auth_succeed", "gd_auth_failed", "gd_auth_rejected", "gd_start_auth", "mfar":
		return engine.OpLogin
	case "ss", "fs", "signup_pwd_leak", "gd_enrollment_complete", "gd_start_enroll", "sui", "fui":
		return engine.OpCreate
	case "slo", "flo", "oidc_backchannel_logout_succeeded", "oidc_backchannel_logout_failed":
		return engine.OpLogout
	case "sce", "fce", "scp", "fcp", "scu", "fcu", "scph", "fcph", "scpn", "fcpn", "ublkdu", "gd_tenant_update", "gd_update_device_account":
		return engine.OpEdit
	case "du", "sdu", "fdu", "gd_unenroll", "gd_user_delete":
		return engine.OpDelete
	}
	return engine.OpOther
}

// apiOperation goes by the description's verb ("Create a role"), then by the request's method.
func apiOperation(b record.Object) string {
	if op := record.OperationOf(b.Str("description")); op != engine.OpOther {
		return op
	}
	switch strings.ToLower(b.Str("details", "request", "method")) {
	case "get":
		return engine.OpRead
	case "post":
		return engine.OpCreate
	case "put", "patch":
		return engine.OpEdit
	case "delete":
		return engine.OpDelete
	}
	return engine.OpOther
}
