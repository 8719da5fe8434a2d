// Package export writes events as files: xlsx and CSV for spreadsheets, JSON, and NDJSON that can be imported again; each also in a zip.
// Memory stays flat however many events go through, nothing is kept on disk, and the first bytes go out with the first events.
//
// Reading order: columns.go says what a file for spreadsheets has, csv.go and json.go how it is written, xlsx.go how a workbook is.
package export

import (
	"io"
	"strings"
	"time"

	"annals/engine"
)

// An Encoder writes one file. The constructor begins it, Write adds an event, Close ends it. After an error, or without
// Close, what was written is not a whole file.
type Encoder interface {
	Write(*engine.Event) error
	Close() error
}

// Format is a kind of file.
type Format struct {
	Name        string // also the extension of its files
	ContentType string
	Columns     bool // takes other columns than all
	New         func(io.Writer, Options) Encoder
}

// Formats lists what can be written.
var Formats = withZips([]Format{
	{"csv", "text/csv; charset=utf-8", true, newCSV},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true, newXLSX},
	{"json", "application/json", false, newJSON},
	{"ndjson", "application/x-ndjson", false, newNDJSON},
})

// Lookup returns the format with the name.
func Lookup(name string) (Format, bool) {
	for _, f := range Formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Names lists the formats in a line.
func Names() string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// Options say what goes into a file and what the file says about itself. The zero value means every field, and UTC.
type Options struct {
	Columns Columns                     // the zero value is Fields; json and ndjson have every field whatever it says
	Zone    *time.Location              // of times for people; nil: UTC
	Title   func(english string) string // translates what a file says to people; nil: English
	Name    string                      // of the file: what it is called inside of a zip
	About   About

	terms map[string][]byte // translated already
}

// About is where a file comes from. A workbook says it on a sheet of its own.
type About struct {
	Query      string    // as it was asked; "": everything
	From, To   time.Time // zero: no bound
	Order      string    // in words
	Total      uint64
	At         time.Time // when it was exported
	By         string
	Server     string
	Checkpoint string // of the log, at the time or later; "": none
}

func (o *Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

func (o *Options) title(english string) string {
	if o.Title == nil {
		return english
	}
	return o.Title(english)
}

// term translates an operation or a result. One that is not known, which the log does not take, stays as it is.
func (o *Options) term(s []byte) []byte {
	if o.Title == nil {
		return s
	}
	if o.terms == nil {
		o.terms = map[string][]byte{}
		for _, known := range append([]string{engine.Success, engine.Failure}, engine.Operations...) {
			o.terms[known] = []byte(o.Title(known))
		}
	}
	if said, ok := o.terms[string(s)]; ok {
		return said
	}
	return s
}

// heading is what stands over a column for people. A time says in which zone it is.
func (o *Options) heading(c *column) string {
	if c.time == nil {
		return o.title(c.title)
	}
	return o.title(c.title) + " (" + o.zone().String() + ")"
}

// chunkBytes is how much is gathered before it is handed to the writer.
const chunkBytes = 64 << 10

// chunk gathers output. Encoders append to buf and call spill after every event.
type chunk struct {
	w   io.Writer
	buf []byte
}

func newChunk(w io.Writer) chunk { return chunk{w: w, buf: make([]byte, 0, 2*chunkBytes)} }

func (c *chunk) spill() error {
	if len(c.buf) < chunkBytes {
		return nil
	}
	return c.flush()
}

func (c *chunk) flush() error {
	_, err := c.w.Write(c.buf)
	c.buf = c.buf[:0]
	return err
}
