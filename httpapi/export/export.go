// Package export writes events as files: CSV for spreadsheets, JSON, and NDJSON that can be imported again.
// Memory stays flat however many events go through.
package export

import (
	"io"

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
	New         func(io.Writer) Encoder
}

// Formats lists what can be written.
var Formats = []Format{
	{"csv", "text/csv; charset=utf-8", newCSV},
	{"json", "application/json", newJSON},
	{"ndjson", "application/x-ndjson", newNDJSON},
}

// Lookup returns the format with the name.
func Lookup(name string) (Format, bool) {
	for _, f := range Formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
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
