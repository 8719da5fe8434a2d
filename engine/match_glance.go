package engine

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// glance is a first look at an event's text: it tells, ten times as fast as reading all terms, that a word which the plan needs is nowhere in it.
type glance struct{ words []glanceWord }

// glanceWord is a word with the place of the letter in it that is the rarest in texts.
type glanceWord struct {
	word string
	rare int
}

// commonFirst has letters and digits by how common they are in events.
const commonFirst = "0123456789etaoinsrhldcumfpgwybvkxjqz"

func newGlanceWord(word string) glanceWord {
	rare := 0
	for i := range len(word) {
		if strings.IndexByte(commonFirst, word[i]) > strings.IndexByte(commonFirst, word[rare]) {
			rare = i
		}
	}
	return glanceWord{word, rare}
}

// newGlance finds words that every event which matches the plan has. Words of ASCII letters and digits are enough: others are left to the terms.
func newGlance(p Plan) (g glance) {
	switch p := p.(type) {
	case PlanAnd:
		for _, part := range p.Parts {
			g.words = append(g.words, newGlance(part).words...)
		}
	case PlanTerm:
		if strings.HasPrefix(p.Term, "t") && plainWord(p.Term[1:]) {
			g.words = append(g.words, newGlanceWord(p.Term[1:]))
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
func mayHold[T string | jsontext.Value](text T, w glanceWord, isJSON bool) bool {
	rare := ones * uint64(w.word[w.rare])
	i := 0
	for ; i+8 <= len(text); i += 8 {
		v := load8(text, i)
		if v&highs != 0 || isJSON && zeros(v^ones*'\\') != 0 {
			return true
		}
		for at := zeros(v | ones*0x20 ^ rare); at != 0; at &= at - 1 {
			if hasFolded(text, i+bits.TrailingZeros64(at)/8-w.rare, w.word) {
				return true
			}
		}
	}
	for ; i < len(text); i++ {
		c := text[i]
		if c >= utf8.RuneSelf || isJSON && c == '\\' || c|0x20 == w.word[w.rare] && hasFolded(text, i-w.rare, w.word) {
			return true
		}
	}
	return false
}

// hasFolded reports whether the word may be at that place of the text.
func hasFolded[T string | jsontext.Value](text T, at int, word string) bool {
	if at < 0 || len(text)-at < len(word) {
		return false
	}
	for j := range len(word) {
		if c := text[at+j]; c|0x20 != word[j] && c < utf8.RuneSelf {
			return false
		}
	}
	return true
}
