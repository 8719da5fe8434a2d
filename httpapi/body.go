package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"annals/httpapi/reply"
)

// defaultBodyTimeout is how long a client may take to send a whole body.
const defaultBodyTimeout = time.Minute

// limitBody gives a request's body until the timeout to arrive, whoever reads it: without a handler that does (a refused request),
// net/http itself waits for a part of it before it closes or reuses the connection.
func limitBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) {
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout)) // a writer without deadlines has no slow client
	}
}

// readUpTo returns the whole decompressed body. What the client sends compressed may not have more than the limit either, and no more is ever
// decompressed.
func readUpTo(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	var body bytes.Buffer
	err := readInto(&body, w, r, limit)
	return body.Bytes(), err
}

// readInto is readUpTo for an empty buffer.
func readInto(body *bytes.Buffer, w http.ResponseWriter, r *http.Request, limit int64) error {
	in, done, err := decompress(http.MaxBytesReader(w, r.Body, limit), r.Header.Get("Content-Encoding"))
	if err != nil {
		return err
	}
	defer done()
	body.Grow(int(min(max(r.ContentLength, 0)+bytes.MinRead, 1<<20))) // a length is only a claim
	_, err = body.ReadFrom(io.LimitReader(in, limit+1))
	if int64(body.Len()) > limit {
		return reply.TooLarge(limit, "the body passes the limit of %d bytes after decompression", limit)
	}
	if err != nil {
		return bodyError(err)
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // it is all here: what follows may take as long as it takes
	return nil
}

// bodyError keeps the errors that have a status of their own; any other reading error is the client's doing.
func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Errorf("read body: %w", err)
	}
	return reply.BadBody("the body cannot be read to its end: %v", err)
}

var (
	gzipReaders sync.Pool
	zstdReaders sync.Pool
)

// maxZstdWindow is the largest window that a zstd frame may ask memory for; encoders stay below it unless told otherwise.
const maxZstdWindow = 8 << 20

// decompress undoes the content encoding. Done gives the reader back.
func decompress(in io.Reader, encoding string) (out io.Reader, done func(), err error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return in, func() {}, nil
	case "gzip", "x-gzip":
		return gunzip(in)
	case "zstd":
		return unzstd(in)
	}
	return nil, nil, reply.BadEncoding(encoding)
}

func gunzip(in io.Reader) (io.Reader, func(), error) {
	z, _ := gzipReaders.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	if err := z.Reset(in); err != nil {
		return nil, nil, bodyError(err)
	}
	return z, func() { gzipReaders.Put(z) }, nil
}

func unzstd(in io.Reader) (io.Reader, func(), error) {
	z, _ := zstdReaders.Get().(*zstd.Decoder)
	if z == nil {
		var err error
		if z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow)); err != nil {
			return nil, nil, fmt.Errorf("make zstd reader: %w", err)
		}
	}
	if err := z.Reset(in); err != nil {
		return nil, nil, bodyError(err)
	}
	return z, func() { _ = z.Reset(nil); zstdReaders.Put(z) }, nil
}
