package console

import (
	"errors"
	"slices"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
)

// mistake is what somebody typed wrong: the form shows it where it was typed.
type mistake struct {
	Field   string // of the form: q, from or to; size or page of the list; "": none in particular
	Message string // in English, as Said translates it
	Column  int    // in the words, from 1; 0: nowhere in particular
}

func wrong(field, message string) *mistake {
	return &mistake{Field: field, Message: message}
}

// query makes the question to the log. A mistake is not nil when the words or times cannot be read: then nothing is to be asked.
func (f filter) query(who auth.Caller, now time.Time, loc *time.Location) (engine.Query, *mistake) {
	q := engine.Query{Limit: f.Size, Page: f.Page}
	q.Sort, q.Desc = strings.CutPrefix(f.Sort, "-")
	where, m := f.where(now, loc)
	if m != nil {
		return q, m
	}
	q.Where, q.Tenants = where, who.Asking(where)
	q.From, q.To = f.Period.within(now, loc)
	if f.Period.Name == custom {
		for _, bound := range []struct {
			field, text string
			at          *time.Time
		}{{"from", f.From, &q.From}, {"to", f.To, &q.To}} {
			if bound.text == "" {
				continue
			}
			t, err := engine.ParseTime(bound.text, now, loc)
			if err != nil {
				return q, wrong(bound.field, msg("This is no time. Write 2026-11-01, 2026-11-08 17:30, 2026-11-08T12:00Z, now-15m, today or yesterday."))
			}
			*bound.at = t
		}
		if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
			return q, wrong("to", msg("The end must come after the beginning."))
		}
	}
	return q, nil
}

// where joins the words and the fields.
func (f filter) where(now time.Time, loc *time.Location) (engine.Expr, *mistake) {
	var parts []engine.Expr
	words, err := engine.ParseQuery(f.Words, now, loc)
	if err != nil {
		m := &mistake{Field: "q", Message: err.Error()}
		if at, ok := errors.AsType[*engine.QueryError](err); ok {
			m.Message, m.Column = at.Message, at.Column
		}
		return nil, m
	}
	if words != nil {
		parts = append(parts, words)
	}
	for _, field := range fieldsOf(f.Values) {
		parts = append(parts, fieldIs(field, f.Values[field]))
	}
	switch len(parts) {
	case 0:
		return nil, nil
	case 1:
		return parts[0], f.writable(parts[0], now, loc)
	}
	all := engine.And{Parts: parts}
	return all, f.writable(all, now, loc)
}

// writable sees to it that the whole filter can be written as a query, as exports and the tail are asked for.
func (f filter) writable(e engine.Expr, now time.Time, loc *time.Location) *mistake {
	if _, err := engine.ParseQuery(engine.FormatQuery(e), now, loc); err != nil {
		return wrong("", msg("There are too many filters at once. Remove some of them."))
	}
	return nil
}

// fieldsOf are the names that a list can be filtered by: filterFields in their order, then paths in the details.
func fieldsOf(values map[string][]string) []string {
	var all, paths []string
	for _, field := range filterFields {
		if len(values[field]) > 0 {
			all = append(all, field)
		}
	}
	for name, list := range values {
		if path, ok := strings.CutPrefix(name, detailsPrefix); ok && path != "" && len(list) > 0 {
			paths = append(paths, name)
		}
	}
	slices.Sort(paths)
	return append(all, paths...)
}

func fieldIs(field string, values []string) engine.Expr {
	e := engine.Field{Name: field}
	for _, v := range values {
		e.Values = append(e.Values, engine.Value{Text: v, Quoted: true})
	}
	return e
}
