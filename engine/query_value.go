package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// word reads a bare word or, where one begins that way, a field.
func (p *parser) word() (Expr, error) {
	at := p.pos
	if e, err := p.quotedPath(at); e != nil || err != nil {
		return e, err
	}
	token := p.bare("")
	if i := strings.IndexByte(token, ':'); i > 0 {
		name, rest := token[:i], token[i+1:]
		if field, ok := fieldName(name); ok {
			p.pos = at + i + 1
			return p.field(field, at)
		}
		if !isPlain(name, rest) || rest == "" && !p.end() && p.next() == '"' {
			return nil, p.errorAt(at, unknownField(name))
		}
	}
	if err := p.apart(); err != nil {
		return nil, err
	}
	text, prefix, err := p.star(token, at)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, p.errorAt(at, "* needs the beginning of a word before it; field:* finds events that have the field")
	}
	return Word{Text: text, Prefix: prefix}, p.count(at, 1)
}

// quotedPath reads details."any key":value, the only way to name a key that has a colon, space or bracket.
func (p *parser) quotedPath(at int) (Expr, error) {
	n := len(detailsPrefix)
	if len(p.text)-at <= n || !strings.EqualFold(p.text[at:at+n], detailsPrefix) || p.text[at+n] != '"' {
		return nil, nil
	}
	p.pos += n
	path, err := p.quoted()
	if err != nil {
		return nil, err
	}
	if path == "" || p.end() || p.next() != ':' {
		return nil, p.errorAt(p.pos, `write details."path":value`)
	}
	p.pos++
	return p.field(detailsField(path), at)
}

// field reads the values of a field, from behind its colon.
func (p *parser) field(name string, at int) (Expr, error) {
	var values []Value
	var places []int
	for {
		place := p.pos
		v, err := p.value(name)
		if err != nil {
			return nil, err
		}
		if err := p.count(place, 1); err != nil {
			return nil, err
		}
		values, places = append(values, v), append(places, place)
		if p.end() || p.next() != ',' {
			break
		}
		p.pos++
	}
	if err := p.apart(); err != nil {
		return nil, err
	}
	if name == "after" || name == "before" || name == "time" {
		return p.times(name, at, values, places)
	}
	for i, v := range values {
		if msg := badValue(name, v); msg != "" {
			return nil, p.errorAt(places[i], msg)
		}
	}
	return Field{Name: name, Values: values}, nil
}

func (p *parser) value(name string) (Value, error) {
	at := p.pos
	if !p.end() && p.next() == '"' {
		text, err := p.quoted()
		if err != nil {
			return Value{}, err
		}
		v := Value{Text: text, Quoted: true}
		if !p.end() && p.next() == '*' {
			v.Prefix = true
			p.pos++
		}
		return v, nil
	}
	token := p.bare(",")
	if token == "" {
		return Value{}, p.errorAt(at, name+": needs a value here, without a space before it")
	}
	text, prefix, err := p.star(token, at)
	return Value{Text: text, Prefix: prefix}, err
}

// times turns after, before and time into bounds.
func (p *parser) times(name string, at int, values []Value, places []int) (Expr, error) {
	v := values[0]
	if len(values) > 1 || v.Prefix {
		return nil, p.errorAt(places[len(places)-1], name+": takes one time")
	}
	if name != "time" {
		t, err := ParseTime(v.Text, p.now, p.loc)
		if err != nil {
			return nil, p.errorAt(places[0], err.Error())
		}
		return bound(name == "after", t), nil
	}
	from, to, ok := ParsePreset(v.Text, p.now, p.loc)
	if !ok {
		return nil, p.errorAt(places[0], fmt.Sprintf("%q is no period of time; write %s", shorten(v.Text), presetWords))
	}
	leave, err := p.enter(at) // it is two bounds in brackets
	if err != nil {
		return nil, err
	}
	leave()
	return And{Parts: []Expr{bound(true, from), bound(false, to)}}, p.count(at, 1)
}

func bound(after bool, t time.Time) TimeBound { return TimeBound{After: after, At: t.Round(0).UTC()} }

// badValue says what is wrong with a value that no event can have.
func badValue(field string, v Value) string {
	allowed := Operations
	switch field {
	case "operation":
	case "result":
		allowed = []string{Success, Failure}
	case "write", "dangerous":
		allowed = []string{"true", "false"}
	case "size":
		allowed = sizeNames()
	case "ip":
		return badAddress(v)
	case "person":
		return badNumber(v)
	default:
		return ""
	}
	text := FoldValue(v.Text)
	for _, a := range allowed {
		if a == text || v.Prefix && strings.HasPrefix(a, text) {
			return ""
		}
	}
	return fmt.Sprintf("%s: is never %q; it is one of %s", field, shorten(v.Text), strings.Join(allowed, ", "))
}

func badNumber(v Value) string {
	if _, err := strconv.ParseUint(v.Text, 10, 64); err == nil || v.Prefix && v.Text == "" {
		return ""
	}
	return fmt.Sprintf("person: is never %q; it is a number, as other products' clients know people by", shorten(v.Text))
}
