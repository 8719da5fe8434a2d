package cloudtrail

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"annals/httpapi/ingest/record"
)

// literal reads an object as Python prints it ({'a': True}) or as JSON. What is neither has no members.
func literal(s string) record.Object {
	if !strings.HasPrefix(s, "{") {
		return record.Object{}
	}
	o, err := record.Parse([]byte(s))
	if err != nil {
		o, _ = record.Parse(jsonOf(s))
	}
	return o
}

// wrap returns an object with one member.
func wrap(member string, value record.Object) record.Object {
	if len(value.Raw) == 0 {
		return record.Object{}
	}
	o, _ := record.Parse(bytes.Join([][]byte{[]byte(`{"` + member + `":`), value.Raw, []byte("}")}, nil))
	return o
}

var constants = []struct{ python, json string }{{"True", "true"}, {"False", "false"}, {"None", "null"}}

// jsonOf turns a Python literal's quotes and constants into JSON's. It does not check: the result is valid JSON only if s was a
// plain literal.
func jsonOf(s string) []byte {
	var out []byte
	for i := 0; i < len(s); {
		if s[i] == '\'' || s[i] == '"' {
			text, next := pythonString(s, i)
			out, _ = jsontext.AppendQuote(out, strings.ToValidUTF8(text, "\uFFFD"))
			i = next
			continue
		}
		if n, word := constant(s[i:]); n > 0 {
			out = append(out, word...)
			i += n
			continue
		}
		out = append(out, s[i])
		i++
	}
	return out
}

func constant(s string) (int, string) {
	for _, c := range constants {
		if strings.HasPrefix(s, c.python) {
			return len(c.python), c.json
		}
	}
	return 0, ""
}

// pythonString returns the text of the string that begins at i, and the index after it. Escapes other than of quotes and
// backslashes stay as written.
func pythonString(s string, i int) (string, int) {
	quote := s[i]
	var b strings.Builder
	for i++; i < len(s) && s[i] != quote; i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == '\'' || s[i+1] == '"') {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), min(i+1, len(s))
}
