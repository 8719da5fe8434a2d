package engine

import (
	"bytes"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrorGroup returns what the event's error has in common with others of its kind, or "" when it has none: the code as it is, and the message
// with a placeholder for whatever differs from one occurrence to the next. Placeholders are <n> for numbers, <id> (ARNs too), <time>, <address> (IP and
// e-mail) and <text> for what stands in quotes. It is at most MaxTermValue bytes long.
func ErrorGroup(e *Event) string { return string(appendErrorGroup(nil, e.Error)) }

func appendErrorGroup(dst []byte, e *EventError) []byte {
	if e == nil {
		return dst
	}
	g := grouper{in: e.Message, out: dst}
	if e.Code != "" && !strings.Contains(e.Message, e.Code) {
		g.out = append(g.out, e.Code...)
		if e.Message != "" {
			g.out = append(g.out, ": "...)
		}
	}
	for g.in != "" && len(g.out)-len(dst) < MaxTermValue {
		g.next()
	}
	kept := bytes.TrimRight(cut(g.out[len(dst):], MaxTermValue), " ")
	return g.out[:len(dst)+len(kept)]
}

// grouper writes the group of a text, piece by piece.
type grouper struct {
	in   string // what is left
	out  []byte
	word bool // the last piece ended in a letter, so that a quote is an apostrophe
}

func (g *grouper) next() {
	r, size := utf8.DecodeRuneInString(g.in)
	switch {
	case unicode.IsSpace(r) || unicode.IsControl(r):
		g.in = g.in[size:]
		if len(g.out) > 0 && g.out[len(g.out)-1] != ' ' {
			g.out = append(g.out, ' ')
		}
		g.word = false
	case (!g.word || r != '\'') && g.quoted(r, size):
		g.out = append(g.out, "<text>"...)
		g.word = false
	case inWord(r):
		g.wordAhead()
	default:
		g.put(size)
		g.word = false
	}
}

func (g *grouper) put(n int) {
	g.out = append(g.out, g.in[:n]...)
	g.in = g.in[n:]
}

// maxQuoted is how far the end of a quotation is looked for.
const maxQuoted = 1024

var closingMark = map[rune]string{'"': `"`, '\'': `'`, '`': "`", '“': "”", '‘': "’", '«': "»", '「': "」", '《': "》"}

// quoted skips a quotation that begins with r. A closing mark inside of a word is an apostrophe.
func (g *grouper) quoted(r rune, size int) bool {
	end, ok := closingMark[r]
	if !ok {
		return false
	}
	for at := size; at < min(len(g.in), maxQuoted); {
		n := strings.Index(g.in[at:], end)
		if n < 0 {
			return false
		}
		at += n + len(end)
		if after, _ := utf8.DecodeRuneInString(g.in[at:]); r != '\'' || at == len(g.in) || !inWord(after) {
			g.in = g.in[at:]
			return true
		}
	}
	return false
}

func inWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// wordAhead writes the word that the text begins with, or its placeholder.
func (g *grouper) wordAhead() {
	g.word = false
	if n := timeAhead(g.in); n > 0 {
		g.fold("<time>", n)
		return
	}
	if strings.HasPrefix(g.in, "arn:") {
		arn, _, _ := strings.Cut(g.in, " ")
		g.fold("<id>", len(strings.TrimRight(arn, ".,:;)")))
		return
	}
	// An address or a UUID has more than letters and digits in it.
	long := strings.IndexFunc(g.in, func(r rune) bool { return !inWord(r) && !strings.ContainsRune(".:-@+%", r) })
	if long < 0 {
		long = len(g.in)
	}
	if whole := strings.TrimRight(g.in[:long], ".:-@+%"); len(whole) <= 320 {
		switch {
		case isHexUUID(whole):
			g.fold("<id>", len(whole))
			return
		case isAddress(whole):
			g.fold("<address>", len(whole))
			return
		}
	}
	n := strings.IndexFunc(g.in, func(r rune) bool { return !inWord(r) })
	if n < 0 {
		n = len(g.in)
	}
	g.plain(g.in[:n])
}

func (g *grouper) fold(placeholder string, n int) {
	g.out = append(g.out, placeholder...)
	g.in = g.in[n:]
}

// plain writes a word of letters and digits. Digits at its end or before a unit are a number; in other places they make it an ID.
func (g *grouper) plain(word string) {
	first := strings.IndexAny(word, "0123456789")
	if first < 0 {
		g.put(len(word))
		g.word = true
		return
	}
	head, rest := word[:first], strings.TrimLeft(word[first:], "0123456789")
	switch {
	case len(head) > 16 && rest != "", strings.ContainsAny(rest, "0123456789"), len(rest) > 3, isHex(word) && len(word) >= 8 && head+rest != "":
		g.fold("<id>", len(word))
		return
	}
	g.out = append(append(append(g.out, head...), "<n>"...), rest...)
	g.in = g.in[len(word):]
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }

// isHexUUID is isUUID for text in any case.
func isHexUUID(s string) bool {
	if len(s) != uuidLen {
		return false
	}
	var lower [uuidLen]byte
	for i := range lower {
		lower[i] = s[i] | 0x20 // leaves digits and hyphens as they are
	}
	return uuidPrefix(lower[:])
}

// isAddress knows IP addresses, with a port or without, and e-mail addresses.
func isAddress(s string) bool {
	if at := strings.IndexByte(s, '@'); at > 0 {
		return strings.IndexByte(s[at:], '.') > 1
	}
	if strings.Trim(s, "0123456789abcdefABCDEF.:") != "" || strings.IndexByte(s, '.') < 0 && strings.Count(s, ":") < 2 {
		return false
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(s)
	return err == nil
}

// timeAhead returns how long the date that s begins with is, with the time of day behind it if there is one; 0: none.
func timeAhead(s string) int {
	n := pattern(s, "dddd-dd-dd")
	if n == 0 {
		return 0
	}
	if clock := pattern(s[n:], "Tdd:dd:dd"); clock > 0 {
		n += clock
	} else if clock := pattern(s[n:], " dd:dd:dd"); clock > 0 {
		n += clock
	} else {
		return n
	}
	if strings.HasPrefix(s[n:], ".") || strings.HasPrefix(s[n:], ",") {
		if digits := len(s[n+1:]) - len(strings.TrimLeft(s[n+1:], "0123456789")); digits > 0 {
			n += 1 + digits
		}
	}
	if strings.HasPrefix(s[n:], "Z") {
		return n + 1
	}
	return n + max(pattern(s[n:], "+dd:dd"), pattern(s[n:], "-dd:dd"), pattern(s[n:], "+dddd"), pattern(s[n:], "-dddd"))
}

// pattern returns len(p) if s begins as p says, where d is a digit, else 0.
func pattern(s, p string) int {
	if len(s) < len(p) {
		return 0
	}
	for i := range len(p) {
		if digit := '0' <= s[i] && s[i] <= '9'; p[i] == 'd' && !digit || p[i] != 'd' && s[i] != p[i] {
			return 0
		}
	}
	return len(p)
}
