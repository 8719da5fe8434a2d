package engine

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexer walks over a query text. Every part of the language that is about characters is here.
type lexer struct {
	text string
	pos  int
}

func (l *lexer) end() bool  { return l.pos == len(l.text) }
func (l *lexer) next() byte { return l.text[l.pos] }

func (l *lexer) rune() rune {
	r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
	return r
}

// follows reports whether c is the byte after the next.
func (l *lexer) follows(c byte) bool { return l.pos+1 < len(l.text) && l.text[l.pos+1] == c }

func (l *lexer) space() {
	for !l.end() && isSpace(l.rune()) {
		l.pos += utf8.RuneLen(l.rune())
	}
}

func isSpace(r rune) bool { return unicode.IsSpace(r) }

// keyword reports whether the word is next and stands alone.
func (l *lexer) keyword(word string) bool {
	rest, ok := strings.CutPrefix(l.text[l.pos:], word)
	if !ok || rest == "" {
		return ok
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return r == '(' || r == ')' || isSpace(r)
}

// bare reads up to a space, a parenthesis, a quote or one of the bytes in stop.
func (l *lexer) bare(stop string) string {
	start := l.pos
	n := strings.IndexFunc(l.text[start:], func(r rune) bool {
		return r == '(' || r == ')' || r == '"' || isSpace(r) || strings.ContainsRune(stop, r)
	})
	if n < 0 {
		n = len(l.text) - start
	}
	l.pos += n
	return l.text[start:l.pos]
}

// quoted reads a quoted text. Inside, \" is a quote and \\ a backslash; any other backslash stands for itself.
func (l *lexer) quoted() (string, error) {
	start := l.pos
	var b strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		c := l.text[i]
		switch {
		case c == '"':
			l.pos = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(l.text) && (l.text[i+1] == '"' || l.text[i+1] == '\\'):
			i++
			c = l.text[i]
		}
		b.WriteByte(c)
	}
	return "", l.errorAt(start, `this quote is never closed; write \" for a quote inside quotes`)
}

// apart checks that what was read does not run into something else.
func (l *lexer) apart() error {
	if l.end() || l.next() == ')' || isSpace(l.rune()) {
		return nil
	}
	msg := "put a space here"
	switch l.next() {
	case '(':
		msg = "put a space before (, or quotes around text with parentheses"
	case '"':
		msg = `put a space before the quote, or quotes around all of it with \" for the quote inside`
	case '*':
		msg = "* ends a word or a field's value, not quotes"
	}
	return l.errorAt(l.pos, msg)
}

// star takes the * off the end of a word that starts at byte at.
func (l *lexer) star(word string, at int) (text string, prefix bool, err error) {
	text, prefix = strings.CutSuffix(word, "*")
	if i := strings.IndexByte(text, '*'); i >= 0 {
		err = l.errorAt(at+i, "* is possible only at the end of a word; put quotes around text that has one inside")
	}
	return text, prefix, err
}

// checkText refuses what is no query text at all.
func (l *lexer) checkText() error {
	if len(l.text) > MaxQueryBytes {
		return l.errorAt(MaxQueryBytes, fmt.Sprintf("the query is longer than %d bytes", MaxQueryBytes))
	}
	if i := invalidUTF8(l.text); i >= 0 {
		return l.errorAt(i, "the query is not UTF-8 here")
	}
	return nil
}

// invalidUTF8 returns where s stops to be UTF-8, or -1.
func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}

func (l *lexer) errorAt(pos int, msg string) error {
	return &QueryError{Column: utf8.RuneCountInString(l.text[:pos]) + 1, Message: msg}
}
