package huawei

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"strconv"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// rowTimeLayout is how the vendor's replay service reads a file's times: yyyy-MM-dd'T'HH:mm:ss 'UTC'.
const rowTimeLayout = "2006-01-02T15:04:05 UTC"

// rowWriter writes events as lines of an audit log file: 12 columns, RFC 4180 quotes, no heading. Programs read it, so that a text that a
// spreadsheet would run as a formula stays as it is.
type rowWriter struct {
	buf  bytes.Buffer
	csv  *csv.Writer
	line [12]string
}

// row returns the event's line, which is valid until the next one.
func (w *rowWriter) row(e *engine.Event) []byte {
	if w.csv == nil {
		w.csv = csv.NewWriter(&w.buf)
	}
	w.buf.Reset()
	name := protocolName(e.Operation)
	class, sql := commandClass(e), e.Action
	if e.Description != "" {
		sql += " " + e.Description
	}
	if name == "QUIT" { // says no more
		class, sql = "", ""
	}
	user := cmp.Or(e.Actor.Name, e.Actor.Email, e.Actor.ID)
	w.line = [12]string{
		e.ID,
		connectionID(e),
		connectionStatus(e),
		name,
		e.Time.UTC().Format(rowTimeLayout),
		class,
		sql,
		user,
		e.Source.Channel,
		externalUser(e, user),
		e.Source.IP,
		e.Module,
	}
	if err := w.csv.Write(w.line[:]); err != nil {
		panic(err) // it writes to memory
	}
	w.csv.Flush()
	return w.buf.Bytes()
}

// protocolName is the kind of record that a MySQL audit log knows.
func protocolName(operation string) string {
	switch operation {
	case engine.OpLogin:
		return "CONNECT"
	case engine.OpLogout:
		return "QUIT"
	}
	return "QUERY"
}

// commandClass is the operation; of one that is none of the log's, the action.
func commandClass(e *engine.Event) string {
	if e.Operation == engine.OpOther {
		return e.Action
	}
	return e.Operation
}

// connectionStatus is an error's code, or 1 for an error without one; 0 is success.
func connectionStatus(e *engine.Event) string {
	switch {
	case e.Result != engine.Failure:
		return "0"
	case e.Error == nil:
		return "1"
	}
	return cmp.Or(e.Error.Code, "1")
}

// connectionID is the request's, where the event says it; else the event's own number.
func connectionID(e *engine.Event) string {
	var details struct {
		RequestID string `json:"request_id"`
	}
	if bytes.Contains(e.Details, []byte(`"request_id"`)) && json.Unmarshal(e.Details, &details) == nil && details.RequestID != "" {
		return details.RequestID
	}
	return strconv.FormatUint(e.Seq, 10)
}

// externalUser is whatever else the actor is known by.
func externalUser(e *engine.Event, user string) string {
	for _, other := range []string{e.Actor.Email, e.Actor.ID} {
		if other != "" && other != user {
			return other
		}
	}
	return ""
}
