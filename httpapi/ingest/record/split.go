package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

var (
	errCut       = errors.New("file ends inside this record")
	errOpenArray = errors.New("file ends before its array of records does")
	errLineEnd   = errors.New("not valid JSON: line end inside a string")
)

// splitter cuts JSON text into records while it holds no more than one of them.
type splitter struct {
	wrappers []string
	fn       func(n int, raw []byte, err error) error
	n        int // records so far

	rec     []byte // the record so far; empty between records
	depth   int    // levels of nesting open within the record
	str     bool   // inside a string
	esc     bool   // behind a backslash in a string
	tooLong bool
	junk    bool // rec is no record; it goes up to where the next may begin
	array   bool // inside an array of records
	wrapper bool // that array is a wrapper's
	tail    bool // behind a wrapper's array: up to the wrapper's end nothing is a record
}

// split calls fn for every record of r, with its number from 1.
func split(r *bufio.Reader, wrappers []string, fn func(n int, raw []byte, err error) error) error {
	s := splitter{wrappers: wrappers, fn: fn}
	if head, _ := r.Peek(len(byteOrderMark)); bytes.Equal(head, byteOrderMark) {
		_, _ = r.Discard(len(byteOrderMark))
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		for chunk := buf[:n]; len(chunk) > 0; chunk = chunk[1:] {
			chunk = chunk[s.keepPlain(chunk):]
			if len(chunk) == 0 {
				break
			}
			if err := s.take(chunk[0]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return s.end()
		}
		if err != nil {
			return fmt.Errorf("read record %d: %w", s.n+1, err)
		}
	}
}

func (s *splitter) take(c byte) error {
	if s.depth == 0 {
		return s.between(c)
	}
	s.keep(c)
	if s.str {
		return s.inString(c)
	}
	switch c {
	case '"':
		s.str = true
	case '{':
		s.depth++
	case '[':
		if s.depth == 1 && !s.array && !s.tail && s.opensWrapper() {
			s.rec, s.depth, s.array, s.wrapper = s.rec[:0], 0, true, true
			return nil
		}
		s.depth++
	case '}', ']':
		if s.depth--; s.depth == 0 {
			return s.flush(nil)
		}
	}
	return nil
}

// keepPlain keeps what the chunk begins with that changes nothing but the record's text, and returns how much that is.
func (s *splitter) keepPlain(chunk []byte) int {
	if s.depth == 0 || s.esc || s.tail || len(s.rec)+len(chunk) > MaxRecordBytes {
		return 0
	}
	n := 0
	for n < len(chunk) && !structural[chunk[n]] {
		n++
	}
	s.rec = append(s.rec, chunk[:n]...)
	return n
}

// structural are the bytes that take looks at.
var structural = [256]bool{'"': true, '\\': true, '\n': true, '{': true, '}': true, '[': true, ']': true}

func (s *splitter) keep(c byte) {
	switch {
	case s.tail:
	case len(s.rec) < MaxRecordBytes:
		s.rec = append(s.rec, c)
	default:
		s.tooLong = true
	}
}

func (s *splitter) inString(c byte) error {
	switch {
	case s.esc:
		s.esc = false
	case c == '\\':
		s.esc = true
	case c == '"':
		s.str = false
	case c == '\n':
		return s.flush(errLineEnd)
	}
	return nil
}

// between takes a byte that no record holds: one may begin, an array may begin or end.
func (s *splitter) between(c byte) error {
	switch c {
	case '{':
		if err := s.flushJunk(); err != nil {
			return err
		}
		s.keep(c)
		s.depth = 1
	case '[':
		s.array = true
	case ']':
		if err := s.flushJunk(); err != nil {
			return err
		}
		s.array = false
		if s.wrapper {
			s.wrapper, s.tail, s.depth = false, true, 1
		}
	case ',', ' ', '\t', '\r', '\n':
	default:
		s.junk = true
	}
	return nil
}

// opensWrapper reports whether what came before the '[' at rec's end is a wrapper's name.
func (s *splitter) opensWrapper() bool {
	before := bytes.TrimRight(s.rec[:len(s.rec)-1], " \t\r\n")
	before, colon := bytes.CutSuffix(before, []byte(":"))
	before = bytes.TrimRight(before, " \t\r\n")
	for _, name := range s.wrappers {
		if colon && bytes.HasSuffix(before, []byte(`"`+name+`"`)) {
			return true
		}
	}
	return false
}

func (s *splitter) flushJunk() error {
	if !s.junk {
		return nil
	}
	return s.flush(errNoObject)
}

// flush hands over the record and begins between records again.
func (s *splitter) flush(err error) error {
	if s.tail {
		s.tail, s.depth, s.str, s.esc = false, 0, false, false
		return nil
	}
	if s.tooLong {
		err = errTooLong
	}
	raw := s.rec
	s.rec, s.depth, s.str, s.esc, s.tooLong, s.junk = s.rec[:0], 0, false, false, false, false
	s.n++
	return s.fn(s.n, raw, err)
}

func (s *splitter) end() error {
	switch {
	case s.depth > 0 && !s.tail:
		return s.flush(errCut)
	case s.junk:
		return s.flush(errNoObject)
	case s.array || s.tail:
		s.n++
		return s.fn(s.n, nil, errOpenArray)
	}
	return nil
}
