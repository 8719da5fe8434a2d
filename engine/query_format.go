package engine

import (
	"strings"
	"time"
)

// FormatQuery writes e in the query language, so that ParseQuery reads the same expression again. A word or value that
// was made by hand and cannot stand bare is put into quotes.
func FormatQuery(e Expr) string {
	var b strings.Builder
	format(&b, e, looseOr)
	return b.String()
}

// How tightly what surrounds an expression binds; a looser expression is put in parentheses there.
const (
	looseOr = iota
	looseAnd
	tight
)

func format(b *strings.Builder, e Expr, around int) {
	switch e := e.(type) {
	case Or:
		formatParts(b, e.Parts, " OR ", looseAnd, around > looseOr)
	case And:
		formatParts(b, e.Parts, " ", tight, around > looseAnd)
	case Not:
		if startsWithHyphen(e.Part) {
			b.WriteString("NOT ") // two hyphens would begin a word
		} else {
			b.WriteByte('-')
		}
		format(b, e.Part, tight)
	case Word:
		formatWord(b, e)
	case Phrase:
		quote(b, e.Text)
	case Field:
		formatField(b, e)
	case TimeBound:
		if e.After {
			b.WriteString("after:")
		} else {
			b.WriteString("before:")
		}
		b.WriteString(e.At.UTC().Format(time.RFC3339Nano))
	}
}

func formatParts(b *strings.Builder, parts []Expr, between string, inside int, brackets bool) {
	if len(parts) == 1 {
		inside, brackets = tight, false
	}
	if brackets {
		b.WriteByte('(')
	}
	for i, p := range parts {
		if i > 0 {
			b.WriteString(between)
		}
		format(b, p, inside)
	}
	if brackets {
		b.WriteByte(')')
	}
}

func startsWithHyphen(e Expr) bool {
	switch e := e.(type) {
	case Not:
		return true
	case Word:
		return strings.HasPrefix(e.Text, "-")
	}
	return false
}

// formatWord leaves bare what the parser reads back as the word.
func formatWord(b *strings.Builder, w Word) {
	text := w.Text
	if w.Prefix {
		text += "*"
	}
	if e, err := ParseQuery(text, time.Time{}, nil); err != nil || e != w {
		quote(b, w.Text)
		return
	}
	b.WriteString(text)
}

func formatField(b *strings.Builder, f Field) {
	path, ok := strings.CutPrefix(f.Name, detailsPrefix)
	if ok && strings.ContainsFunc(path, func(r rune) bool { return isSpace(r) || strings.ContainsRune(`:()"`, r) }) {
		b.WriteString(detailsPrefix)
		quote(b, path)
	} else {
		b.WriteString(f.Name)
	}
	for i, v := range f.Values {
		b.WriteByte(":,"[min(i, 1)])
		if v.Quoted || v.Text == "" && !v.Prefix || strings.ContainsFunc(v.Text, func(r rune) bool {
			return isSpace(r) || strings.ContainsRune(`,()"*`, r)
		}) {
			quote(b, v.Text)
		} else {
			b.WriteString(v.Text)
		}
		if v.Prefix {
			b.WriteByte('*')
		}
	}
}

var quotedChars = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	b.WriteString(quotedChars.Replace(s))
	b.WriteByte('"')
}
