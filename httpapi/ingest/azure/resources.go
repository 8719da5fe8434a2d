package azure

import (
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// resources are an audit record's targets; otherwise what the resource ID names, or the application that a sign-in was for.
func (v viewed) resources() []engine.Resource {
	if all := v.targets(); len(all) > 0 {
		return all
	}
	if name := v.props.Or("appDisplayName", "AppDisplayName", "resourceDisplayName", "ResourceDisplayName"); name != "" {
		return []engine.Resource{{Type: "application", ID: v.props.Or("appId", "AppId", "resourceId"), Name: name}}
	}
	id := v.resourceID()
	if id == "" {
		return nil
	}
	parts := strings.Split(strings.Trim(id, "/"), "/")
	r := engine.Resource{ID: id, Name: parts[len(parts)-1]}
	if len(parts) > 1 {
		r.Type = parts[len(parts)-2]
	}
	return []engine.Resource{r}
}

func (v viewed) targets() []engine.Resource {
	var all []engine.Resource
	list := v.props.Objs("targetResources")
	if list == nil {
		list = embeddedList(v.o, "TargetResources")
	}
	for _, t := range list {
		r := engine.Resource{Type: t.Str("type"), ID: t.Str("id"), Name: t.Or("displayName", "userPrincipalName")}
		if r.ID != "" || r.Name != "" {
			all = append(all, r)
		}
	}
	names := v.props.Strs("TargetDisplayNames")
	for i, id := range v.props.Strs("TargetObjectIds") {
		r := engine.Resource{ID: id}
		if i < len(names) && names[i] != "<null>" {
			r.Name = names[i]
		}
		all = append(all, r)
	}
	return all
}

// embeddedList returns the objects of the array that a row keeps as text.
func embeddedList(o record.Object, name string) []record.Object {
	wrapped, err := record.Parse([]byte(`{"list":` + o.Str(name) + `}`))
	if err != nil {
		return nil
	}
	return wrapped.Objs("list")
}
