package export

import (
	"io"
	"strconv"
	"strings"
	"time"

	"annals/engine"
)

// csvHeader names the columns, in the order of appendRow.
const csvHeader = "time,id,tenant,user,user_id,email,user_domain,user_type,action,operation,result,error_code,error_message," +
	"project,project_id,module,resources,resource_content,description,ip,user_agent,channel,write,dangerous,details,received,seq\r\n"

// byteOrderMark makes spreadsheets read the file as UTF-8.
const byteOrderMark = "\ufeff"

// csvEncoder writes RFC 4180 rows by hand: encoding/csv would need every cell as a string first.
type csvEncoder struct {
	chunk
	cell []byte // scratch for cells of several parts
}

func newCSV(w io.Writer) Encoder {
	e := &csvEncoder{chunk: newChunk(w)}
	e.buf = append(e.buf, byteOrderMark+csvHeader...)
	return e
}

func (e *csvEncoder) Write(ev *engine.Event) error {
	e.appendRow(ev)
	return e.spill()
}

func (e *csvEncoder) Close() error { return e.flush() }

func (e *csvEncoder) appendRow(ev *engine.Event) {
	e.timeCell(ev.Time)
	e.text(ev.ID)
	e.text(ev.Tenant)
	e.text(ev.Actor.Name)
	e.text(ev.Actor.ID)
	e.text(ev.Actor.Email)
	e.text(ev.Actor.Domain)
	e.text(ev.Actor.Type)
	e.text(ev.Action)
	e.text(ev.Operation)
	e.text(ev.Result)
	if ev.Error != nil {
		e.text(ev.Error.Code)
		e.text(ev.Error.Message)
	} else {
		e.buf = append(e.buf, ",,"...)
	}
	e.text(ev.Project.Name)
	e.text(ev.Project.ID)
	e.text(ev.Module)
	e.resources(ev.Resources)
	e.resourceContent(ev.Resources)
	e.text(ev.Description)
	e.text(ev.Source.IP)
	e.text(ev.Source.UserAgent)
	e.text(ev.Source.Channel)
	e.boolean(ev.Write != nil && *ev.Write)
	e.boolean(ev.Dangerous)
	appendCell(e, ev.Details)
	e.timeCell(ev.Received)
	e.buf = strconv.AppendUint(e.buf, ev.Seq, 10)
	e.buf = append(e.buf, "\r\n"...)
}

func (e *csvEncoder) text(s string) { appendCell(e, s) }

func (e *csvEncoder) timeCell(t time.Time) {
	if !t.IsZero() {
		e.buf = t.UTC().AppendFormat(e.buf, time.RFC3339Nano)
	}
	e.buf = append(e.buf, ',')
}

func (e *csvEncoder) boolean(b bool) {
	e.buf = append(strconv.AppendBool(e.buf, b), ',')
}

// resources writes them for a reader: type name (id), separated by semicolons.
func (e *csvEncoder) resources(list []engine.Resource) {
	e.cell = e.cell[:0]
	for i, r := range list {
		if i > 0 {
			e.cell = append(e.cell, "; "...)
		}
		e.cell = append(e.cell, r.Type...)
		if r.Type != "" && r.Name != "" {
			e.cell = append(e.cell, ' ')
		}
		e.cell = append(e.cell, r.Name...)
		if r.ID != "" {
			e.cell = append(e.cell, " ("...)
			e.cell = append(append(e.cell, r.ID...), ')')
		}
	}
	appendCell(e, e.cell)
}

func (e *csvEncoder) resourceContent(list []engine.Resource) {
	e.cell = e.cell[:0]
	for _, r := range list {
		if r.Content == "" {
			continue
		}
		if len(e.cell) > 0 {
			e.cell = append(e.cell, "; "...)
		}
		e.cell = append(e.cell, r.Content...)
	}
	appendCell(e, e.cell)
}

// appendCell writes a cell of text from outside and the comma after it. A spreadsheet would run a cell that begins like a
// formula, so such a cell gets an apostrophe in front.
func appendCell[T string | ~[]byte](e *csvEncoder, s T) {
	if len(s) == 0 {
		e.buf = append(e.buf, ',')
		return
	}
	quote := needsQuotes(s)
	if quote {
		e.buf = append(e.buf, '"')
	}
	if startsFormula(s) {
		e.buf = append(e.buf, '\'')
	}
	if quote {
		e.buf = append(appendDoubled(e.buf, s), '"', ',')
		return
	}
	e.buf = append(append(e.buf, s...), ',')
}

func needsQuotes[T string | ~[]byte](s T) bool {
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		return true // some readers trim what is not quoted
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '"' || c == ',' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

func appendDoubled[T string | ~[]byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			dst = append(append(dst, s[start:i+1]...), '"')
			start = i + 1
		}
	}
	return append(dst, s[start:]...)
}

// startsFormula also knows the full-width forms, which some spreadsheets treat alike.
func startsFormula[T string | ~[]byte](s T) bool {
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	case 0xEF:
		return len(s) >= 3 && strings.Contains("＝＋－＠", string(s[:3]))
	}
	return false
}
