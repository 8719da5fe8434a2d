package export

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"annals/engine"
)

// Columns are the columns of a file for spreadsheets, in order. Its zero value is Fields.
type Columns struct {
	columns []column
	people  bool // for people: headings are titles and times are in their zone, to the second. Else for programs
}

// Fields has every field of an event, for programs: nothing is shortened, names are those of the columns, times are in UTC with all digits.
var Fields = Columns{columns: fields}

// List has what the console's list shows, for people.
var List = Columns{columns: listed, people: true}

// ParseColumns reads "all" (or nothing), "list", or names of fields with commas between.
func ParseColumns(text string) (Columns, error) {
	switch text {
	case "", "all":
		return Fields, nil
	case "list":
		return List, nil
	}
	var c Columns
	for name := range strings.SplitSeq(text, ",") {
		i := slices.IndexFunc(fields, func(f column) bool { return f.name == name })
		if i < 0 {
			return c, &engine.FieldError{Field: "columns", Message: fmt.Sprintf("%q is not all, list or names out of %s", name, fieldNames())}
		}
		if slices.ContainsFunc(c.columns, func(f column) bool { return f.name == name }) {
			return c, &engine.FieldError{Field: "columns", Message: fmt.Sprintf("%q is named twice", name)}
		}
		c.columns = append(c.columns, fields[i])
	}
	return c, nil
}

func fieldNames() string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// Texts are the English texts that a file says to people, for translators.
func Texts() []string {
	all := slices.Clone(aboutTexts)
	all = append(append(all, engine.Success, engine.Failure), engine.Operations...)
	for _, c := range slices.Concat(fields, listed) {
		if !slices.Contains(all, c.title) {
			all = append(all, c.title)
		}
	}
	return all
}

// aboutTexts are those besides the columns' titles.
var aboutTexts = []string{
	"Events", "About", "Query", "everything", "From", "To, exclusive", "none", "Time zone", "Order", "newest first", "oldest first", "Events that match",
	"Events in this file", "Sheets of events", "Exported at", "Exported by", "Server", "Checkpoint of the log", "Cells cut", "Cut, whole in the log",
}

func (c *Columns) list() []column {
	if c.columns == nil {
		return fields
	}
	return c.columns
}

// column is one of them. It has a text, or a time.
type column struct {
	name, title string
	width       float64 // in a workbook, in characters
	kind        kind
	text        func(dst []byte, e *engine.Event) []byte // appends the cell
	time        func(*engine.Event) time.Time
}

// kind says what a text is made of. Only words come from outside; a term is one of the few that an operation or a result can be, and is translated.
type kind int

const (
	words kind = iota
	number
	truth
	term
)

// fields are every field of an event.
var fields = []column{
	{name: "time", title: "Time", width: 23, time: func(e *engine.Event) time.Time { return e.Time }},
	field("id", "Event ID", 38, func(e *engine.Event) string { return e.ID }),
	field("tenant", "Tenant", 14, func(e *engine.Event) string { return e.Tenant }),
	field("user", "User", 20, func(e *engine.Event) string { return e.Actor.Name }),
	field("user_id", "Account ID", 20, func(e *engine.Event) string { return e.Actor.ID }),
	field("email", "E-mail", 24, func(e *engine.Event) string { return e.Actor.Email }),
	field("user_domain", "User domain", 14, func(e *engine.Event) string { return e.Actor.Domain }),
	field("user_type", "User type", 12, func(e *engine.Event) string { return e.Actor.Type }),
	field("action", "Event name", 28, func(e *engine.Event) string { return e.Action }),
	field("operation", "Operation type", 15, func(e *engine.Event) string { return e.Operation }),
	field("result", "Result", 10, func(e *engine.Event) string { return e.Result }),
	field("error_code", "Error code", 14, func(e *engine.Event) string { return failure(e).Code }),
	field("error_message", "Error message", 30, func(e *engine.Event) string { return failure(e).Message }),
	field("project", "Project", 18, func(e *engine.Event) string { return e.Project.Name }),
	field("project_id", "Project ID", 18, func(e *engine.Event) string { return e.Project.ID }),
	field("module", "Module", 20, func(e *engine.Event) string { return e.Module }),
	{name: "resources", title: "Resources", width: 36, text: resourceNames},
	{name: "resource_content", title: "Resource content", width: 30, text: resourceContent},
	field("description", "Operation event", 48, func(e *engine.Event) string { return e.Description }),
	field("ip", "Source IP", 16, func(e *engine.Event) string { return e.Source.IP }),
	field("user_agent", "User agent", 30, func(e *engine.Event) string { return e.Source.UserAgent }),
	field("channel", "Channel", 12, func(e *engine.Event) string { return e.Source.Channel }),
	{name: "write", title: "Write", width: 9, kind: truth, text: func(dst []byte, e *engine.Event) []byte {
		return strconv.AppendBool(dst, e.Write != nil && *e.Write)
	}},
	{name: "dangerous", title: "Dangerous", width: 11, kind: truth, text: func(dst []byte, e *engine.Event) []byte {
		return strconv.AppendBool(dst, e.Dangerous)
	}},
	{name: "details", title: "Event details", width: 60, text: func(dst []byte, e *engine.Event) []byte { return append(dst, e.Details...) }},
	{name: "received", title: "Received", width: 23, time: func(e *engine.Event) time.Time { return e.Received }},
	{name: "seq", title: "Sequence number", width: 12, kind: number, text: func(dst []byte, e *engine.Event) []byte {
		return strconv.AppendUint(dst, e.Seq, 10)
	}},
}

// listed are what the console's list shows, in its order. A user has the account ID with the name; a project without a name has its ID.
var listed = []column{
	{name: "time", title: "Operation time", width: 20, time: func(e *engine.Event) time.Time { return e.Time }},
	{name: "user", title: "User", width: 26, text: userAndID},
	{name: "result", title: "Result", width: 10, kind: term, text: func(dst []byte, e *engine.Event) []byte { return append(dst, e.Result...) }},
	field("project", "Project", 18, func(e *engine.Event) string { return cmp.Or(e.Project.Name, e.Project.ID) }),
	field("module", "Module", 20, func(e *engine.Event) string { return e.Module }),
	{name: "operation", title: "Operation type", width: 15, kind: term, text: func(dst []byte, e *engine.Event) []byte { return append(dst, e.Operation...) }},
	{name: "description", title: "Operation event", width: 48, text: whatHappened},
	field("action", "Event name", 28, func(e *engine.Event) string { return e.Action }),
	field("id", "Event ID", 38, func(e *engine.Event) string { return e.ID }),
	field("ip", "Source IP", 16, func(e *engine.Event) string { return e.Source.IP }),
}

// field is a column whose text the event has as it is.
func field(name, title string, width float64, get func(*engine.Event) string) column {
	return column{name: name, title: title, width: width, text: func(dst []byte, e *engine.Event) []byte { return append(dst, get(e)...) }}
}

func failure(e *engine.Event) engine.EventError {
	if e.Error == nil {
		return engine.EventError{}
	}
	return *e.Error
}

// userAndID writes name (account ID), or what there is of them.
func userAndID(dst []byte, e *engine.Event) []byte {
	name := cmp.Or(e.Actor.Name, e.Actor.Email)
	switch {
	case e.Actor.ID == "" || e.Actor.ID == name:
		return append(dst, name...)
	case name == "":
		return append(dst, e.Actor.ID...)
	}
	return append(append(append(append(dst, name...), " ("...), e.Actor.ID...), ')')
}

// whatHappened is the description, or the resources where there is none.
func whatHappened(dst []byte, e *engine.Event) []byte {
	if e.Description != "" {
		return append(dst, e.Description...)
	}
	return resourceNames(dst, e)
}

// resourceNames writes them for a reader: type name (id), separated by semicolons.
func resourceNames(dst []byte, e *engine.Event) []byte {
	for i, r := range e.Resources {
		if i > 0 {
			dst = append(dst, "; "...)
		}
		dst = append(dst, r.Type...)
		if r.Type != "" && r.Name != "" {
			dst = append(dst, ' ')
		}
		dst = append(dst, r.Name...)
		if r.ID != "" {
			dst = append(dst, " ("...)
			dst = append(append(dst, r.ID...), ')')
		}
	}
	return dst
}

func resourceContent(dst []byte, e *engine.Event) []byte {
	begun := false
	for _, r := range e.Resources {
		if r.Content == "" {
			continue
		}
		if begun {
			dst = append(dst, "; "...)
		}
		dst, begun = append(dst, r.Content...), true
	}
	return dst
}
