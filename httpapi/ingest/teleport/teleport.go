// Package teleport translates Teleport's audit events.
package teleport

import (
	"errors"
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const format = "teleport"

var errNoEvent = errors.New("no event")

// Detect looks for an event with Teleport's code (T1000I) and unique ID.
func Detect(head []byte, _ string) int {
	o := record.Head(head)
	if o.Get("event").Kind() != '"' || !strings.HasPrefix(o.Str("code"), "T") || o.Str("uid") == "" || !o.Has("time") {
		return 0
	}
	if code := o.Str("code"); strings.HasSuffix(code, "I") || strings.HasSuffix(code, "W") || strings.HasSuffix(code, "E") {
		return 95
	}
	return 70
}

// Read translates every record of r.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, translate)
}

func translate(o record.Object) (*engine.Event, error) {
	t, err := record.Time(o.Str("time"), nil)
	if err != nil {
		return nil, err
	}
	action := o.Str("event")
	if action == "" {
		return nil, errNoEvent
	}
	e := &engine.Event{
		ID:        record.OwnID(o.Str("uid"), format, o.Raw),
		Time:      t,
		Actor:     actor(o),
		Action:    action,
		Operation: operation(action),
		Project:   engine.Ref{ID: o.Str("cluster_name"), Name: o.Str("cluster_name")},
		Resources: resources(o),
		Source: engine.Source{
			IP:        record.IP(o.Or("addr.remote", "addr_remote", "src_addr")),
			UserAgent: o.Str("user_agent"),
			Channel:   o.Or("proto", "method"),
		},
	}
	e.Module, _, _ = strings.Cut(action, ".")
	setResult(e, o)
	e.Write = record.Flag(record.IsWrite(e.Operation))
	e.Description = record.First(command(o), record.Digest(e))
	return e, nil
}

func actor(o record.Object) engine.Actor {
	a := engine.Actor{Name: record.First(o.Or("user", "updated_by"), o.Str("identity", "user")), Domain: o.Str("cluster_name"), Type: "user"}
	a.Email = record.Email(a.Name)
	if o.Str("user_kind") == "2" || strings.HasPrefix(a.Name, "bot-") {
		a.Type = "bot"
	}
	if a.Name == "" {
		a.Type = ""
	}
	return a
}

// setResult goes by success and error. A command's return code is that of starting it: anything but 0 means that it did not run.
func setResult(e *engine.Event, o record.Object) {
	e.Result = engine.Success
	message := record.First(o.Str("error"), o.Str("exitError"), o.Str("status", "error"))
	success, said := o.Bool("success")
	code := o.Or("return_code", "exitCode")
	failed := code != "" && code != "0"
	if said && !success || message != "" || failed || !said && strings.HasSuffix(o.Str("code"), "E") {
		e.Result = engine.Failure
		e.Error = &engine.EventError{Message: message}
		if failed {
			e.Error.Code = code
		}
		if *e.Error == (engine.EventError{}) {
			e.Error.Code = o.Str("code")
		}
	}
}

// command is what was run, the way it was typed.
func command(o record.Object) string {
	if typed := o.Or("command", "initial_command"); typed != "" {
		return record.Cut(typed, 200)
	}
	program := o.Or("path", "program")
	if program == "" {
		return ""
	}
	return record.Cut(strings.Join(append([]string{program}, o.Strs("argv")...), " "), 200)
}

// resources are the named thing that was made or changed, what an access was to, and which login on it.
func resources(o record.Object) []engine.Resource {
	var all []engine.Resource
	add := func(kind, id, name string) {
		if id != "" || name != "" {
			all = append(all, engine.Resource{Type: kind, ID: id, Name: name})
		}
	}
	kind, _, _ := strings.Cut(o.Str("event"), ".")
	add(kind, "", o.Str("name"))
	add("user", "", o.Str("target", "user"))
	add("server", o.Str("server_id"), o.Or("server_hostname", "server_addr"))
	add("kubernetes_cluster", "", record.First(o.Str("kubernetes_cluster"), o.Str("identity", "kubernetes_cluster")))
	add("database", "", o.Or("db_service", "db_name"))
	add("app", "", o.Str("app_name"))
	add("program", "", o.Or("path", "program"))
	add("address", "", o.Str("dst_addr"))
	add("login", "", o.Str("login"))
	return all
}

// operation knows the events that are not named by a verb.
func operation(event string) string {
	switch event {
	case "user.login", "auth", "bot.join", "session.join":
		return engine.OpLogin
	case "session.start":
		return engine.OpCreate
	case "session.end", "session.leave", "session.terminate":
		return engine.OpStop
	case "session.data", "session.disk", "session.network", "session.command", "session.upload", "session.process_exit", "exec", "scp", "sftp",
		"x11-forward", "port", "subsystem", "client.disconnect", "resize":
		return engine.OpOther
	}
	return record.OperationOf(event[strings.IndexByte(event, '.')+1:])
}
