// Package record is what all ingest translators share: the shape of a translator, and how records are cut out of a file and
// values out of a record.
//
// A translator is a package with two pure functions, which package ingest lists in its table:
//
//	func Detect(head []byte, filename string) int
//	func Read(r io.Reader, o record.Options, emit record.Emit) error
//
// Detect looks at the first bytes of a file (up to 64 KiB, decompressed, perhaps cut in the middle of a record) and its name,
// and says from 0 (not mine) to 100 (surely mine) how sure it is. What it sees in the head counts; the name only tips the
// balance.
//
// Read translates every record of r (decompressed) and emits each as an event, or as a *Error where it could not be translated,
// in the file's order; a bad record never stops the ones after it. Read returns only what emit returned and errors of r itself.
package record

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"annals/engine"
)

// Options say what a file does not say about itself.
type Options struct {
	Tenant   string         // tenant of the events; "" leaves it to the log
	Now      time.Time      // the clock, to infer a year that a file lacks; zero means time.Now
	Location *time.Location // zone of times without one; nil means UTC
	Year     int            // year of the first record when its times carry none; 0 means inferred from Now
}

// Clock returns o.Now, or the present.
func (o Options) Clock() time.Time {
	if o.Now.IsZero() {
		return time.Now()
	}
	return o.Now
}

// Zone returns o.Location, or UTC.
func (o Options) Zone() *time.Location {
	if o.Location == nil {
		return time.UTC
	}
	return o.Location
}

// Emit takes one event, or the *Error that says which record could not be translated and why. An error that it returns ends the
// reading.
type Emit func(*engine.Event, error) error

// Error is why one record could not be translated.
type Error struct {
	Unit string // "line", or "record" where records are not lines
	N    int    // which, from 1
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s %d: %v", e.Unit, e.N, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// DeriveID returns the ID of a record whose source gives it none: the format's name and half the SHA-256 of the parts.
// Records with the same bytes are the same event.
func DeriveID(format string, parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	var sum [sha256.Size]byte
	return format + "-" + hex.EncodeToString(h.Sum(sum[:0])[:16])
}

// OwnID returns the record's own ID if it can be an event's, else one derived from the record's bytes.
func OwnID(own, format string, raw []byte) string {
	if own == "" || len(own) > engine.MaxIDBytes || !utf8.ValidString(own) || strings.ContainsFunc(own, unicode.IsControl) {
		return DeriveID(format, raw)
	}
	return own
}

// Flag returns a pointer to b, as Event.Write wants it.
func Flag(b bool) *bool { return &b }
