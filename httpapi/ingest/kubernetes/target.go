package kubernetes

import (
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// target sets action, module, project and resources: what was done to which object.
func target(ev *engine.Event, verb string, o record.Object) {
	ref := o.Obj("objectRef")
	resource := ref.Str("resource")
	if resource == "" {
		path, _, _ := strings.Cut(o.Str("requestURI"), "?")
		ev.Action = verb + " " + record.First(path, "/")
		ev.Module = "nonresource"
		return
	}
	// A create names no object in its URL; the object in its body or in the answer does.
	name := record.First(ref.Str("name"), o.Str("requestObject", "metadata", "name"), o.Str("responseObject", "metadata", "name"))
	if sub := ref.Str("subresource"); sub != "" {
		resource += "/" + sub
	}
	ev.Action = verb + " " + resource
	ev.Module = record.First(ref.Str("apiGroup"), "core")
	if ns := ref.Str("namespace"); ns != "" {
		ev.Project = engine.Ref{ID: ns, Name: ns}
	}
	if name != "" || ref.Str("uid") != "" {
		ev.Resources = []engine.Resource{{Type: resource, ID: ref.Str("uid"), Name: name}}
	} else {
		ev.Resources = []engine.Resource{{Type: resource}}
	}
	// Wiping a whole namespace or every object of a kind cannot be taken back.
	ev.Dangerous = verb == "deletecollection" || verb == "delete" && resource == "namespaces"
}

// operation maps the verb. Opening a shell in a pod or a tunnel to it is a create to the API server, and no creation.
func operation(verb string, o record.Object) string {
	switch o.Str("objectRef", "subresource") {
	case "exec", "attach", "portforward", "proxy":
		return engine.OpOther
	}
	if res := o.Str("objectRef", "resource"); strings.HasSuffix(res, "accessreviews") || strings.HasSuffix(res, "tokenreviews") {
		return engine.OpRead
	}
	return record.OperationOf(verb)
}
