package engine

import (
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// detailsWalk goes through the details of an event without allocating. Normalize has checked that they are JSON; on
// anything else the walk ends where it no longer understands, it never fails.
type detailsWalk struct {
	a   *Analyzer
	in  string
	pos int
}

// visitor is told of a key, with kind ':', or of a scalar, with the first byte of its JSON as kind.
type visitor func(kind byte, path []byte, text string)

// walkDetails calls visit for every object key and every scalar. A scalar comes with its path: folded keys joined by dots,
// cut to MaxTermValue bytes; the elements of an array share its path. Strings come unquoted, numbers as
// written. All arguments are only valid during the call.
func (a *Analyzer) walkDetails(details jsontext.Value, visit visitor) {
	if len(details) == 0 {
		return
	}
	a.path = a.path[:0]
	// The string shares the bytes of details, which nobody changes once the event is made, and no visitor keeps a piece of it.
	w := detailsWalk{a: a, in: unsafe.String(&details[0], len(details))}
	w.walk(0, visit)
}

// walk reads one value and reports whether it could. The path is as it was on return.
func (w *detailsWalk) walk(depth int, visit visitor) bool {
	switch c := w.next(); {
	case c == 0 || depth > 2*MaxNesting:
		return false
	case c == '{':
		return w.object(depth, visit)
	case c == '[':
		return w.array(depth, visit)
	case c == '"':
		s, ok := w.str()
		if ok {
			visit(c, cut(w.a.path, MaxTermValue), s)
		}
		return ok
	default:
		start := w.pos
		for w.pos < len(w.in) && !endsScalar(w.in[w.pos]) {
			w.pos++
		}
		if w.pos == start {
			return false
		}
		visit(c, cut(w.a.path, MaxTermValue), w.in[start:w.pos])
		return true
	}
}

func (w *detailsWalk) object(depth int, visit visitor) bool {
	w.pos++
	outer := len(w.a.path)
	for {
		switch c := w.next(); c {
		case '}':
			w.pos++
			return true
		case ',':
			w.pos++
		case '"':
			key, ok := w.str()
			if !ok {
				return false
			}
			visit(':', nil, key)
			w.push(key, depth)
			if w.next() != ':' {
				return false
			}
			w.pos++
			ok = w.walk(depth+1, visit)
			w.a.path = w.a.path[:outer]
			if !ok {
				return false
			}
		default:
			return false
		}
	}
}

func (w *detailsWalk) array(depth int, visit visitor) bool {
	w.pos++
	for {
		switch w.next() {
		case ']':
			w.pos++
			return true
		case ',':
			w.pos++
		default:
			if !w.walk(depth+1, visit) {
				return false
			}
		}
	}
}

// push adds a key to the path. What is beyond the cut is not needed, so a hostile key costs nothing.
func (w *detailsWalk) push(key string, depth int) {
	if depth > 0 {
		w.a.path = append(w.a.path, '.')
	}
	if room := MaxTermValue + 4 - len(w.a.path); room > 0 {
		w.a.path = appendFold(w.a.path, key, room)
	}
}

// next skips white space and returns the byte that follows, 0 at the end.
func (w *detailsWalk) next() byte {
	for ; w.pos < len(w.in); w.pos++ {
		switch c := w.in[w.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// str reads the string that starts here. Without escapes it is a piece of the input.
func (w *detailsWalk) str() (s string, ok bool) {
	start, escaped := w.pos, false
	for w.pos++; w.pos < len(w.in); w.pos++ {
		switch w.in[w.pos] {
		case '\\':
			escaped = true
			w.pos++
		case '"':
			w.pos++
			if !escaped {
				return w.in[start+1 : w.pos-1], true
			}
			// Its only error here is a torn character, for which it has put U+FFFD.
			w.a.text, _ = jsontext.AppendUnquote(w.a.text[:0], w.in[start:w.pos])
			return unsafe.String(unsafe.SliceData(w.a.text), len(w.a.text)), true
		}
	}
	return "", false
}

func endsScalar(c byte) bool {
	switch c {
	case ',', ']', '}', '{', '[', '"', ':', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}
