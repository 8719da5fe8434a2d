// Package auditd translates the Linux audit log: the lines that auditd writes, with or without the node's name and interpreted
// fields, and the lines that the Azure Monitor agent (AUOMS) sends as JSON.
//
// The kernel tells one event in several records with the same time and serial number. They become one event, in whatever order
// they come and whether or not the end-of-event record got lost, as long as no more than maxOpen other events began in between;
// an event that a log rotation cut in two stays two. The ID is derived from the event's lines in one fixed order, so the same
// event out of order is the same.
package auditd

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const name = "auditd"

var (
	errNoAudit = errors.New("no type=… audit(time:serial): not an audit record")
	errNoLine  = errors.New("no audit record in SyslogMessage")
)

// Detect looks for lines with type=… and audit(time:serial), bare or in SyslogMessage.
func Detect(head []byte, filename string) int {
	if isJSON(head) {
		if o := record.Head(head); isAudit(o.Str("SyslogMessage")) {
			return 95
		}
		return 0
	}
	// A syslog file may have an audit line among others, so one is not enough.
	mine, lines := 0, 0
	for line := range bytes.Lines(head) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if isAudit(string(line)) {
			mine++
		}
		if lines++; lines == 8 {
			break
		}
	}
	if mine*2 <= lines {
		return 0
	}
	return 95
}

func isJSON(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n[")
	return len(head) > 0 && head[0] == '{'
}

func isAudit(line string) bool {
	_, err := parseLine(line)
	return err == nil
}

// Read translates audit records of either form.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	br := bufio.NewReaderSize(r, record.HeadBytes)
	if head, _ := br.Peek(record.HeadBytes); isJSON(head) {
		return record.ReadObjects(br, o, emit, translateJSON)
	}
	g := joiner{emit: func(lines []auditRecord) error {
		ev := translate(lines)
		ev.Tenant = o.Tenant
		return emit(ev, nil)
	}}
	err := record.Lines(br, func(n int, line []byte, err error) error {
		var rec auditRecord
		if err == nil {
			rec, err = parseLine(string(line))
		}
		if err != nil {
			return emit(nil, &record.Error{Unit: "line", N: n, Err: err})
		}
		return g.add(rec)
	})
	if err != nil {
		return err
	}
	return g.flush(0)
}

// translateJSON takes what AUOMS sends: it has joined the records of an event already.
func translateJSON(o record.Object) (*engine.Event, error) {
	rec, err := parseLine(o.Str("SyslogMessage"))
	if err != nil {
		return nil, errNoLine
	}
	if rec.node == "" {
		rec.node = o.Or("HostName", "Computer")
	}
	ev := translate([]auditRecord{rec})
	ev.ID, ev.Details = record.DeriveID(name, o.Raw), o.Raw
	return ev, nil
}

// details are the event's lines with their fields, and its command line in clear text.
func details(recs []auditRecord, command string) *record.Fields {
	f := &record.Fields{}
	f.Set("event", recs[0].id)
	f.Set("node", recs[0].node)
	f.Set("command", command)
	var all bytes.Buffer
	for i, rec := range recs {
		one := &record.Fields{}
		one.Set("type", rec.kind)
		one.SetRaw(rec.raw)
		for _, kv := range rec.fields {
			one.Set(kv.name, kv.value)
		}
		all.WriteByte("[,"[min(i, 1)])
		all.Write(one.Value())
	}
	all.WriteByte(']')
	f.SetValue("records", all.Bytes())
	return f
}

func eventID(recs []auditRecord) string {
	lines := make([]string, len(recs))
	for i, rec := range recs {
		lines[i] = rec.raw
	}
	return record.DeriveID(name, []byte(strings.Join(lines, "\n")))
}
