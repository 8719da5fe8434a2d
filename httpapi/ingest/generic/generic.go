// Package generic translates JSON objects that are in no format known otherwise, by guessing which member means what from common names.
// It takes a record only if it finds an action and a time in it, and keeps the record whole, so that a wrong guess loses nothing.
package generic

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const format = "generic"

// wrappers are the names under which services answer with a list of records.
var wrappers = []string{"records", "events", "logs", "entries", "items", "results", "data", "value"}

// sure is the least that detection takes: any format that knows its records is surer.
const sure = 50

// Detect takes any JSON object.
func Detect(head []byte, _ string) int {
	if len(record.Head(head).Names()) == 0 {
		return 0
	}
	return sure
}

// Read translates every record of r.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	br := bufio.NewReaderSize(r, record.HeadBytes)
	head, _ := br.Peek(record.HeadBytes) // ReadObjects meets and reports what cuts it short
	translate := func(obj record.Object) (*engine.Event, error) { return translate(obj, o.Zone()) }
	return record.ReadObjects(br, o, emit, translate, wrappersOf(head)...)
}

// wrappersOf returns the wrappers to look into, if the file's first object can be one: an event has a time of its own, an answer has not,
// and an event's own "items" must not be taken for events.
func wrappersOf(head []byte) []string {
	f := open(record.Head(head))
	if _, err := f.time(time.UTC); err == nil {
		return nil
	}
	return wrappers
}

func translate(o record.Object, zone *time.Location) (*engine.Event, error) {
	f := open(o)
	action := f.action()
	if action == "" {
		return nil, errNoAction
	}
	t, err := f.time(zone)
	if err != nil {
		return nil, err
	}
	e := &engine.Event{
		ID:        f.id(),
		Time:      t,
		Actor:     f.actor(),
		Action:    action,
		Operation: record.OperationOf(action),
		Project:   engine.Ref{ID: f.text(projectIDs), Name: f.text(projectNames)},
		Module:    f.text(moduleNames),
		Resources: f.resources(),
		Source:    engine.Source{IP: f.ip(), UserAgent: f.deepText(agentNames), Channel: f.text(channelNames)},
	}
	e.Result, e.Error = f.outcome(action)
	e.Write = record.Flag(record.IsWrite(e.Operation))
	e.Description = record.First(record.Cut(f.message(), maxDescriptionBytes), record.Digest(e))
	return e, nil
}

// maxDescriptionBytes is where a message is cut; the details keep it whole.
const maxDescriptionBytes = 1000

var (
	errNoAction = fmt.Errorf("no action: looked for %s", strings.Join(append(append([]string(nil), actionNames...), weakActionNames...), ", "))
	errNoTime   = fmt.Errorf("no time: looked for %s", strings.Join(timeNames, ", "))
)

// action prefers names that can mean nothing else, wherever they are, to "type" and "name".
func (f *fields) action() string {
	for _, s := range f.shallow {
		if f.root.has("kind") && s.has("type") && s.text("name") != "" {
			return s.text("name") // a Google report: type is the group of what name says
		}
	}
	return record.First(f.text(actionNames), f.text(weakActionNames))
}

func (f *fields) time(zone *time.Location) (time.Time, error) {
	err := errNoTime
	for _, s := range f.deep {
		for _, name := range timeNames {
			text := s.text(name)
			if text == "" {
				continue
			}
			t, bad := record.Time(text, zone)
			if bad == nil {
				return t, nil
			}
			if errors.Is(err, errNoTime) {
				err = bad
			}
		}
	}
	return time.Time{}, err
}

// id is the record's own only if it can hardly be another thing's: named as an event's, or long enough to be unique among all things.
// With a wrong one, different events would be taken for one; with one derived from the record, none can be.
func (f *fields) id() string {
	own := f.text(eventIDNames)
	if len(own) < minIDBytes {
		own = f.text(idNames)
	}
	if len(own) < minIDBytes {
		own = ""
	}
	return record.OwnID(own, format, f.root.object.Raw)
}

const minIDBytes = 16

func (f *fields) ip() string {
	for _, s := range f.deep {
		for _, name := range ipNames {
			text := s.text(name)
			if list := s.value(name); text == "" && list.Kind() == '[' {
				text = firstText(list)
			}
			if ip := record.IP(text); ip != "" {
				return ip
			}
		}
	}
	return ""
}

func (f *fields) message() string {
	for _, s := range append(f.shallow, f.root.inner("eventtype"), f.root.inner("message")) {
		for _, name := range messageNames {
			if text := record.Text(s.value(name)); text != "" {
				return text
			}
		}
	}
	return ""
}
