package generic

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"annals/httpapi/ingest/record"
)

// Bounds on what is looked at, so that a record built to be deep or wide costs little.
const (
	maxDepth   = 4
	maxScopes  = 64
	maxMembers = 256 // of one object
)

// containers are members that hold the event itself, with whatever else the service has to say around it.
var containers = []string{"event", "attributes", "data", "fields", "record", "id"}

// scope is one object of a record, its members by the plain form of their names.
type scope struct {
	object  record.Object
	names   []string // as written
	members map[string]jsontext.Value
}

// fields are the places of a record where a value may be.
type fields struct {
	root    scope
	shallow []scope // the root, its containers, and the first of its "events"
	deep    []scope // every object, nearer ones first
}

func open(o record.Object) *fields {
	f := &fields{root: newScope(o)}
	f.deep = []scope{f.root}
	f.shallow = []scope{f.root}
	for _, name := range containers {
		if inner := f.root.inner(name); inner.object.Raw != nil {
			f.shallow = append(f.shallow, inner)
		}
	}
	if events := o.Objs("events"); len(events) > 0 {
		f.shallow = append(f.shallow, newScope(events[0]))
	}
	f.deep = append(f.deep, f.shallow[1:]...)
	level := []scope{f.root}
	for depth := 1; depth <= maxDepth; depth++ {
		level = f.descend(level)
	}
	return f
}

// descend adds the objects inside those of one level and returns them.
func (f *fields) descend(level []scope) []scope {
	var next []scope
	for _, s := range level {
		for _, name := range s.names {
			if len(f.deep) >= maxScopes {
				return next
			}
			if s.object.Get(name).Kind() == '{' {
				inner := newScope(s.object.Obj(name))
				next = append(next, inner)
				f.deep = append(f.deep, inner)
			}
		}
	}
	return next
}

func newScope(o record.Object) scope {
	names := o.Names()
	names = names[:min(len(names), maxMembers)]
	s := scope{o, names, make(map[string]jsontext.Value, len(names))}
	for _, name := range names {
		p := plain(name)
		if _, taken := s.members[p]; !taken {
			s.members[p] = o.Get(name)
		}
	}
	return s
}

// plain strips a name of case and punctuation, except that "_id" stays what it is.
func plain(name string) string {
	if name == "_id" {
		return name
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
}

func (s scope) has(name string) bool { return s.members[name] != nil }

func (s scope) value(name string) jsontext.Value { return s.members[name] }

// text returns a member's text. An object that is one of many kinds, told apart by a tag, gives its tag.
func (s scope) text(name string) string {
	v := s.members[name]
	if v.Kind() != '{' {
		return record.Text(v)
	}
	inner := s.inner(name)
	for _, tag := range []string{"_tag", ".tag"} {
		if t := inner.object.Str(tag); t != "" {
			return t
		}
	}
	return ""
}

func (s scope) inner(name string) scope {
	if v := s.members[name]; v.Kind() == '{' {
		for _, n := range s.names {
			if plain(n) == name {
				return newScope(s.object.Obj(n))
			}
		}
	}
	return scope{}
}

// first returns the text of the first of the names that has one.
func (s scope) first(names []string) string {
	for _, name := range names {
		if t := s.text(name); t != "" {
			return t
		}
	}
	return ""
}

func (f *fields) text(names []string) string     { return first(f.shallow, names) }
func (f *fields) deepText(names []string) string { return first(f.deep, names) }

func first(scopes []scope, names []string) string {
	for _, s := range scopes {
		if t := s.first(names); t != "" {
			return t
		}
	}
	return ""
}

// firstText returns the first text of an array.
func firstText(list jsontext.Value) string {
	o, err := record.Parse([]byte(`{"list":` + string(list) + `}`))
	if err != nil {
		return ""
	}
	for _, s := range o.Strs("list") {
		if s != "" {
			return s
		}
	}
	return ""
}
