package huawei

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// parameter is one of a query string, decoded.
type parameter struct{ name, value string }

// parameters are a query string: one reading of it for what is signed and for what is asked, so that the two cannot differ.
type parameters []parameter

// parametersOf decodes a query string as forms are: + is a space.
func parametersOf(query string) (parameters, error) {
	var p parameters
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, badRequest("The query string cannot be decoded.")
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, badRequest("The query string cannot be decoded.")
		}
		p = append(p, parameter{name, value})
	}
	return p, nil
}

// get returns a parameter's value. One that is given twice is refused: which of them counts would be a guess.
func (p parameters) get(name string) (value string, given bool, err error) {
	for _, q := range p {
		if q.name != name {
			continue
		}
		if given {
			return "", true, wrongParameter("%s is given twice.", name)
		}
		value, given = q.value, true
	}
	return value, given, nil
}

// text returns a parameter's value, or "" where it is not given.
func (p parameters) text(name string) (string, error) {
	value, _, err := p.get(name)
	return value, err
}

// missing stands for a parameter that has no default.
const missing = -1

// number reads a whole number from least to most.
func (p parameters) number(name string, absent, least, most int) (int, error) {
	text, given, err := p.get(name)
	if err != nil {
		return 0, err
	}
	if !given && absent != missing {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, wrongParameter("%s must be a whole number from %d to %d.", name, least, most)
	}
	return n, nil
}

// timeLayout is the vendor's "yyyy-mm-ddThh:mm:ssZ", where Z stands for an offset as in +0800.
const timeLayout = "2006-01-02T15:04:05-0700"

const day = 24 * 60 * 60 // seconds

// time reads a time. A raw + of the offset has become a space on the way: the vendor's own examples are written so. Z and +08:00 are taken as well.
// An offset of a day or more is refused: Go reads it, but it cannot stand in JSON, where the server's own log tells what was asked.
func (p parameters) time(name string) (time.Time, error) {
	text, err := p.text(name)
	if err != nil {
		return time.Time{}, err
	}
	text = strings.Replace(text, " ", "+", 1)
	for _, layout := range []string{timeLayout, "2006-01-02T15:04:05Z07:00"} {
		t, err := time.Parse(layout, text)
		if _, offset := t.Zone(); err == nil && t.Year() >= 1 && offset > -day && offset < day && !strings.ContainsAny(text, ".,") {
			return t, nil
		}
	}
	return time.Time{}, wrongParameter("%s must be a time such as 2019-11-06T09:00:00+0800.", name)
}
