package engine

import (
	"strings"
	"time"
	"unicode/utf8"
)

// decoder reads the JSON of an event in the form in which nearly all of them come: known members, each once, strings without escapes,
// times in UTC. At anything else it gives up, and the general decoder, which is five times as slow, takes the event or says what is
// wrong with it. It never takes what that one refuses, nor differently: a fuzz test holds them against each other.
type decoder struct {
	text string // the input; the event's strings are parts of it
	at   int
	e    *Event
	r    *Resource // the one that is being read
}

// decodeFast reads text, a whole JSON object, into e, which it may leave half filled when it gives up.
func decodeFast(text string, e *Event) bool {
	d := decoder{text: text, e: e}
	if !d.object(eventMember) {
		return false
	}
	d.space()
	return d.at == len(d.text)
}

// decodeBody reads a stored body, which begins with the comma behind the head, into an event that has the head's members.
func decodeBody(text string, e *Event) bool {
	d := decoder{text: text, at: 1, e: e}
	head := *e
	if d.members(eventMember) && d.at == len(d.text) {
		return true
	}
	*e = head
	return false
}

// space skips white space.
func (d *decoder) space() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\t', '\r', '\n':
			d.at++
		default:
			return
		}
	}
}

// next skips white space and one expected byte.
func (d *decoder) next(c byte) bool {
	d.space()
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return true
	}
	return false
}

// string reads a string without escapes.
func (d *decoder) string() (string, bool) {
	if !d.next('"') {
		return "", false
	}
	start, ascii := d.at, true
	for d.at+8 <= len(d.text) {
		v := load8(d.text, d.at)
		if v&highs|quotable(v) != 0 {
			break
		}
		d.at += 8
	}
	for ; d.at < len(d.text); d.at++ {
		switch c := d.text[d.at]; {
		case c == '"':
			s := d.text[start:d.at]
			d.at++
			return s, ascii || utf8.ValidString(s)
		case c < 0x20 || c == '\\':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// object reads an object. Member reads the value of the named member and returns the member's bit, 0 to give up; no bit may come twice.
func (d *decoder) object(member func(d *decoder, name string) uint32) bool {
	if !d.next('{') {
		return false
	}
	if d.next('}') {
		return true
	}
	return d.members(member)
}

// members reads the members of an object and its end.
func (d *decoder) members(member func(d *decoder, name string) uint32) bool {
	for seen := uint32(0); ; {
		name, ok := d.string()
		if !ok || !d.next(':') {
			return false
		}
		bit := member(d, name)
		if bit == 0 || seen&bit != 0 {
			return false
		}
		seen |= bit
		if d.next(',') {
			continue
		}
		return d.next('}')
	}
}

// into reads a string into a field.
func (d *decoder) into(field *string, bit uint32) uint32 {
	s, ok := d.string()
	if !ok {
		return 0
	}
	*field = s
	return bit
}

func given(ok bool, bit uint32) uint32 {
	if ok {
		return bit
	}
	return 0
}

func eventMember(d *decoder, name string) uint32 {
	e := d.e
	switch name {
	case "id":
		return d.into(&e.ID, 1<<0)
	case "time":
		return given(d.time(&e.Time), 1<<1)
	case "tenant":
		return d.into(&e.Tenant, 1<<2)
	case "actor":
		return given(d.object(actorMember), 1<<3)
	case "action":
		return d.into(&e.Action, 1<<4)
	case "operation":
		return d.into(&e.Operation, 1<<5)
	case "result":
		return d.into(&e.Result, 1<<6)
	case "error":
		e.Error = new(EventError)
		return given(d.object(errorMember), 1<<7)
	case "project":
		return given(d.object(projectMember), 1<<8)
	case "module":
		return d.into(&e.Module, 1<<9)
	case "resources":
		return given(d.resources(), 1<<10)
	case "description":
		return d.into(&e.Description, 1<<11)
	case "source":
		return given(d.object(sourceMember), 1<<12)
	case "write":
		e.Write = new(bool)
		return given(d.bool(e.Write), 1<<13)
	case "dangerous":
		return given(d.bool(&e.Dangerous), 1<<14)
	case "details":
		return given(d.details(), 1<<15)
	}
	return 0
}

func actorMember(d *decoder, name string) uint32 {
	a := &d.e.Actor
	switch name {
	case "id":
		return d.into(&a.ID, 1)
	case "name":
		return d.into(&a.Name, 2)
	case "email":
		return d.into(&a.Email, 4)
	case "domain":
		return d.into(&a.Domain, 8)
	case "type":
		return d.into(&a.Type, 16)
	}
	return 0
}

func errorMember(d *decoder, name string) uint32 {
	switch name {
	case "code":
		return d.into(&d.e.Error.Code, 1)
	case "message":
		return d.into(&d.e.Error.Message, 2)
	}
	return 0
}

func projectMember(d *decoder, name string) uint32 {
	switch name {
	case "id":
		return d.into(&d.e.Project.ID, 1)
	case "name":
		return d.into(&d.e.Project.Name, 2)
	}
	return 0
}

func sourceMember(d *decoder, name string) uint32 {
	s := &d.e.Source
	switch name {
	case "ip":
		return d.into(&s.IP, 1)
	case "user_agent":
		return d.into(&s.UserAgent, 2)
	case "channel":
		return d.into(&s.Channel, 4)
	}
	return 0
}

func resourceMember(d *decoder, name string) uint32 {
	switch name {
	case "type":
		return d.into(&d.r.Type, 1)
	case "id":
		return d.into(&d.r.ID, 2)
	case "name":
		return d.into(&d.r.Name, 4)
	case "content":
		return d.into(&d.r.Content, 8)
	}
	return 0
}

func (d *decoder) resources() bool {
	if !d.next('[') {
		return false
	}
	if d.next(']') {
		return false // the general decoder makes an empty list of it
	}
	for {
		d.e.Resources = append(d.e.Resources, Resource{})
		d.r = &d.e.Resources[len(d.e.Resources)-1]
		if !d.object(resourceMember) {
			return false
		}
		if d.next(',') {
			continue
		}
		return d.next(']')
	}
}

func (d *decoder) bool(field *bool) bool {
	d.space()
	rest := d.text[d.at:]
	switch {
	case strings.HasPrefix(rest, "true"):
		d.at, *field = d.at+4, true
	case strings.HasPrefix(rest, "false"):
		d.at, *field = d.at+5, false
	default:
		return false
	}
	return true
}

// time reads YYYY-MM-DDTHH:MM:SS[.fraction]Z.
func (d *decoder) time(field *time.Time) bool {
	s, ok := d.string()
	if !ok || len(s) < 20 || len(s) > 30 || s[len(s)-1] != 'Z' {
		return false
	}
	const form = "dddd-dd-ddTdd:dd:dd.ddddddddd"
	for i := range len(s) - 1 {
		if digit := s[i] >= '0' && s[i] <= '9'; form[i] == 'd' != digit || form[i] != 'd' && form[i] != s[i] {
			return false
		}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	*field = t
	return err == nil && len(s) != 21 && !t.IsZero()
}
