package export

import (
	"io"

	"annals/engine"
)

// jsonEncoder writes one array with an event a line.
type jsonEncoder struct {
	chunk
	any bool
}

func newJSON(w io.Writer, _ Options) Encoder {
	e := &jsonEncoder{chunk: newChunk(w)}
	e.buf = append(e.buf, '[')
	return e
}

func (e *jsonEncoder) Write(ev *engine.Event) error {
	if e.any {
		e.buf = append(e.buf, ',')
	}
	e.any = true
	e.buf = ev.AppendJSON(append(e.buf, '\n'))
	return e.spill()
}

func (e *jsonEncoder) Close() error {
	e.buf = append(e.buf, "\n]\n"...)
	return e.flush()
}

// ndjsonEncoder writes an event a line.
type ndjsonEncoder struct{ chunk }

func newNDJSON(w io.Writer, _ Options) Encoder { return &ndjsonEncoder{newChunk(w)} }

func (e *ndjsonEncoder) Write(ev *engine.Event) error {
	e.buf = append(ev.AppendJSON(e.buf), '\n')
	return e.spill()
}

func (e *ndjsonEncoder) Close() error { return e.flush() }
