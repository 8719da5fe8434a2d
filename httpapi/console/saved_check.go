package console

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"annals/engine"
	"annals/httpapi/auth"
)

// fill changes a record as wished, or says what is wrong with the wish.
func (s *Saved) fill(by auth.Caller, v *savedRecord, c ViewChange, now time.Time) error {
	if c.Name != nil {
		name := strings.TrimSpace(*c.Name)
		if err := checkViewName(name); err != nil {
			return err
		}
		v.Name = name
	}
	if c.Query != nil {
		query, err := checkViewQuery(*c.Query, now)
		if err != nil {
			return err
		}
		v.Query = query
	}
	if c.Tenant != nil {
		// The same for tenants that exist and those that do not.
		if *c.Tenant != "" && !s.access.Holds(by, auth.Read).Sees(*c.Tenant) {
			return &engine.FieldError{Field: "tenant", Message: "is not one that you read"}
		}
		v.Tenant = *c.Tenant
	}
	v.Changed = now
	return nil
}

func checkViewName(name string) error {
	switch {
	case name == "":
		return &engine.FieldError{Field: "name", Message: "is missing"}
	case len(name) > MaxViewName:
		return &engine.FieldError{Field: "name", Message: fmt.Sprintf("is %d bytes, the limit is %d", len(name), MaxViewName)}
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return &engine.FieldError{Field: "name", Message: "has a control character or is not UTF-8"}
	}
	return nil
}

// checkViewQuery reads a query as the list does and writes it again, so that nothing else can hide in a view.
func checkViewQuery(text string, now time.Time) (string, error) {
	if len(text) > MaxViewQuery {
		return "", &engine.FieldError{Field: "query", Message: fmt.Sprintf("is %d bytes, the limit is %d", len(text), MaxViewQuery)}
	}
	values, err := url.ParseQuery(strings.TrimPrefix(text, "?"))
	if err != nil {
		return "", &engine.FieldError{Field: "query", Message: "is not that of an address: " + err.Error()}
	}
	f := readFilter(values, preferences{})
	if _, m := f.query(auth.Caller{}, now, time.UTC); m != nil {
		return "", &engine.FieldError{Field: "query", Message: strings.TrimPrefix(m.Field+": "+m.Message, ": ")}
	}
	query := f.pinned()
	if len(query) > MaxViewQuery { // escapes may have made it longer
		return "", &engine.FieldError{Field: "query", Message: fmt.Sprintf("is %d bytes, the limit is %d", len(query), MaxViewQuery)}
	}
	return query, nil
}

// pinned is the list's query without page and details, and with its period even where that is the viewer's default one: another viewer's
// may differ.
func (f filter) pinned() string {
	f = f.first()
	f.fallback.period = ""
	return f.encode()
}
