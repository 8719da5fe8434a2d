package layer7

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"annals/engine"
)

// filter is which entries are asked for. Values compare whole and whatever the case; several of one parameter are alternatives.
type filter struct {
	entityType, entityName, action, userName []string
}

// where puts the filter in the log's words.
func (f filter) where() engine.Expr {
	var parts []engine.Expr
	for _, field := range []struct {
		name   string
		values []string
	}{{"type", f.entityType}, {"resource", f.entityName}, {"user", f.userName}} {
		if len(field.values) > 0 {
			parts = append(parts, is(field.name, field.values...))
		}
	}
	if len(f.action) > 0 {
		parts = append(parts, actionIs(f.action...))
	}
	return allOf(parts...)
}

// entityOf is the resource to show of an event: the first that fits the filter, of which the portal's lists show those with a type first; else the first.
func (f filter) entityOf(e *engine.Event) engine.Resource {
	var best engine.Resource
	found := false
	for _, r := range e.Resources {
		if !fits(f.entityType, r.Type) || !fits(f.entityName, r.Name) && !fits(f.entityName, r.ID) {
			continue
		}
		if r.Type != "" {
			return r
		}
		if !found {
			best, found = r, true
		}
	}
	if found || len(e.Resources) == 0 {
		return best
	}
	return e.Resources[0]
}

func fits(wanted []string, value string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool { return engine.FoldValue(w) == engine.FoldValue(value) })
}

// parameters reads single values, and gathers what is wrong with them.
type parameters struct {
	values url.Values
	wrong  []mistake
}

// parametersOf reads a query string. What the portal does not know is left aside, as the portal does.
func parametersOf(u *url.URL) (*parameters, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, &refusal{status: 400, code: "parameter", user: "The request is not valid.", dev: "The query string cannot be read."}
	}
	return &parameters{values: values}, nil
}

func (p *parameters) mistake(name, format string, args ...any) {
	p.wrong = append(p.wrong, mistake{name, fmt.Sprintf(format, args...)})
}

func (p *parameters) err() error {
	if len(p.wrong) == 0 {
		return nil
	}
	return wrong(p.wrong...)
}

// one returns a parameter that may stand once; "": it does not stand there.
func (p *parameters) one(name string) string {
	if list := p.values[name]; len(list) > 1 {
		p.mistake(name, "is given %d times", len(list))
		return ""
	}
	return p.values.Get(name)
}

// some returns a parameter that may stand several times, without the empty values of a form that is not filled in.
func (p *parameters) some(name string) (list []string) {
	for _, v := range p.values[name] {
		if !utf8.ValidString(v) {
			p.mistake(name, "is not UTF-8")
			return nil
		}
		if v != "" {
			list = append(list, v)
		}
	}
	return list
}

func (p *parameters) filter() filter {
	return filter{p.some("entityType"), p.some("entityName"), p.some("action"), p.some("userName")}
}

func (p *parameters) number(name string, otherwise, least int64) int64 {
	text := p.one(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least {
		p.mistake(name, "must be a whole number from %d on", least)
		return otherwise
	}
	return n
}

// period reads startTs and endTs, Unix milliseconds. Both milliseconds are in it: an entry's own timestamp finds the entry.
func (p *parameters) period(q *engine.Query) {
	const none = -1
	from, to := p.number("startTs", none, 0), p.number("endTs", none, 0)
	if from != none && to != none && to < from {
		p.mistake("endTs", "is before startTs")
		return
	}
	if from != none {
		q.From = time.UnixMilli(from)
	}
	if to != none {
		q.To = time.UnixMilli(to).Add(time.Millisecond)
	}
}

// order is what a list is sorted by.
type order struct {
	field string // the portal's name
	desc  bool
}

// columns are what the portal's list can be sorted by, with the log's column; action has none.
var columns = map[string]string{"timestamp": "time", "entityType": "type", "entityName": "resource", "action": "", "userName": "user"}

// order reads sort=field,ASC or field,DESC; without a direction it is ascending, without sort the newest come first.
func (p *parameters) order() order {
	text := p.one("sort")
	if text == "" {
		return order{"timestamp", true}
	}
	field, direction, _ := strings.Cut(text, ",")
	o := order{field: strings.TrimSpace(field)}
	switch o.field {
	case "userAgent", "simplifiedAgent":
		p.mistake("sort", "Sorting by the agent is not available.")
	default:
		if _, ok := columns[o.field]; !ok {
			p.mistake("sort", "must be one of timestamp, entityType, entityName, action, userName")
		}
	}
	switch strings.ToUpper(strings.TrimSpace(direction)) {
	case "", "ASC":
	case "DESC":
		o.desc = true
	default:
		p.mistake("sort", "must end with ,ASC or ,DESC")
	}
	return o
}

func (o order) direction() string {
	if o.desc {
		return "DESC"
	}
	return "ASC"
}
