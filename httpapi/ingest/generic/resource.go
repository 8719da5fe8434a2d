package generic

import (
	"annals/engine"
	"annals/httpapi/ingest/record"
)

// maxResources keeps a record about very many things from making as many resources; its details have them all.
const maxResources = 20

// resourceNames are members that say what an action was done to.
var resourceNames = []string{"resource", "resources", "target", "targets", "object", "entity", "assets"}

func (f *fields) resources() []engine.Resource {
	for _, s := range f.shallow {
		for _, name := range resourceNames {
			if all := s.resources(name); len(all) > 0 {
				return all
			}
		}
		r := engine.Resource{
			Type: s.first([]string{"resourcetype", "targettype", "sourcetype", "objecttype"}),
			ID:   s.first([]string{"resourceid", "targetid", "objectid"}),
			Name: s.first([]string{"resourcename", "targetname", "targetusername", "objectname", "sourcelabel", "doctitle"}),
		}
		if r.ID != "" || r.Name != "" {
			return []engine.Resource{r}
		}
	}
	return nil
}

// resources reads a member that is a name, an object, or an array of either.
func (s scope) resources(name string) []engine.Resource {
	if text := s.text(name); text != "" {
		return []engine.Resource{{Name: text}}
	}
	if inner := s.inner(name); inner.object.Raw != nil {
		if r := resource(inner); r != (engine.Resource{}) {
			return []engine.Resource{r}
		}
		return nil
	}
	if s.value(name).Kind() != '[' {
		return nil
	}
	wrapped, err := record.Parse([]byte(`{"list":` + string(s.value(name)) + `}`))
	if err != nil {
		return nil
	}
	var all []engine.Resource
	for _, o := range wrapped.Objs("list") {
		if r := resource(newScope(o)); r != (engine.Resource{}) && len(all) < maxResources {
			all = append(all, r)
		}
	}
	return all
}

func resource(s scope) engine.Resource {
	r := engine.Resource{
		Type: s.first([]string{"type", "resourcetype", "kind", "tag"}),
		ID:   s.first([]string{"id", "uuid", "gid", "arn", "resourceid"}),
		Name: s.first([]string{"name", "displayname", "title", "email", "alternateid"}),
	}
	if r.ID == "" && r.Name == "" {
		return engine.Resource{}
	}
	return r
}
