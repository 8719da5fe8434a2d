package engine

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// A backup is a magic and frames: kind (1) | length (4) | content, compressed | checksum (8). Little-endian. The checksum is over the
// frame's number, its head and its compressed content, so that no byte of a backup can change and no frame can move unseen.
const (
	backupMagic = "ANLBAK\x00\x01"

	frameHeader  = 'H' // backupHeader as JSON
	frameKey     = 'K' // the signing key, as in its file
	frameWindow  = 'W' // first seq: the groups that follow are of a new window
	frameGroups  = 'G' // groups with their events
	frameExpired = 'X' // a piece of the expired file of a window that retention has removed
	frameRecords = 'R' // records
	frameEnd     = 'E' // signed note over all before
)

const (
	frameHeadBytes = 5
	frameBytes     = 1 << 20  // of content are gathered before a frame is written
	maxFrameBytes  = 64 << 20 // of content; a group is far smaller
)

// frameWriter writes the frames of one backup.
type frameWriter struct {
	w   io.Writer
	zip *zstd.Encoder
	sum hash.Hash // SHA-256 of every byte so far
	n   uint64    // frames so far
	buf []byte
}

func newFrameWriter(w io.Writer) (*frameWriter, error) {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, fmt.Errorf("make compressor: %w", err)
	}
	f := &frameWriter{w: w, zip: zip, sum: sha256.New()}
	return f, f.write([]byte(backupMagic))
}

func (f *frameWriter) frame(kind byte, content []byte) error {
	if len(content) > maxFrameBytes {
		return fmt.Errorf("frame of %d bytes, the limit is %d", len(content), maxFrameBytes)
	}
	f.buf = append(f.buf[:0], kind, 0, 0, 0, 0)
	f.buf = f.zip.EncodeAll(content, f.buf)
	binary.LittleEndian.PutUint32(f.buf[1:], uint32(len(f.buf)-frameHeadBytes))
	f.buf = binary.LittleEndian.AppendUint64(f.buf, frameSum(f.n, f.buf))
	f.n++
	return f.write(f.buf)
}

func (f *frameWriter) write(b []byte) error {
	f.sum.Write(b)
	if _, err := f.w.Write(b); err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return nil
}

func frameSum(n uint64, parts ...[]byte) uint64 {
	d := xxhash.New()
	d.Write(binary.LittleEndian.AppendUint64(nil, n))
	for _, p := range parts {
		d.Write(p)
	}
	return d.Sum64()
}

// frameReader reads what a frameWriter wrote. What it reads may be anything.
type frameReader struct {
	r      *bufio.Reader
	zip    *zstd.Decoder
	sum    hash.Hash
	before []byte // SHA-256 of every byte before the last frame, when that is frameEnd
	n      uint64
	in     bytes.Buffer
	out    []byte
}

func newFrameReader(r io.Reader) (*frameReader, error) {
	zip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxFrameBytes))
	if err != nil {
		return nil, fmt.Errorf("make decompressor: %w", err)
	}
	f := &frameReader{r: bufio.NewReaderSize(r, 256<<10), zip: zip, sum: sha256.New()}
	magic := make([]byte, len(backupMagic))
	if err := f.read(magic); err != nil {
		zip.Close()
		return nil, err
	}
	if string(magic) != backupMagic {
		zip.Close()
		return nil, errors.New("this is no backup of a log, or one of another version")
	}
	f.sum.Write(magic)
	return f, nil
}

// next returns the next frame. Its content is valid until the one after it is read.
func (f *frameReader) next() (kind byte, content []byte, err error) {
	head := make([]byte, frameHeadBytes)
	if err := f.read(head); err != nil {
		return 0, nil, err
	}
	kind = head[0]
	size := int64(binary.LittleEndian.Uint32(head[1:]))
	if size > maxFrameBytes {
		return 0, nil, f.damaged(fmt.Errorf("%d bytes, the limit is %d", size, maxFrameBytes))
	}
	f.in.Reset()
	if _, err := io.CopyN(&f.in, f.r, size); err != nil { // grows with what is there, not with what the head says
		return 0, nil, readBackupError(err)
	}
	sum := make([]byte, 8)
	if err := f.read(sum); err != nil {
		return 0, nil, err
	}
	if frameSum(f.n, head, f.in.Bytes()) != binary.LittleEndian.Uint64(sum) {
		return 0, nil, f.damaged(errors.New("checksum differs"))
	}
	if kind == frameEnd {
		f.before = f.sum.Sum(nil)
	}
	for _, b := range [][]byte{head, f.in.Bytes(), sum} {
		f.sum.Write(b)
	}
	if f.out, err = f.zip.DecodeAll(f.in.Bytes(), f.out[:0]); err != nil {
		return 0, nil, f.damaged(err)
	}
	f.n++
	return kind, f.out, nil
}

// atEnd fails unless nothing follows.
func (f *frameReader) atEnd() error {
	if _, err := f.r.ReadByte(); err == nil {
		return fmt.Errorf("%w: something follows the backup's end", ErrDamaged)
	} else if !errors.Is(err, io.EOF) {
		return readBackupError(err)
	}
	return nil
}

func (f *frameReader) damaged(err error) error {
	return fmt.Errorf("%w: frame %d: %w", ErrDamaged, f.n, err)
}

func (f *frameReader) read(b []byte) error {
	if _, err := io.ReadFull(f.r, b); err != nil {
		return readBackupError(err)
	}
	return nil
}

func readBackupError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it is incomplete: it ends before its end mark", ErrDamaged)
	}
	return fmt.Errorf("read backup: %w", err)
}

// appendPart appends bytes behind their number.
func appendPart(dst, part []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(part))), part...)
}

// parts takes content apart. After the first mistake everything is empty and bad is true.
type parts struct {
	rest []byte
	bad  bool
}

func (p *parts) number() uint64 {
	n, size := binary.Uvarint(p.rest)
	if size <= 0 {
		p.rest, p.bad = nil, true
		return 0
	}
	p.rest = p.rest[size:]
	return n
}

func (p *parts) take(n uint64) []byte {
	if n > uint64(len(p.rest)) {
		p.rest, p.bad = nil, true
		return nil
	}
	part := p.rest[:n:n]
	p.rest = p.rest[n:]
	return part
}

func (p *parts) part() []byte { return p.take(p.number()) }
