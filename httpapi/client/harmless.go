package client

import (
	"io"
	"unicode/utf8"
)

// harmless returns JSON text in which what could act on a terminal is written as \u escapes: the same value, other bytes.
// JSON has escaped the controls below space itself; left are DEL, the C1 controls (U+009B begins a terminal command), direction marks
// and their like, which in JSON text can only stand inside strings. Bytes that are not UTF-8 become U+FFFD.
func harmless(text []byte) []byte {
	i := 0
	for i < len(text) && text[i] < 0x7f {
		i++
	}
	if i == len(text) {
		return text
	}
	out := append(make([]byte, 0, len(text)+16), text[:i]...)
	for i < len(text) {
		r, n := utf8.DecodeRune(text[i:])
		if hostile(r) && r != '\n' {
			out = appendEscaped(out, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
		i += n
	}
	return out
}

func appendEscaped(out []byte, r rune) []byte {
	if r > 0xffff {
		r -= 0x10000
		out = append(append(out, `\u`...), hexRune(0xd800+r>>10, 4)...)
		r = 0xdc00 + r&0x3ff
	}
	return append(append(out, `\u`...), hexRune(r, 4)...)
}

// terminalWriter passes on text that may hold event text, with everything that could act on a terminal spelled out.
// It keeps the last bytes of a write that may be the beginning of a character until the next.
type terminalWriter struct {
	w    io.Writer
	rest []byte
}

// Write implements io.Writer.
func (t *terminalWriter) Write(p []byte) (int, error) {
	text := append(t.rest, p...)
	end := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if start := text[len(text)-back:]; utf8.RuneStart(start[0]) {
			if !utf8.FullRune(start) {
				end = len(text) - back
			}
			break
		}
	}
	t.rest = append([]byte(nil), text[end:]...)
	if _, err := io.WriteString(t.w, visibleLines(string(text[:end]))); err != nil {
		return 0, err
	}
	return len(p), nil
}
