package client

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
)

// zipCounter counts the records in a zip as it passes by. Readers of zips cannot, as they begin at the end; this one reads the zips that the
// server writes, whose entries are compressed and have their sizes behind them.
type zipCounter struct {
	of      func(entry string) recordCounter // nil: the entry has no records
	in      *io.PipeWriter
	ended   chan struct{}
	records atomic.Uint64
	err     error // why what came is no whole zip; nil after ended when it is one
}

func newZipCounter(of func(entry string) recordCounter) *zipCounter {
	r, w := io.Pipe()
	c := &zipCounter{of: of, in: w, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		c.err = c.read(bufio.NewReaderSize(r, 64<<10))
		_ = r.Close() // what still comes is not waited for
	}()
	return c
}

func (c *zipCounter) add(p []byte)  { _, _ = c.in.Write(p) } // after a failure nobody reads; whole tells
func (c *zipCounter) count() uint64 { return c.records.Load() }

func (c *zipCounter) whole() bool {
	c.stop()
	return c.err == nil
}

func (c *zipCounter) stop() {
	_ = c.in.Close() // never fails
	<-c.ended
}

var errZip = errors.New("not a zip as the server writes it")

// What the parts of a zip begin with.
const (
	entryMark     = "PK\x03\x04" // and 26 bytes: of these the 3rd are flags, the 5th the method, the last four the lengths of what follows
	sizesMark     = "PK\x07\x08" // and three numbers
	directoryMark = "PK\x01\x02"
	endMark       = "PK\x05\x06" // and 18 bytes, the last of the file
)

func (c *zipCounter) read(r *bufio.Reader) error {
	for {
		mark, err := take(r, 4)
		if err != nil {
			return err
		}
		switch string(mark) {
		case entryMark:
			err = c.readEntry(r)
		case directoryMark:
			return readDirectory(r)
		default:
			err = errZip
		}
		if err != nil {
			return err
		}
	}
}

func take(r io.Reader, n int) ([]byte, error) {
	p := make([]byte, n)
	_, err := io.ReadFull(r, p)
	return p, err
}

func (c *zipCounter) readEntry(r *bufio.Reader) error {
	head, err := take(r, 26)
	if err != nil {
		return err
	}
	if method, sizesFollow := binary.LittleEndian.Uint16(head[4:]), head[2]&8 != 0; method != 8 || !sizesFollow {
		return errZip
	}
	name, err := take(r, int(binary.LittleEndian.Uint16(head[22:])))
	if err != nil {
		return err
	}
	if _, err := r.Discard(int(binary.LittleEndian.Uint16(head[24:]))); err != nil {
		return err
	}
	packed := &byteCounter{Reader: r}
	size, err := c.unpack(flate.NewReader(packed), c.of(string(name)))
	if err != nil {
		return err
	}
	sizes := 4 + 4 + 4 + 4
	if max(size, packed.n) >= 1<<32-1 {
		sizes += 4 + 4
	}
	tail, err := take(r, sizes)
	if err == nil && string(tail[:4]) != sizesMark {
		err = errZip
	}
	return err
}

// unpack counts the records of an entry, or none, and its bytes.
func (c *zipCounter) unpack(r io.Reader, records recordCounter) (size int64, err error) {
	if records == nil {
		return io.Copy(io.Discard, r)
	}
	defer records.stop()
	before, buf := c.records.Load(), make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		size += int64(n)
		records.add(buf[:n])
		c.records.Store(before + records.count())
		if errors.Is(err, io.EOF) {
			if !records.whole() {
				return size, errZip
			}
			c.records.Store(before + records.count())
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}

// readDirectory reads to the end, which has a mark of its own.
func readDirectory(r io.Reader) error {
	var last []byte
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		last = append(last, buf[:n]...)
		last = last[max(0, len(last)-4-18):]
		if errors.Is(err, io.EOF) && bytes.HasPrefix(last, []byte(endMark)) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// byteCounter counts what is read. With ReadByte, unpacking reads no byte too many.
type byteCounter struct {
	*bufio.Reader
	n int64
}

// Read implements io.Reader.
func (b *byteCounter) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.n += int64(n)
	return n, err
}

// ReadByte implements io.ByteReader.
func (b *byteCounter) ReadByte() (byte, error) {
	c, err := b.Reader.ReadByte()
	if err == nil {
		b.n++
	}
	return c, err
}

// newWorkbookCounter counts the rows of a workbook's sheets of events: all but the second, which says what the file is.
func newWorkbookCounter() recordCounter {
	return newZipCounter(func(entry string) recordCounter {
		if strings.HasPrefix(entry, "xl/worksheets/") && entry != "xl/worksheets/sheet2.xml" {
			return new(rowCounter)
		}
		return nil
	})
}

// rowCounter counts the rows of a sheet after the heading. Text has no < in it.
type rowCounter struct {
	counted
	rows    uint64
	matched int // of rowTag, at the end of what came
}

const rowTag = "<row "

func (c *rowCounter) add(p []byte) {
	for _, b := range p {
		switch {
		case b == '<':
			c.matched = 1
		case c.matched > 0 && b == rowTag[c.matched]:
			c.matched++
		default:
			c.matched = 0
		}
		if c.matched == len(rowTag) {
			c.rows++
			c.matched = 0
		}
	}
}

func (c *rowCounter) count() uint64 { return max(c.rows, 1) - 1 }
func (c *rowCounter) whole() bool   { return c.rows > 0 }
