package record

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Fields builds the details of a record that is not JSON, in the order in which they are set.
type Fields struct {
	b     []byte
	names map[string]bool
}

// Set adds a member with a string, unless it is empty or the name is taken already.
func (f *Fields) Set(name, value string) {
	if value == "" {
		return
	}
	b, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(value, "\uFFFD"))
	if err == nil {
		f.SetValue(name, b)
	}
}

// SetRaw adds the line as it was, and where it is not valid UTF-8, which JSON must be, once more in base64.
func (f *Fields) SetRaw(line string) {
	f.Set("raw", line)
	if !utf8.ValidString(line) {
		f.Set("raw_base64", base64.StdEncoding.EncodeToString([]byte(line)))
	}
}

// SetValue adds a member with a JSON value, which must be valid and compact, unless the name is taken already.
func (f *Fields) SetValue(name string, value jsontext.Value) {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if f.names[name] || len(value) == 0 {
		return
	}
	if f.names == nil {
		f.names = map[string]bool{}
	}
	f.names[name] = true
	if len(f.b) == 0 {
		f.b = append(f.b, '{')
	} else {
		f.b = append(f.b, ',')
	}
	b, err := jsontext.AppendQuote(f.b, name)
	if err != nil {
		return
	}
	f.b = append(append(b, ':'), value...)
}

// Value returns the object.
func (f *Fields) Value() jsontext.Value {
	if len(f.b) == 0 {
		return jsontext.Value("{}")
	}
	return append(f.b[:len(f.b):len(f.b)], '}')
}
