package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// Normalize checks an event and fills in what the sender left out: a UUIDv7 for the ID, now for the time,
// the default tenant, an operation, a result, and whether it wrote. It makes times UTC and details compact.
// A mistake is a *FieldError that names the member, the value and the limit.
func (e *Event) Normalize(now time.Time) error {
	if err := e.checkText(); err != nil {
		return err
	}
	if err := e.normalizeTime(now); err != nil {
		return err
	}
	if err := e.normalizeValues(); err != nil {
		return err
	}
	if err := e.normalizeDetails(); err != nil {
		return err
	}
	if e.ID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make event ID: %w", err)
		}
		e.ID = id.String()
	}
	return nil
}

func (e *Event) normalizeTime(now time.Time) error {
	if e.Time.IsZero() {
		e.Time = now
	}
	e.Time = e.Time.UTC()
	latest := now.Add(MaxFuture)
	if e.Time.Before(time.Unix(0, 0)) || e.Time.After(latest) {
		return &FieldError{"time", fmt.Sprintf("%s is outside 1970-01-01T00:00:00Z to %s (one day ahead of the server's clock)",
			e.Time.Format(time.RFC3339Nano), latest.UTC().Format(time.RFC3339))}
	}
	return nil
}

func (e *Event) normalizeValues() error {
	if e.Action == "" {
		return &FieldError{"action", "is missing; it is the one member that every event needs"}
	}
	if e.Tenant == "" {
		e.Tenant = DefaultTenant
	}
	if e.Operation == "" {
		e.Operation = OpOther
	}
	if !slices.Contains(Operations, e.Operation) {
		return &FieldError{"operation", fmt.Sprintf("%q is not one of %s", shorten(e.Operation), strings.Join(Operations, ", "))}
	}
	if e.Error != nil && *e.Error == (EventError{}) {
		e.Error = nil
	}
	if e.Result == "" {
		e.Result = Success
		if e.Error != nil {
			e.Result = Failure
		}
	}
	if e.Result != Success && e.Result != Failure {
		return &FieldError{"result", fmt.Sprintf("%q is not one of success, failure", shorten(e.Result))}
	}
	if e.Write == nil {
		write := e.Operation != OpRead && e.Operation != OpLogin && e.Operation != OpLogout && e.Operation != OpOther
		e.Write = &write
	}
	return nil
}

// normalizeDetails makes details a compact object without repeated names, or nil.
func (e *Event) normalizeDetails() error {
	if len(e.Details) == 0 {
		e.Details = nil
		return nil
	}
	if kind := e.Details.Kind(); kind == 'n' {
		e.Details = nil
		return nil
	} else if kind != '{' {
		return &FieldError{"details", fmt.Sprintf("is a JSON %s, it must be an object", kind)}
	}
	depth, compact := nesting(e.Details)
	if depth++; depth > MaxNesting {
		return &FieldError{"details", fmt.Sprintf("makes the event nest %d levels deep, the limit is %d", depth, MaxNesting)}
	}
	if e.checked != &e.Details[0] || !compact {
		if err := e.Details.Compact(jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false)); err != nil {
			return decodeErrorAt("details", err)
		}
	}
	if string(e.Details) == "{}" {
		e.Details = nil
	}
	return nil
}

func decodeErrorAt(field string, err error) error {
	fe := decodeError(err).(*FieldError)
	if fe.Field == "event" {
		fe.Field = field
	} else {
		fe.Field = field + "." + fe.Field
	}
	return fe
}

// nesting counts the deepest level of objects and arrays, and tells whether there is white space between values. It only needs to be right
// for valid JSON.
func nesting(v jsontext.Value) (deepest int, compact bool) {
	depth, inString := 0, false
	compact = true
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		case c <= ' ':
			compact = false
		}
	}
	return deepest, compact
}

// checkText refuses IDs and tenants that could not be told apart or shown, and text that is not UTF-8.
func (e *Event) checkText() error {
	if err := checkName("id", e.ID, MaxIDBytes); err != nil {
		return err
	}
	if err := checkName("tenant", e.Tenant, MaxTenantBytes); err != nil {
		return err
	}
	if bad := e.invalidText(); bad != "" {
		return &FieldError{bad, "is not valid UTF-8"}
	}
	return nil
}

func checkName(field, s string, limit int) error {
	if len(s) > limit {
		return &FieldError{field, fmt.Sprintf("%q is %d bytes, the limit is %d", shorten(s), len(s), limit)}
	}
	if !utf8.ValidString(s) {
		return &FieldError{field, "is not valid UTF-8"}
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }); i >= 0 {
		return &FieldError{field, fmt.Sprintf("%q has a control character at byte %d", shorten(s), i)}
	}
	return nil
}

// invalidText names the first member whose text is not UTF-8. Decoded JSON always is; events made in Go may not be.
func (e *Event) invalidText() string {
	for _, f := range [...]struct{ name, text string }{
		{"actor.id", e.Actor.ID}, {"actor.name", e.Actor.Name}, {"actor.email", e.Actor.Email},
		{"actor.domain", e.Actor.Domain}, {"actor.type", e.Actor.Type}, {"action", e.Action},
		{"project.id", e.Project.ID}, {"project.name", e.Project.Name}, {"module", e.Module},
		{"description", e.Description}, {"source.ip", e.Source.IP}, {"source.user_agent", e.Source.UserAgent},
		{"source.channel", e.Source.Channel},
	} {
		if !utf8.ValidString(f.text) {
			return f.name
		}
	}
	if e.Error != nil && !utf8.ValidString(e.Error.Code+e.Error.Message) {
		return "error"
	}
	for i, r := range e.Resources {
		if !utf8.ValidString(r.Type + r.ID + r.Name + r.Content) {
			return fmt.Sprintf("resources[%d]", i)
		}
	}
	return ""
}
