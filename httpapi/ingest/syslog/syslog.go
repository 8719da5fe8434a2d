// Package syslog translates text lines of syslog: as rsyslog writes them to files such as auth.log (RFC 3164, with or without
// priority; or with an RFC 3339 time), and RFC 5424. What sshd, sudo, su, cron, PAM, logind and the account tools say is
// understood; other lines are kept as messages.
//
// Equal lines in one second are events that happened more than once. So an ID is derived from the line and how many times it
// came in this file before: importing a file again adds nothing, and repeated lines are kept. A second that a log rotation cuts
// in two may fold equal lines.
//
// A line without a year gets it from the options or the clock, and the ID leaves the year out: importing an old file again in
// another year collides with the events that are there, rather than adding them a second time with a wrong time.
package syslog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const name = "syslog"

var errNoSyslog = errors.New("neither RFC 3164 nor RFC 5424: no time and host at the start of the line")

// Detect looks at the first lines for a syslog header.
func Detect(head []byte, filename string) int {
	mine, lines := 0, 0
	for line := range bytes.Lines(head) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if _, err := parseLine(string(line)); err == nil {
			mine++
		}
		if lines++; lines == 8 {
			break
		}
	}
	if mine*2 <= lines {
		return 0
	}
	return 80
}

// Read translates syslog lines. Times without a year or zone take o's.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	years, seen := yearGuess{now: o.Clock(), zone: o.Zone(), year: o.Year}, repeats{}
	return record.Lines(bufio.NewReader(r), func(n int, line []byte, err error) error {
		var ev *engine.Event
		if err == nil {
			ev, err = translate(string(line), &years, &seen)
		}
		if err != nil {
			return emit(nil, &record.Error{Unit: "line", N: n, Err: err})
		}
		ev.Tenant = o.Tenant
		return emit(ev, nil)
	})
}

func translate(line string, years *yearGuess, seen *repeats) (*engine.Event, error) {
	m, err := parseLine(strings.ToValidUTF8(line, "\uFFFD"))
	if err != nil {
		return nil, err
	}
	m.raw = line
	if m.time.IsZero() {
		if m.time, err = years.time(m.stamp); err != nil {
			return nil, err
		}
	}
	ev := &engine.Event{
		ID:          seen.id(line),
		Time:        m.time,
		Action:      record.First(m.program, "syslog") + " message",
		Operation:   engine.OpOther,
		Result:      engine.Success,
		Module:      m.program,
		Project:     engine.Ref{ID: m.host, Name: m.host},
		Description: record.Cut(clean(m.text), 300),
		Source:      engine.Source{Channel: "syslog"},
		Details:     m.details(),
	}
	understand(ev, m.program, m.text)
	return ev, nil
}
