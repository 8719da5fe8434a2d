package record

import (
	"bufio"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// HeadBytes is how much of a file Detect sees.
const HeadBytes = 64 << 10

// Open returns r's bytes, decompressed if they begin as gzip does, whatever the file is called. Its Peek gives the head for
// Detect.
func Open(r io.Reader) (*bufio.Reader, error) {
	br := bufio.NewReaderSize(r, HeadBytes)
	magic, err := br.Peek(2)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read: %w", err)
	}
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return br, nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, fmt.Errorf("open gzip: %w", err)
	}
	return bufio.NewReaderSize(z, HeadBytes), nil
}
