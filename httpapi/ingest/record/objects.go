package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"annals/engine"
)

// errNoObject is why a line of a JSON file is not a record.
var errNoObject = errors.New("not a JSON object")

// ReadObjects calls translate for every JSON object of r and emits what it returns, with o's tenant, and the object itself,
// compact and otherwise unchanged, as the details where translate left them nil. The objects may be lines, the elements of an
// array, pretty-printed one after the other, or the elements of an array that is a member of an outer object, when its name is
// one of wrappers. In JSON lines a bad line costs that line; elsewhere a raw line end inside a string is where reading begins
// anew.
func ReadObjects(r io.Reader, o Options, emit Emit, translate func(Object) (*engine.Event, error), wrappers ...string) error {
	out := objectWriter{o, emit, translate, wrappers, "record", 0}
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(64 << 10)
	if err != nil && err != io.EOF {
		return fmt.Errorf("read: %w", err)
	}
	if !hasObjectLine(bytes.TrimPrefix(head, byteOrderMark)) {
		return split(br, wrappers, out.write)
	}
	out.unit = "line"
	return Lines(br, out.writeLine)
}

// hasObjectLine reports whether one of the head's first lines is a whole JSON object by itself, which pretty-printed text has not
// (a lone {} aside).
func hasObjectLine(head []byte) bool {
	if t := bytes.TrimLeft(head, " \t\r\n"); len(t) > 0 && t[0] == '[' {
		return false
	}
	for tries := 0; tries < 8; tries++ {
		line, rest, whole := bytes.Cut(head, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) > 2 && line[0] == '{' {
			if _, err := Parse(line); err == nil {
				return true
			}
		}
		if !whole {
			return false
		}
		head = rest
	}
	return false
}

type objectWriter struct {
	Options
	emit      Emit
	translate func(Object) (*engine.Event, error)
	wrappers  []string
	unit      string
	n         int
}

// writeLine takes a line: one object, or a wrapper with many.
func (w *objectWriter) writeLine(n int, line []byte, err error) error {
	if err == nil {
		for _, name := range w.wrappers {
			if bytes.Contains(line, []byte(name)) {
				return w.writeWrapped(n, line)
			}
		}
	}
	return w.write(n, line, err)
}

func (w *objectWriter) writeWrapped(n int, line []byte) error {
	for _, name := range w.wrappers {
		if list := object(line).Get(name); list.Kind() == '[' {
			if _, err := Parse(line); err != nil {
				return w.write(n, line, nil)
			}
			for _, v := range elements(list) {
				w.n++
				if err := w.write(n, v, nil); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return w.write(n, line, nil)
}

func (w *objectWriter) write(n int, raw []byte, err error) error {
	ev, err := w.event(raw, err)
	if err != nil {
		return w.emit(nil, &Error{w.unit, n, err})
	}
	return w.emit(ev, nil)
}

func (w *objectWriter) event(raw []byte, err error) (*engine.Event, error) {
	if err != nil {
		return nil, err
	}
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return nil, errNoObject
	}
	obj, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	ev, err := w.translate(obj)
	if err != nil {
		return nil, err
	}
	ev.Tenant = w.Tenant
	if ev.Details == nil {
		ev.Details = obj.Raw
	}
	return ev, nil
}
