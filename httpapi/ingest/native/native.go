// Package native reads Annals' own events, as POST /api/v1/events takes them and GET /api/v1/export writes them: one JSON object, an array
// of them, or lines.
package native

import (
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const format = "native"

// kinds are the members of an event and the JSON kind that each has.
var kinds = map[string]jsontext.Kind{
	"id": '"', "time": '"', "tenant": '"', "actor": '{', "action": '"', "operation": '"', "result": '"', "error": '{',
	"project": '{', "module": '"', "resources": '[', "description": '"', "source": '{', "write": 't', "dangerous": 't', "details": '{',
	"received": '"', "seq": '0',
}

// Detect looks for an action among members that all are an event's. One stranger is let pass among many that are, so that a misspelt
// member is refused by its name and not guessed at.
func Detect(head []byte, _ string) int {
	o := record.Head(head, "events")
	if o.Get("action").Kind() != '"' {
		return 0
	}
	known, strange := 0, 0
	for _, name := range o.Names() {
		if kind := kinds[name]; kind != 0 && sameKind(o.Get(name).Kind(), kind) {
			known++
		} else {
			strange++
		}
		if strange > 1 {
			return 0
		}
	}
	op := o.Str("operation")
	if op != "" && !slices.Contains(engine.Operations, op) {
		strange++
	}
	switch {
	case strange == 0:
		return 96
	case strange == 1 && known >= 5:
		return 75
	}
	return 0
}

func sameKind(have, want jsontext.Kind) bool { return have == want || have == 'f' && want == 't' }

// complete refuses what would not be the same event when it is read again: in a file, unlike in a request, a time must not be left to
// the clock.
func complete(e *engine.Event) error {
	switch {
	case e.Action == "":
		return &engine.FieldError{Field: "action", Message: "is missing"}
	case e.Time.IsZero():
		return &engine.FieldError{Field: "time", Message: "is missing"}
	}
	return nil
}

// Read reads every event of r. An event keeps its tenant unless o names one; seq and received are the log's to set and not taken over.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	var tenant string // of the event that translate has just read
	translate := func(obj record.Object) (*engine.Event, error) {
		e, err := engine.DecodeEvent(obj.Raw)
		if err == nil {
			err = complete(e)
		}
		if err != nil {
			return nil, err
		}
		e.ID = record.OwnID(e.ID, format, obj.Raw)
		if tenant = o.Tenant; tenant == "" {
			tenant = e.Tenant
		}
		if len(e.Details) == 0 {
			e.Details = jsontext.Value("{}") // or else the whole event would become its own details
		}
		return e, nil
	}
	keepTenant := func(e *engine.Event, err error) error {
		if e != nil {
			e.Tenant = tenant
		}
		return emit(e, err)
	}
	return record.ReadObjects(r, o, keepTenant, translate, "events")
}
