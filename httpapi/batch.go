package httpapi

import (
	"bytes"
	"mime"

	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// batch is what a request brought: the events that can be appended, and the outcome of each in the order of the request.
type batch struct {
	events   []*engine.Event
	at       []int // events[i] is outcomes[at[i]]
	outcomes []engine.Outcome
}

// decodeBatch reads the events of a body. One that cannot be read, or that the caller may not write, is an Invalid outcome; the
// others go on. A body that holds no events at all is an error.
func decodeBatch(body []byte, contentType string, caller auth.Caller) (*batch, error) {
	values, err := splitBody(body, contentType)
	if err != nil {
		return nil, err
	}
	b := &batch{
		events:   make([]*engine.Event, 0, len(values)),
		at:       make([]int, 0, len(values)),
		outcomes: make([]engine.Outcome, len(values)),
	}
	for i, v := range values {
		e, err := engine.DecodeEvent(v)
		if err == nil {
			e.Tenant, err = caller.WriteTo(e.Tenant)
		}
		if err != nil {
			b.outcomes[i] = engine.Outcome{Status: engine.Invalid, Err: err}
			continue
		}
		b.events = append(b.events, e)
		b.at = append(b.at, i)
	}
	if len(b.events) == 0 && !anyJSON(values) {
		return nil, reply.BadBody("the body is not JSON: %v", b.outcomes[0].Err)
	}
	return b, nil
}

// settle puts the log's outcomes in their places.
func (b *batch) settle(outcomes []engine.Outcome) {
	for i, o := range outcomes {
		b.outcomes[b.at[i]] = o
	}
}

func anyJSON(values []jsontext.Value) bool {
	for _, v := range values {
		if v.IsValid(looseJSON...) {
			return true
		}
	}
	return false
}

// looseJSON leaves what only spoils one event to the decoding of that event.
var looseJSON = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// splitBody cuts a body into the JSON text of its events without decoding them.
func splitBody(body []byte, contentType string) ([]jsontext.Value, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	text := bytes.TrimLeft(body, " \t\r\n")
	if len(text) == 0 {
		return nil, reply.BadBody("the body is empty; send one event, an array of events, or one event a line")
	}
	var values []jsontext.Value
	var err error
	switch {
	case isLines(text, contentType):
		values, err = splitLines(body)
	case text[0] == '[':
		values, err = splitArray(text)
	default:
		values, err = splitObject(text)
	}
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, reply.BadBody("the body holds no events")
	}
	return values, nil
}

// isLines tells NDJSON by its type, or else by a first line that is a whole object with something after it.
func isLines(text []byte, contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	switch media {
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines":
		return true
	}
	first, rest, found := bytes.Cut(text, []byte("\n"))
	return found && text[0] == '{' && len(bytes.TrimSpace(rest)) > 0 && jsontext.Value(first).IsValid(looseJSON...)
}

func splitLines(body []byte) ([]jsontext.Value, error) {
	var values []jsontext.Value
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if len(values) == engine.MaxRequestEvents {
			return nil, tooManyEvents()
		}
		values = append(values, line)
	}
	return values, nil
}

func tooManyEvents() error {
	return reply.TooLarge(engine.MaxRequestEvents, "the request holds more than %d events", engine.MaxRequestEvents)
}

func splitObject(text []byte) ([]jsontext.Value, error) {
	v := jsontext.Value(bytes.TrimSpace(text))
	if v.Kind() == '{' && v.IsValid(looseJSON...) {
		return []jsontext.Value{v}, nil
	}
	_, err := jsontext.NewDecoder(bytes.NewReader(text), looseJSON...).ReadValue()
	if err == nil {
		return nil, reply.BadBody("the body is neither an event, nor an array of events, nor one event a line")
	}
	return nil, reply.BadBody("the body is not JSON: %v", err)
}

// splitArray refuses the whole array when its end is missing or garbled: what came is then not what was sent.
func splitArray(text []byte) ([]jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text), looseJSON...)
	if _, err := d.ReadToken(); err != nil {
		return nil, reply.BadBody("the body is not JSON: %v", err)
	}
	var values []jsontext.Value
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil, reply.BadBody("the array of events is not JSON: %v", err)
		}
		if len(values) == engine.MaxRequestEvents {
			return nil, tooManyEvents()
		}
		end := int(d.InputOffset())
		values = append(values, text[end-len(v):end])
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, reply.BadBody("the array of events is not JSON: %v", err)
	}
	if rest := text[d.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
		return nil, reply.BadBody("something follows the array of events at byte %d", d.InputOffset())
	}
	return values, nil
}
