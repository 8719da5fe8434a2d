package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxRecordBytes is the most that one record may have in a file. A longer one is refused, and the ones after it are read.
const MaxRecordBytes = 16 << 20

var errTooLong = fmt.Errorf("record is longer than %d MiB", MaxRecordBytes>>20)

var byteOrderMark = []byte("\xef\xbb\xbf")

// Lines calls fn for every line of r that is not blank, with its number from 1, without its line end and a byte order mark
// before the first. A line longer than MaxRecordBytes comes as an error without text. The line is fn's for the call only. Fn's
// error ends the reading and is returned.
func Lines(r io.Reader, fn func(n int, line []byte, err error) error) error {
	br := bufio.NewReaderSize(r, 128<<10)
	var long []byte
	for n := 1; ; n++ {
		line, tooLong, err := nextLine(br, long[:0])
		if len(line) > 0 && cap(line) > cap(long) && !tooLong {
			long = line[:0]
		}
		if n == 1 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		if line = bytes.TrimRight(line, "\r\n"); tooLong || len(bytes.TrimSpace(line)) > 0 {
			var lineErr error
			if tooLong {
				line, lineErr = nil, errTooLong
			}
			if err := fn(n, line, lineErr); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read line %d: %w", n, err)
		}
	}
}

// nextLine returns the line and whether it was too long to keep. Only a line that does not fit br's buffer is copied, into buf.
func nextLine(br *bufio.Reader, buf []byte) (line []byte, tooLong bool, err error) {
	part, err := br.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return part, false, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(buf)+len(part) <= MaxRecordBytes {
			buf = append(buf, part...)
		} else {
			tooLong = true
		}
		part, err = br.ReadSlice('\n')
	}
	if len(buf)+len(part) > MaxRecordBytes {
		return nil, true, err
	}
	return append(buf, part...), tooLong, err
}
