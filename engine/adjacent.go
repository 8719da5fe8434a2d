package engine

import (
	"bytes"
	"sync"
	"unicode/utf8"
)

// analyzers are for the checks of plans, which several goroutines may run at a time.
var analyzers = sync.Pool{New: func() any { return new(Analyzer) }}

// prepare makes in possible, after which s does not change.
func (s *sequence) prepare() {
	s.stretches = len(s.pairs) > 0
	s.fail = make([]int, len(s.atoms)+1)
	for i, j := 1, 0; i < s.exact(); i++ {
		for j > 0 && s.atoms[i].text != s.atoms[j].text {
			j = s.fail[j]
		}
		if s.atoms[i].text == s.atoms[j].text {
			j++
		}
		s.fail[i+1] = j
	}
}

// exact is how many atoms must be there to the letter.
func (s *sequence) exact() int {
	if s.prefix {
		return len(s.atoms) - 1
	}
	return len(s.atoms)
}

// in reports whether one of the text values of e has the sequence. It may be called concurrently.
func (s *sequence) in(e *Event) bool {
	a := analyzers.Get().(*Analyzer)
	defer analyzers.Put(a)
	found := false
	a.eachText(e, func(field, text string) {
		if !found && (s.field == "" || s.field == field) {
			found = s.inText(a, text)
		}
	})
	if found || s.field != "" {
		return found
	}
	a.walkDetails(e.Details, func(kind byte, _ []byte, text string) {
		if !found && kind != 'n' {
			found = s.inText(a, text)
		}
	})
	return found
}

// inValue is in for a value of one of textColumns. One that may be cut there says nothing: the last word in it may go on.
func (s *sequence) inValue(value []byte) bool {
	if len(value) > MaxTermValue-utf8.UTFMax {
		return false
	}
	a := analyzers.Get().(*Analyzer)
	defer analyzers.Put(a)
	return s.inText(a, string(value))
}

func (s *sequence) inText(a *Analyzer, text string) (found bool) {
	n, j := s.exact(), 0 // j atoms are matched so far
	var joined []bool    // by atom of the text: it continues a stretch
	a.scan(text, func(kind tokenKind, tok []byte) {
		if kind == wholeToken || kind == pairToken || found {
			return
		}
		if j == n && s.prefix && bytes.HasPrefix(tok, []byte(s.last().text)) {
			found = s.holdsTogether(joined)
			return
		}
		if s.stretches {
			joined = append(joined, kind == nextToken)
		}
		for j > 0 && (j == n || s.atoms[j].text != string(tok)) {
			j = s.fail[j]
		}
		if s.atoms[j].text == string(tok) {
			j++
		}
		found = j == n && !s.prefix && s.holdsTogether(joined)
	})
	return found
}

// holdsTogether reports whether the exact atoms, which were just matched, have nothing between characters that s has
// side by side. Words may have anything between them that is no atom.
func (s *sequence) holdsTogether(joined []bool) bool {
	if !s.stretches {
		return true
	}
	for i, a := range s.atoms[:s.exact()] {
		if a.kind == nextToken && !joined[len(joined)-s.exact()+i] {
			return false
		}
	}
	return true
}
