package client

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// screen is where text for people goes.
type screen struct {
	w     io.Writer
	width int // columns; 0 when it is no terminal, and nothing is cut
	color bool
}

func (env *Env) screen(w io.Writer) screen {
	s := screen{w: w, width: env.columns(w)}
	s.color = s.width > 0 && env.Getenv("NO_COLOR") == "" && env.Getenv("TERM") != "dumb"
	return s
}

func (env *Env) columns(w any) int {
	if env.Width != nil {
		return env.Width(w)
	}
	f, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		return n
	}
	return 80
}

// The colours. Text goes between them only after visible has seen it.
const (
	red   = "\x1b[31m"
	bold  = "\x1b[1m"
	reset = "\x1b[0m"
)

func (s screen) paint(color, text string) string {
	if !s.color {
		return text
	}
	return color + text + reset
}

// visible makes text harmless for a terminal and for the reader: one line in which every control, formatting or
// direction-changing character, and every byte that is not UTF-8, is spelled out as an escape such as \n, \x1b or \u202e.
func visible(s string) string { return escape(s, false) }

// visibleLines is visible, but keeps line ends.
func visibleLines(s string) string { return escape(s, true) }

func escape(s string, lines bool) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= 0x20 && s[i] < 0x7f
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == '\n' && lines || !hostile(r) && (r != utf8.RuneError || n > 1) {
			b.WriteString(s[i : i+n])
		} else {
			b.WriteString(spell(r, s[i], n))
		}
		i += n
	}
	return b.String()
}

// hostile reports whether a character does something other than show itself: controls, formatting and direction marks, line
// separators, private use, surrogates, what is not assigned. Spaces and combining marks are fine.
func hostile(r rune) bool {
	return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r)
}

const hexDigits = "0123456789abcdef"

func spell(r rune, first byte, n int) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case n == 1:
		return `\x` + string(hexDigits[first>>4]) + string(hexDigits[first&15])
	case r > 0xffff:
		return `\U` + hexRune(r, 8)
	}
	return `\u` + hexRune(r, 4)
}

func hexRune(r rune, digits int) string {
	b := make([]byte, digits)
	for i := digits - 1; i >= 0; i-- {
		b[i] = hexDigits[r&15]
		r >>= 4
	}
	return string(b)
}

// cells returns how many columns of a terminal a rune takes.
func cells(r rune) int {
	if r < 0x7f {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

func textWidth(s string) int {
	n := 0
	for _, r := range s {
		n += cells(r)
	}
	return n
}

// fit pads a visible text to exactly n columns, or cuts it and ends it with an ellipsis.
func fit(s string, n int) string {
	w := textWidth(s)
	if w <= n {
		return s + strings.Repeat(" ", n-w)
	}
	used := 0
	for i, r := range s {
		if used+cells(r) > n-1 {
			return s[:i] + "…" + strings.Repeat(" ", n-1-used)
		}
		used += cells(r)
	}
	return s
}
