package layer7

import (
	"io"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/httpapi/export"
)

// chunkBytes is how much of a file is gathered before it is written.
const chunkBytes = 64 << 10

// csvFile is a zip of audits.csv: the columns of the portal's own list, under their names there.
func csvFile(asked filter) export.Format {
	return zipped("csv", func(w io.Writer) export.Encoder {
		return &csvEncoder{chunk: chunk{w: w, buf: []byte("Time (UTC),Object,Object Name,Action,User,Agent\r\n")}, shower: newShower(asked)}
	})
}

// jsonFile is a zip of audits.json: an array of entries as a list has them.
func jsonFile(asked filter) export.Format {
	return zipped("json", func(w io.Writer) export.Encoder {
		return &jsonEncoder{chunk: chunk{w: w, buf: []byte("[")}, shower: newShower(asked)}
	})
}

func zipped(name string, begin func(io.Writer) export.Encoder) export.Format {
	return export.Zipped(export.Format{Name: name, New: func(w io.Writer, _ export.Options) export.Encoder { return begin(w) }})
}

// chunk gathers output, so that memory stays flat however long a file is.
type chunk struct {
	w   io.Writer
	buf []byte
}

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

type csvEncoder struct {
	chunk
	*shower
}

// timeLayout is a time as the portal's list has it, to the millisecond.
const timeLayout = "2006-01-02 15:04:05.000"

func (c *csvEncoder) Write(e *engine.Event) error {
	a := c.show(e)
	c.buf = e.Time.UTC().AppendFormat(c.buf, timeLayout)
	for _, text := range []string{a.EntityType, a.EntityName, a.Action, a.UserName, a.SimplifiedAgent} {
		c.buf = export.AppendCell(append(c.buf, ','), []byte(text))
	}
	c.buf = append(c.buf, "\r\n"...)
	return c.spill()
}

func (c *csvEncoder) Close() error { return c.flush() }

type jsonEncoder struct {
	chunk
	*shower
	any bool
}

func (j *jsonEncoder) Write(e *engine.Event) error {
	if j.any {
		j.buf = append(j.buf, ',')
	}
	j.any = true
	body, err := json.Marshal(j.show(e))
	if err != nil {
		return err
	}
	j.buf = append(append(j.buf, '\n'), body...)
	return j.spill()
}

func (j *jsonEncoder) Close() error {
	j.buf = append(j.buf, "\n]\n"...)
	return j.flush()
}
