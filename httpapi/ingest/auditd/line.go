package auditd

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// auditRecord is one line of the log.
type auditRecord struct {
	raw    string
	node   string
	kind   string // type=…
	id     string // time:serial
	time   time.Time
	fields []field
}

type field struct {
	name  string
	value string // in clear text: without quotes, and decoded where the kernel wrote hexadecimal
}

// get returns the first of the fields that the record has with a value.
func (r auditRecord) get(names ...string) string {
	for _, name := range names {
		for _, f := range r.fields {
			if f.name == name && f.value != "" && f.value != "?" && f.value != "(null)" && f.value != "(none)" {
				return f.value
			}
		}
	}
	return ""
}

// parseLine reads [node=N ]type=T [msg=]audit(S.MS:SERIAL)[:] fields. What stands before, such as a syslog header, is skipped.
func parseLine(line string) (auditRecord, error) {
	r := auditRecord{raw: line}
	line = strings.ToValidUTF8(line, "\uFFFD")
	i := strings.Index(line, "type=")
	if i < 0 || i > 256 {
		return r, errNoAudit
	}
	if _, node, ok := strings.Cut(line[:i], "node="); ok {
		r.node, _, _ = strings.Cut(node, " ")
	}
	kind, rest, ok := strings.Cut(line[i+len("type="):], " ")
	rest, isMsg := strings.CutPrefix(strings.TrimPrefix(rest, "msg="), "audit(")
	stamp, body, closed := strings.Cut(rest, ")")
	if !ok || !isMsg || !closed || kind == "" {
		return r, errNoAudit
	}
	r.kind, r.id = kind, stamp
	if r.time, ok = stampTime(stamp); !ok {
		return r, errNoAudit
	}
	r.fields = parseFields(strings.TrimPrefix(body, ":"), r.kind, nil)
	return r, nil
}

// stampTime reads seconds.milliseconds:serial.
func stampTime(stamp string) (time.Time, bool) {
	at, serial, ok := strings.Cut(stamp, ":")
	secs, frac, _ := strings.Cut(at, ".")
	if !ok || len(frac) > 9 || serial == "" {
		return time.Time{}, false
	}
	s, err1 := strconv.ParseInt(secs, 10, 40)
	n, err2 := strconv.ParseUint(frac+"000000000"[len(frac):], 10, 32)
	_, err3 := strconv.ParseUint(serial, 10, 64)
	return time.Unix(s, int64(n)).UTC(), err1 == nil && err2 == nil && err3 == nil && s >= 0
}

// parseFields reads name=value pairs. A value in single quotes, as user space programs send it, holds pairs itself. AUOMS
// writes command lines without quotes: there words that are no pair belong to the value before.
func parseFields(s, kind string, fields []field) []field {
	loose := strings.HasPrefix(kind, "AUOMS_")
	for {
		s = strings.TrimLeft(s, " \t\x1d")
		if s == "" {
			return fields
		}
		if s[0] == '\'' || s[0] == '"' || s[0] == ',' {
			s = s[1:]
			continue
		}
		word, rest, _ := cutWord(s)
		name, _, pair := strings.Cut(word, "=")
		if !pair || !isName(name) {
			if loose && len(fields) > 0 {
				fields[len(fields)-1].value += " " + word
			}
			s = rest
			continue
		}
		s = s[len(name)+1:]
		var value string
		switch {
		case strings.HasPrefix(s, "'"):
			value, s, _ = strings.Cut(s[1:], "'")
			fields = parseFields(value, "", fields)
			continue
		case strings.HasPrefix(s, `"`):
			value, s, _ = strings.Cut(s[1:], `"`)
		default:
			value, s, _ = cutWord(s)
			value = decode(name, strings.Trim(value, `",'`), kind)
		}
		fields = append(fields, field{name, value})
	}
}

func cutWord(s string) (word, rest string, found bool) {
	if i := strings.IndexAny(s, " \t\x1d"); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func isName(s string) bool {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '-' || c == '[' || c == ']')) {
			return false
		}
	}
	return s != ""
}

// encoded are the fields that the kernel writes in hexadecimal when they hold anything but plain characters.
var encoded = map[string]bool{
	"proctitle": true, "cmd": true, "exe": true, "comm": true, "cwd": true, "name": true, "acct": true, "data": true, "key": true, "path": true,
	"dir": true, "vm": true, "watch": true, "new-disk": true, "old-disk": true, "device": true, "ocomm": true,
}

// decode returns the text of a value without quotes. Zero bytes, which part arguments, become spaces.
func decode(name, value, kind string) string {
	if !encoded[name] && !(kind == "EXECVE" && isArgument(name)) || len(value) < 2 {
		return value
	}
	b, err := hex.DecodeString(value)
	if err != nil || !utf8.Valid(b) {
		return value
	}
	text := strings.TrimRight(string(b), "\x00")
	if name == "key" {
		return strings.ReplaceAll(text, "\x01", ",")
	}
	return strings.ReplaceAll(text, "\x00", " ")
}

// isArgument reports whether the name is a0, a1, or a part of a long one, a1[0].
func isArgument(name string) bool {
	return len(name) > 1 && name[0] == 'a' && name[1] >= '0' && name[1] <= '9' && !strings.HasSuffix(name, "_len")
}
