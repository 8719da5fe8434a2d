package record

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Object is one JSON object whose members are looked up by name while their values stay as they were written.
// The zero Object has no members. It never panics, on cut or malformed text neither: then it has the members up to there.
type Object struct {
	Raw     jsontext.Value
	members []member
}

type member struct{ name, value []byte } // name as written between the quotes

// Parse checks that raw is one JSON object without repeated names and in valid UTF-8, and returns it in compact form,
// numbers and strings spelled as they were.
func Parse(raw []byte) (Object, error) {
	v := jsontext.Value(bytes.Clone(raw))
	if err := v.Compact(jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false)); err != nil {
		return Object{}, fmt.Errorf("read JSON: %w", err)
	}
	if v.Kind() != '{' {
		return Object{}, fmt.Errorf("want a JSON object, have %v", v.Kind())
	}
	return object(v), nil
}

// object finds the members of raw, which may be anything.
func object(raw []byte) Object {
	o := Object{Raw: raw}
	if i := space(raw, 0); i >= len(raw) || raw[i] != '{' {
		return Object{}
	}
	o.members = make([]member, 0, min(4+len(raw)/48, 64))
	each(raw, func(name, value []byte) bool {
		o.members = append(o.members, member{name, value})
		return true
	})
	return o
}

// find returns the value of raw's member of that name, or nil.
func find(raw []byte, name string) (found jsontext.Value) {
	each(raw, func(n, value []byte) bool {
		if string(n) == name {
			found = value
		}
		return found == nil
	})
	return found
}

// each calls fn for the members of raw, if it is an object, up to where fn returns false.
func each(raw []byte, fn func(name, value []byte) bool) {
	i := space(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return
	}
	for i++; ; i++ {
		i = space(raw, i)
		if i >= len(raw) || raw[i] != '"' {
			return
		}
		end := skip(raw, i)
		name := raw[i:end]
		i = space(raw, end)
		if i >= len(raw) || raw[i] != ':' || len(name) < 2 {
			return
		}
		i = space(raw, i+1)
		end = skip(raw, i)
		if !fn(name[1:len(name)-1], raw[i:end]) {
			return
		}
		if i = space(raw, end); i >= len(raw) || raw[i] != ',' {
			return
		}
	}
}

// Get returns the value at the path of member names as written, or nil.
func (o Object) Get(path ...string) jsontext.Value {
	if len(path) == 0 {
		return nil
	}
	v := o.get(path[0])
	for _, name := range path[1:] {
		v = find(v, name)
	}
	return v
}

func (o Object) get(name string) jsontext.Value {
	for _, m := range o.members {
		if string(m.name) == name {
			return m.value
		}
	}
	return nil
}

// Has reports whether o has a member of the name, null too.
func (o Object) Has(name string) bool { return o.get(name) != nil }

// Names returns the names of o's members, as written.
func (o Object) Names() []string {
	names := make([]string, len(o.members))
	for i, m := range o.members {
		names[i] = string(m.name)
	}
	return names
}

// Str returns the string at the path; a number or boolean as it is spelled; "" for anything else.
func (o Object) Str(path ...string) string { return Text(o.Get(path...)) }

// Or returns the first of the members that has text.
func (o Object) Or(names ...string) string {
	for _, name := range names {
		if s := Text(o.get(name)); s != "" {
			return s
		}
	}
	return ""
}

// Bool returns the boolean at the path; ok is false where there is none. Strings "true" and "false", in any case, count.
func (o Object) Bool(path ...string) (value, ok bool) {
	switch strings.ToLower(o.Str(path...)) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// Obj returns the object at the path, or one without members.
func (o Object) Obj(path ...string) Object { return object(o.Get(path...)) }

// List returns the elements of the array at the path.
func (o Object) List(path ...string) []jsontext.Value { return elements(o.Get(path...)) }

// Strs returns the texts of the array at the path.
func (o Object) Strs(path ...string) []string {
	var all []string
	for _, v := range o.List(path...) {
		all = append(all, Text(v))
	}
	return all
}

// Objs returns the objects of the array at the path.
func (o Object) Objs(path ...string) []Object {
	var all []Object
	for _, v := range o.List(path...) {
		if v.Kind() == '{' {
			all = append(all, object(v))
		}
	}
	return all
}

// Text returns v's string, or a number or boolean as it is spelled, or "".
func Text(v jsontext.Value) string {
	if len(v) == 0 {
		return ""
	}
	switch v[0] {
	case '"':
		if len(v) >= 2 && v[len(v)-1] == '"' && bytes.IndexByte(v, '\\') < 0 {
			return strings.ToValidUTF8(string(v[1:len(v)-1]), "\uFFFD")
		}
		b, _ := jsontext.AppendUnquote(nil, v)
		return strings.ToValidUTF8(string(b), "\uFFFD")
	case '{', '[', 'n':
		return ""
	}
	return string(v)
}

func elements(raw []byte) []jsontext.Value {
	var all []jsontext.Value
	i := space(raw, 0)
	if i >= len(raw) || raw[i] != '[' {
		return nil
	}
	for i++; ; i++ {
		i = space(raw, i)
		end := skip(raw, i)
		if end == i {
			return all
		}
		all = append(all, raw[i:end])
		if i = space(raw, end); i >= len(raw) || raw[i] != ',' {
			return all
		}
	}
}
