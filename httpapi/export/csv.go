package export

import (
	"bytes"
	"io"
	"strings"
	"time"

	"annals/engine"
)

// byteOrderMark makes spreadsheets read the file as UTF-8.
const byteOrderMark = "\ufeff"

// secondLayout is how people read a time.
const secondLayout = "2006-01-02 15:04:05"

// csvEncoder writes RFC 4180 rows by hand: encoding/csv would need every cell as a string first.
type csvEncoder struct {
	chunk
	o       Options
	columns []column
	cell    []byte // scratch
}

func newCSV(w io.Writer, o Options) Encoder {
	e := &csvEncoder{chunk: newChunk(w), o: o, columns: o.Columns.list()}
	e.buf = append(e.buf, byteOrderMark...)
	for i := range e.columns {
		heading := e.columns[i].name
		if o.Columns.people {
			heading = o.heading(&e.columns[i])
		}
		e.buf = append(AppendCell(e.buf, []byte(heading)), ',')
	}
	e.endRow()
	return e
}

func (e *csvEncoder) Write(ev *engine.Event) error {
	for i := range e.columns {
		c := &e.columns[i]
		switch {
		case c.time != nil:
			e.time(c.time(ev))
		case c.kind == words:
			e.cell = c.text(e.cell[:0], ev)
			e.buf = AppendCell(e.buf, e.cell)
		case c.kind == term:
			e.cell = c.text(e.cell[:0], ev)
			e.buf = AppendCell(e.buf, e.o.term(e.cell)) // not into the scratch: others see what it returns
		default:
			e.buf = c.text(e.buf, ev)
		}
		e.buf = append(e.buf, ',')
	}
	e.endRow()
	return e.spill()
}

func (e *csvEncoder) Close() error { return e.flush() }

// endRow puts the line end in place of the last comma.
func (e *csvEncoder) endRow() { e.buf = append(e.buf[:len(e.buf)-1], "\r\n"...) }

func (e *csvEncoder) time(t time.Time) {
	switch {
	case t.IsZero():
	case e.o.Columns.people:
		e.buf = t.In(e.o.zone()).AppendFormat(e.buf, secondLayout)
	default:
		e.buf = t.UTC().AppendFormat(e.buf, time.RFC3339Nano)
	}
}

// AppendCell writes a cell of text from outside. A spreadsheet would run a cell that begins like a formula, so such a cell gets an
// apostrophe in front.
func AppendCell(dst, s []byte) []byte {
	if len(s) == 0 {
		return dst
	}
	if bytes.IndexByte(s, 0) >= 0 { // some readers end the cell there, others drop it and see what is behind, others refuse the file
		s = bytes.ReplaceAll(s, []byte{0}, []byte("\ufffd"))
	}
	quote := needsQuotes(s)
	if quote {
		dst = append(dst, '"')
	}
	if startsFormula(s) {
		dst = append(dst, '\'')
	}
	if quote {
		return append(appendDoubled(dst, s), '"')
	}
	return append(dst, s...)
}

// needsQuotes also knows semicolon and tab: spreadsheets take them for separators as well, unless told otherwise, and what follows one would
// begin a cell, maybe with a formula.
func needsQuotes(s []byte) bool {
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		return true // some readers trim what is not quoted
	}
	for _, c := range s {
		switch c {
		case '"', ',', ';', '\t', '\n', '\r':
			return true
		}
	}
	return false
}

func appendDoubled(dst, s []byte) []byte {
	start := 0
	for i, c := range s {
		if c == '"' {
			dst = append(append(dst, s[start:i+1]...), '"')
			start = i + 1
		}
	}
	return append(dst, s[start:]...)
}

// startsFormula also knows the full-width forms, which some spreadsheets treat alike.
func startsFormula(s []byte) bool {
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	case 0xEF:
		return len(s) >= 3 && strings.Contains("＝＋－＠", string(s[:3]))
	}
	return false
}
