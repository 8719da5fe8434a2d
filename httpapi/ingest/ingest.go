// Package ingest knows every record format that Annals can take in, and which one a file is in.
//
// Each format is a package of its own that only translates, as package record says; the table in formats.go joins them, so that
// none knows another.
package ingest

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"annals/httpapi/ingest/record"
)

// Format is one record format.
type Format struct {
	Name   string // as users write it, and the prefix of derived IDs
	Title  string // for lists
	Detect func(head []byte, filename string) int
	Read   func(r io.Reader, o record.Options, emit record.Emit) error
}

// sure is the confidence from which a format is taken to be a file's.
const sure = 50

// ErrUnknownFormat: no format is sure that the file is its own.
var ErrUnknownFormat = errors.New("unknown record format")

// Formats returns all formats in the order of their names.
func Formats() []Format { return append([]Format(nil), formats...) }

// ByName returns the format of that name.
func ByName(name string) (Format, error) {
	for _, f := range formats {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("%w %q; known are %s", ErrUnknownFormat, record.Cut(name, 64), names())
}

// Detect returns the format that is surest that the file with this head (up to 64 KiB, decompressed) and name is its own. Of
// equally sure ones it is the first by name, so the answer is always the same.
func Detect(head []byte, filename string) (Format, error) {
	head = head[:min(len(head), record.HeadBytes)]
	var best Format
	most := sure - 1
	for _, f := range formats {
		if n := f.Detect(head, filename); n > most {
			best, most = f, n
		}
	}
	if most < sure {
		return Format{}, fmt.Errorf("%w; known are %s", ErrUnknownFormat, names())
	}
	return best, nil
}

// Read decompresses r where it is gzip, detects the format by its head and filename, and translates it. It returns the format
// that it took.
func Read(r io.Reader, filename string, o record.Options, emit record.Emit) (Format, error) {
	br, err := record.Open(r)
	if err != nil {
		return Format{}, err
	}
	// What follows a short or failing Peek is met again, and reported, by the reading itself.
	head, _ := br.Peek(record.HeadBytes)
	f, err := Detect(head, filename)
	if err != nil {
		return Format{}, err
	}
	return f, f.Read(br, o, emit)
}

func names() string {
	all := make([]string, len(formats))
	for i, f := range formats {
		all[i] = f.Name
	}
	return strings.Join(all, ", ")
}
