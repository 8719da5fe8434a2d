package record

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

var errNoHeader = errors.New("no header row")

// Row is one row of a CSV file: values by column name.
type Row struct {
	Raw     []byte // as in the file; the values are made valid UTF-8
	columns []string
	values  []string
}

// Get returns the value of the first of the columns that the file has and the row fills.
func (r Row) Get(columns ...string) string {
	for _, want := range columns {
		for i, c := range r.columns {
			if c == want && r.values[i] != "" {
				return r.values[i]
			}
		}
	}
	return ""
}

// Fields returns all of the row's values that are not empty, and where the row was not valid UTF-8, the row in base64.
func (r Row) Fields() *Fields {
	f := &Fields{}
	if !utf8.Valid(r.Raw) {
		f.Set("raw_base64", base64.StdEncoding.EncodeToString(r.Raw))
	}
	for i, c := range r.columns {
		f.Set(c, r.values[i])
	}
	return f
}

// Rows calls fn for every row of a CSV file but the first, which names the columns, with the number of the line that it begins
// on. A quoted value may span lines. A row with other columns than the first, or with quotes in odd places, comes as an error.
func Rows(r io.Reader, fn func(line int, row Row, err error) error) error {
	c := rowCutter{fn: fn}
	if err := Lines(r, c.take); err != nil {
		return err
	}
	if len(c.raw) > 0 {
		return c.flush(errCut)
	}
	return nil
}

type rowCutter struct {
	fn      func(line int, row Row, err error) error
	columns []string
	raw     []byte // lines of a row whose quotes are still open
	line    int
}

func (c *rowCutter) take(n int, line []byte, err error) error {
	if err == nil && len(c.raw)+len(line) > MaxRecordBytes {
		err = errTooLong
	}
	if len(c.raw) == 0 {
		c.line = n
	} else {
		c.raw = append(c.raw, '\n')
	}
	c.raw = append(c.raw, line...)
	if err == nil && bytes.Count(c.raw, []byte{'"'})%2 == 1 {
		return nil
	}
	return c.flush(err)
}

func (c *rowCutter) flush(err error) error {
	row := Row{Raw: bytes.Clone(c.raw), columns: c.columns}
	c.raw = c.raw[:0]
	if err == nil {
		row.values, err = csv.NewReader(bytes.NewReader(bytes.ToValidUTF8(row.Raw, []byte("\uFFFD")))).Read()
	}
	switch {
	case err != nil:
		err = rowError(err)
	case c.columns == nil:
		return c.header(row.values)
	case len(row.values) != len(c.columns):
		err = fmt.Errorf("row has %d values, the header %d", len(row.values), len(c.columns))
	}
	return c.fn(c.line, row, err)
}

func rowError(err error) error {
	if p := (*csv.ParseError)(nil); errors.As(err, &p) {
		return fmt.Errorf("read CSV: column %d: %w", p.Column, p.Err)
	}
	return err
}

func (c *rowCutter) header(columns []string) error {
	if len(columns) == 0 {
		return c.fn(c.line, Row{}, errNoHeader)
	}
	for i, name := range columns {
		columns[i] = strings.TrimSpace(name)
	}
	c.columns = columns
	return nil
}
