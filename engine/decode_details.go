package engine

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// details takes an object as it is, once it is known to be valid.
func (d *decoder) details() bool {
	d.space()
	start := d.at
	if start == len(d.text) || d.text[start] != '{' || !d.value(1) {
		return false
	}
	d.e.Details = jsontext.Value(d.text[start:d.at])
	d.e.checked = &d.e.Details[0]
	return true
}

// maxFastNames is how many members of one object are compared with one another.
const maxFastNames = 24

// value checks any value, level deep in the event.
func (d *decoder) value(level int) bool {
	d.space()
	if d.at == len(d.text) || level > MaxNesting {
		return false
	}
	switch c := d.text[d.at]; {
	case c == '{':
		return d.anyObject(level)
	case c == '[':
		return d.anyArray(level)
	case c == '"':
		_, ok := d.string()
		return ok
	case c == 't' || c == 'f':
		var b bool
		return d.bool(&b)
	case c == 'n':
		null := strings.HasPrefix(d.text[d.at:], "null")
		d.at += 4
		return null
	}
	return d.number()
}

func (d *decoder) anyObject(level int) bool {
	var names [maxFastNames]string
	d.at++
	if d.next('}') {
		return true
	}
	for n := 0; n < maxFastNames; n++ {
		name, ok := d.string()
		if !ok || !d.next(':') || !d.value(level+1) {
			return false
		}
		for _, earlier := range names[:n] {
			if earlier == name {
				return false
			}
		}
		names[n] = name
		if !d.next(',') {
			return d.next('}')
		}
	}
	return false
}

func (d *decoder) anyArray(level int) bool {
	d.at++
	if d.next(']') {
		return true
	}
	for {
		if !d.value(level + 1) {
			return false
		}
		if !d.next(',') {
			return d.next(']')
		}
	}
}

// number checks a JSON number (RFC 8259, section 6).
func (d *decoder) number() bool {
	if d.at < len(d.text) && d.text[d.at] == '-' {
		d.at++
	}
	whole := d.digits()
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	if d.at < len(d.text) && d.text[d.at] == '.' {
		d.at++
		if d.digits() == "" {
			return false
		}
	}
	if d.at < len(d.text) && d.text[d.at]|0x20 == 'e' {
		d.at++
		if d.at < len(d.text) && (d.text[d.at] == '+' || d.text[d.at] == '-') {
			d.at++
		}
		return d.digits() != ""
	}
	return true
}

func (d *decoder) digits() string {
	start := d.at
	for d.at < len(d.text) && d.text[d.at] >= '0' && d.text[d.at] <= '9' {
		d.at++
	}
	return d.text[start:d.at]
}
