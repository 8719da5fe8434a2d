package generic

import (
	"annals/engine"
	"annals/httpapi/ingest/record"
)

// nestedActors are members of an actor in which services keep the person: {"session":{"user":{…}}}, {"person":{"email":…}}.
var nestedActors = []string{"user", "session", "person", "attributes", "serviceaccount"}

// actor reads the object that is an actor, if there is one, and then the names for users beside it.
func (f *fields) actor() engine.Actor {
	var a engine.Actor
	for _, s := range f.shallow {
		for _, name := range actorNames {
			if inner := s.inner(name); inner.object.Raw != nil {
				fill(&a, inner, 0)
			}
			if a.Name != "" || a.Email != "" || a.ID != "" {
				return finish(a)
			}
		}
	}
	a.Name, a.ID = f.text(loginNames), f.text(userIDNames)
	for _, s := range f.shallow {
		a.Email = record.First(a.Email, s.first([]string{"useremail", "actoremail", "email", "emailaddress"}))
	}
	return finish(a)
}

// fill sets what a lacks from s and what is nested in it.
func fill(a *engine.Actor, s scope, depth int) {
	set := func(to *string, names ...string) { *to = record.First(*to, s.first(names)) }
	set(&a.ID, "id", "uid", "uuid", "gid", "userid", "accountid", "profileid", "principalid", "teammemberid")
	set(&a.Name, "name", "username", "displayname", "login", "loginname", "arn")
	set(&a.Email, "email", "emailaddress", "alternateid", "mail", "userprincipalname", "loginname")
	set(&a.Type, "type", "actortype", "tag", "kind")
	if depth == maxDepth {
		return
	}
	for _, name := range nestedActors {
		if inner := s.inner(name); inner.object.Raw != nil {
			fill(a, inner, depth+1)
		}
	}
}

func finish(a engine.Actor) engine.Actor {
	if a.Name == "" {
		a.Name = a.Email
	}
	a.Email = record.First(record.Email(a.Email), record.Email(a.Name))
	if a.Name == "" && a.ID == "" {
		return engine.Actor{}
	}
	return a
}
