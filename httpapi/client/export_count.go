package client

import "strings"

// recordCounter counts the records of an export as it passes by.
type recordCounter interface {
	add(p []byte)
	count() uint64
	whole() bool // what came ends where a file may end; nothing is added after
	stop()       // no more is asked of it
}

// counted is a counter that stop has nothing to do for.
type counted struct{}

func (counted) stop() {}

func newRecordCounter(format string) recordCounter {
	if inner, ok := strings.CutSuffix(format, ".zip"); ok {
		return newZipCounter(func(string) recordCounter { return newRecordCounter(inner) })
	}
	switch format {
	case "xlsx":
		return newWorkbookCounter()
	case "csv":
		return new(csvCounter)
	case "json":
		return new(jsonCounter)
	}
	return new(lineCounter)
}

// lineCounter counts the lines of NDJSON.
type lineCounter struct {
	counted
	n    uint64
	open bool // in the middle of a line
}

func (c *lineCounter) add(p []byte) {
	for _, b := range p {
		if b == '\n' {
			c.n++
		}
		c.open = b != '\n'
	}
}

func (c *lineCounter) count() uint64 { return c.n }
func (c *lineCounter) whole() bool   { return !c.open }

// csvCounter counts rows after the header row. A line end inside quotes is part of a cell.
type csvCounter struct {
	counted
	rows         uint64
	quoted, open bool
}

func (c *csvCounter) add(p []byte) {
	for _, b := range p {
		switch {
		case b == '"':
			c.quoted = !c.quoted // a doubled quote leaves and enters again
		case b == '\n' && !c.quoted:
			c.rows++
		}
		c.open = c.quoted || b != '\n'
	}
}

func (c *csvCounter) count() uint64 { return max(c.rows, 1) - 1 }
func (c *csvCounter) whole() bool   { return !c.open && c.rows > 0 }

// jsonCounter counts the objects of one array.
type jsonCounter struct {
	counted
	n                      uint64
	depth                  int
	quoted, escaped, ended bool
}

func (c *jsonCounter) add(p []byte) {
	for _, b := range p {
		switch {
		case c.escaped:
			c.escaped = false
		case c.quoted:
			c.escaped = b == '\\'
			c.quoted = b != '"'
		case b == '"':
			c.quoted = true
		case b == '{' || b == '[':
			c.depth++
		case b == '}' || b == ']':
			c.depth--
			if c.depth == 1 && b == '}' {
				c.n++
			}
			c.ended = c.depth == 0
		}
	}
}

func (c *jsonCounter) count() uint64 { return c.n }
func (c *jsonCounter) whole() bool   { return c.ended && c.depth == 0 }
