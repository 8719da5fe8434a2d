package layer7

import (
	"cmp"
	"slices"

	"annals/engine"
)

// entityTypes are the objects that the portal audits.
var entityTypes = []string{"API", "Application", "Organization", "API EULA", "API Plan", "Account Plan", "User", "Custom Field"}

// entityType is a resource's type in the portal's spelling. One that the portal does not know is shown as it is.
func entityType(text string) string {
	folded := engine.FoldValue(text)
	for _, known := range entityTypes {
		if engine.FoldValue(known) == folded {
			return known
		}
	}
	return text
}

// entityName is what the log sorts resources by.
func entityName(r engine.Resource) string { return cmp.Or(r.Name, r.ID) }

// userName is what the log sorts users by. Portal API and Registration Service are names like any other.
func userName(e *engine.Event) string { return cmp.Or(e.Actor.Name, e.Actor.Email, e.Actor.ID) }

// label is a recorded event of the portal, and which events are shown as one: those whose action it is, and those that have the operation and
// the result, unless their action is another label. The portal records what was done, so what failed to be created is not Created.
type label struct{ name, operation, result string }

var labels = []label{
	{"Created", engine.OpCreate, engine.Success},
	{"Updated", engine.OpEdit, engine.Success},
	{"Deleted", engine.OpDelete, engine.Success},
	{"Login Success", engine.OpLogin, engine.Success},
	{"Login Failed", engine.OpLogin, engine.Failure},
}

// actionOf is an event's action in the portal's words. One that has none is shown as it is.
func actionOf(e *engine.Event) string {
	if l, ok := labelNamed(e.Action); ok {
		return l.name
	}
	for _, l := range labels {
		if l.operation == e.Operation && l.result == e.Result {
			return l.name
		}
	}
	return e.Action
}

func labelNamed(action string) (label, bool) {
	folded := engine.FoldValue(action)
	i := slices.IndexFunc(labels, func(l label) bool { return engine.FoldValue(l.name) == folded })
	if i < 0 {
		return label{}, false
	}
	return labels[i], true
}

// actionIs finds the events that actionOf gives one of the actions, whatever their case. However many there are, each of the portal's is asked for
// once, and all others together.
func actionIs(actions ...string) engine.Expr {
	var parts []engine.Expr
	var others []string
	asked := map[label]bool{}
	for _, action := range actions {
		l, ok := labelNamed(action)
		if !ok {
			others = append(others, action)
		} else if !asked[l] {
			asked[l] = true
			parts = append(parts, engine.Or{Parts: []engine.Expr{is("action", l.name), engine.And{Parts: append(l.done(), engine.Not{Part: namesLabel()})}}})
		}
	}
	if len(others) > 0 {
		parts = append(parts, engine.And{Parts: []engine.Expr{is("action", others...), otherAction()}})
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return engine.Or{Parts: parts}
}

func (l label) done() []engine.Expr {
	return []engine.Expr{is("operation", l.operation), is("result", l.result)}
}

// namesLabel finds the events whose action is one of the portal's.
func namesLabel() engine.Expr {
	names := make([]string, len(labels))
	for i, l := range labels {
		names[i] = l.name
	}
	return is("action", names...)
}

// otherAction finds the events that are shown with their own action.
func otherAction() engine.Expr {
	known := []engine.Expr{namesLabel()}
	for _, l := range labels {
		known = append(known, engine.And{Parts: l.done()})
	}
	return engine.Not{Part: engine.Or{Parts: known}}
}

// is finds the events whose field has one of the values, whole and whatever the case.
func is(field string, values ...string) engine.Expr {
	f := engine.Field{Name: field}
	for _, v := range values {
		f.Values = append(f.Values, engine.Value{Text: v, Quoted: true})
	}
	return f
}

// allOf finds what all of the expressions find; no expression finds everything.
func allOf(parts ...engine.Expr) engine.Expr {
	parts = slices.DeleteFunc(parts, func(e engine.Expr) bool { return e == nil })
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	return engine.And{Parts: parts}
}
