// Package cloudtrail translates AWS CloudTrail records: as delivered to S3 (an object with a Records array), as a plain array,
// as JSON lines (with what Logstash adds, too), and as CSV exports.
//
// An event's ID is the record's eventID where that is a UUID, as AWS makes them; test data and exports with made-up ones get an
// ID from their bytes.
package cloudtrail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/google/uuid"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const (
	name    = "cloudtrail"
	wrapper = "Records"
)

var errNoAction = errors.New("no eventName: not a CloudTrail record")

// Detect looks for eventSource, eventName and userIdentity or eventVersion, or for a CSV header with an event name and ID.
func Detect(head []byte, filename string) int {
	if isCSV(head) {
		return 90
	}
	o := record.Head(head, wrapper)
	n := 0
	for _, member := range []string{"eventName", "eventSource", "eventTime", "awsRegion", "eventID", "userIdentity", "eventVersion"} {
		if o.Has(member) {
			n += 14
		}
	}
	if n > 0 && n < 50 && strings.Contains(filename, "CloudTrail") {
		n += 10
	}
	return n
}

// Read translates CloudTrail records in any of the forms.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	br := bufio.NewReaderSize(r, record.HeadBytes)
	if head, _ := br.Peek(record.HeadBytes); isCSV(head) {
		return readCSV(br, o, emit)
	}
	return record.ReadObjects(br, o, emit, translate, wrapper)
}

func isCSV(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = bytes.ToLower(line)
	return bytes.Contains(line, []byte("event name")) && bytes.Contains(line, []byte("event id")) && bytes.IndexByte(line, ',') > 0 &&
		bytes.IndexByte(line, '{') < 0
}

func translate(o record.Object) (*engine.Event, error) {
	ev := &engine.Event{Action: o.Str("eventName"), Module: service(o.Str("eventSource"))}
	if ev.Action == "" {
		return nil, errNoAction
	}
	var err error
	if ev.Time, err = record.Time(o.Or("eventTime", "@timestamp"), nil); err != nil {
		return nil, err
	}
	ev.ID = eventID(o.Str("eventID"), o.Raw)
	ev.Actor = actor(o)
	ev.Project.ID = record.First(o.Str("recipientAccountId"), o.Str("userIdentity", "accountId"))
	ev.Result, ev.Error = result(o)
	readOnly, known := o.Bool("readOnly")
	ev.Operation = operation(ev.Action, readOnly)
	if known {
		ev.Write = record.Flag(!readOnly)
	}
	ev.Dangerous = ev.Result == engine.Success && dangerous[ev.Action]
	ev.Resources = resources(o)
	ev.Source = source(o)
	ev.Description = record.Digest(ev)
	return ev, nil
}

func eventID(own string, raw []byte) string {
	if _, err := uuid.Parse(own); err != nil || len(own) != 36 {
		return record.DeriveID(name, raw)
	}
	return own
}

// service returns the short name of an eventSource such as iam.amazonaws.com.
func service(source string) string { return strings.TrimSuffix(source, ".amazonaws.com") }

func result(o record.Object) (string, *engine.EventError) {
	if o.Str("responseElements", "ConsoleLogin") == "Failure" {
		return engine.Failure, &engine.EventError{Code: o.Str("errorCode"), Message: record.First(o.Str("errorMessage"), "ConsoleLogin: Failure")}
	}
	return record.Failed(o.Str("errorCode"), o.Str("errorMessage"))
}

func source(o record.Object) engine.Source {
	from := o.Str("sourceIPAddress")
	s := engine.Source{IP: record.IP(from), UserAgent: o.Str("userAgent"), Channel: "api"}
	switch console, _ := o.Bool("sessionCredentialFromConsole"); {
	case o.Str("eventType") == "AwsServiceEvent" || s.IP == "" && (strings.HasSuffix(from, ".amazonaws.com") || from == "AWS Internal"):
		s.Channel = "service"
	case console || o.Str("eventType") == "AwsConsoleSignIn" ||
		o.Str("eventType") == "AwsConsoleAction" || strings.Contains(strings.ToLower(s.UserAgent), "console"):
		s.Channel = "console"
	}
	return s
}
