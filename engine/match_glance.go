package engine

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// glance is a first look at an event's text: it tells, ten times as fast as reading all terms, that a word which the plan needs is nowhere in it.
type glance struct{ words []string }

// newGlance finds words that every event which matches the plan has. Words of ASCII letters and digits are enough: others are left to the terms.
func newGlance(p Plan) (g glance) {
	switch p := p.(type) {
	case PlanAnd:
		for _, part := range p.Parts {
			g.words = append(g.words, newGlance(part).words...)
		}
	case PlanTerm:
		if strings.HasPrefix(p.Term, "t") && plainWord(p.Term[1:]) {
			g.words = append(g.words, p.Term[1:])
		}
	}
	return g
}

func plainWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != "" && len(s) < MaxToken
}

// rulesOut reports that a needed word is surely not in e.
func (g *glance) rulesOut(a *Analyzer, e *Event) bool {
	for _, word := range g.words {
		found := mayHold(e.Details, word, true)
		if !found {
			a.eachText(e, func(_, text string) { found = found || mayHold(text, word, false) })
		}
		if !found {
			return true
		}
	}
	return false
}

// mayHold reports whether the word may be among the tokens of a text: it is there in some case, or there are characters that may fold to it. In
// JSON an escape may stand for anything.
func mayHold[T string | jsontext.Value](text T, word string, isJSON bool) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x80 || isJSON && c == '\\' {
			return true
		}
		if c|0x20 == word[0] && len(text)-i >= len(word) && beginsFolded(text[i:], word) {
			return true
		}
	}
	return false
}

func beginsFolded[T string | jsontext.Value](text T, word string) bool {
	for j := 1; j < len(word); j++ {
		if text[j]|0x20 != word[j] && text[j] < 0x80 {
			return false
		}
	}
	return true
}
