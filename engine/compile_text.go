package engine

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// atom is what stands in a text value between two others: a part, a character of an unspaced script, or a symbol.
type atom struct {
	text string
	kind tokenKind
}

// sequence is atoms to be found one right after the other in a text value.
type sequence struct {
	field  string // "" for any text value
	atoms  []atom
	pairs  []string // of characters of unspaced scripts
	whole  string   // the token of the whole text, if that is one run of several parts and uncut
	prefix bool     // the last atom may go on

	fail      []int // Knuth-Morris-Pratt: by number of atoms matched, how many still are when the next is another
	stretches bool  // some atoms are characters side by side
}

// text compiles words that must stand next to each other in one text value, of the field or, if that is "", of any.
//
// One part is its token. Characters of unspaced scripts are the tokens of their pairs; only in a phrase must these follow each
// other. With prefix the last part may go on, and the beginning of a UUID, which is several parts while the UUID is one,
// also finds that.
func (c *compiler) text(field, text string, prefix, phrase bool) Plan {
	s := c.sequence(field, text)
	if len(s.atoms) == 0 {
		return PlanNone{}
	}
	if !prefix {
		return s.plan(phrase)
	}
	s.prefix = isPart(s.last().kind) && endsInWord(text)
	p := s.plan(phrase)
	if whole, ok := s.withUUID(text); ok {
		p = or(p, whole.plan(phrase))
	}
	return p
}

func (c *compiler) sequence(field, text string) *sequence {
	s := &sequence{field: field}
	oneRun := true
	c.a.scan(text, func(kind tokenKind, tok []byte) {
		switch kind {
		case wholeToken:
			s.whole = string(tok)
		case pairToken:
			s.pairs = append(s.pairs, string(tok))
		default:
			oneRun = oneRun && (len(s.atoms) == 0 || kind == morePart)
			s.atoms = append(s.atoms, atom{string(tok), kind})
		}
	})
	// A token that is nearly as long as a cut one may be a cut one in an event.
	if !oneRun || len(s.whole) > MaxToken-utf8.UTFMax {
		s.whole = ""
	}
	return s
}

// withUUID is s for a prefix that ends in the beginning of a UUID, taken as one atom.
func (s *sequence) withUUID(text string) (*sequence, bool) {
	text = string(appendFold(nil, text, len(text)*utf8.UTFMax))
	for n := min(uuidLen-1, len(text)); n > 8; n-- {
		tail := text[len(text)-n:]
		if uuidPrefix([]byte(tail)) && !endsInWord(text[:len(text)-n]) {
			parts := strings.Count(strings.TrimSuffix(tail, "-"), "-") + 1
			before := s.atoms[:len(s.atoms)-parts]
			return &sequence{
				field: s.field, atoms: append(slices.Clone(before), atom{tail, morePart}), pairs: s.pairs, prefix: true,
			}, true
		}
	}
	return nil, false
}

func (s *sequence) plan(phrase bool) Plan {
	all := and(s.terms()...)
	if len(s.atoms) == 1 || s.isStretch() && (!phrase || len(s.atoms) == 2) {
		return all
	}
	s.prepare()
	check := PlanCheck{Maybe: all, Check: s.in, Key: s.key()}
	if s.whole != "" && !s.prefix {
		check.Sure = PlanTerm{Term: s.term(s.whole)}
	}
	switch s.field {
	case "":
		check.Columns, check.Value = textColumns, s.inValue
	case "error":
		check.Columns, check.Value = textColumns[:1], s.inValue
	}
	return check
}

// textColumns are the columns whose values are text values of the events that have them, though they may be cut there (ColumnValues).
var textColumns = []string{"error", "action", "module", "user", "project", "agent", "type", "channel", "ip"}

// key is the same for sequences that are in the same events, and for no others.
func (s *sequence) key() string {
	key := fmt.Appendf(nil, "%s\x1f%t", s.field, s.prefix)
	for _, a := range s.atoms {
		key = append(binary.AppendUvarint(append(key, byte(a.kind)), uint64(len(a.text))), a.text...)
	}
	return string(key)
}

// terms are what an event must have to have the sequence.
func (s *sequence) terms() []Plan {
	var tokens []string
	for i, a := range s.atoms {
		paired := a.kind == nextToken || a.kind == charToken && i+1 < len(s.atoms) && s.atoms[i+1].kind == nextToken
		if !paired && !(s.prefix && i == len(s.atoms)-1) {
			tokens = append(tokens, a.text)
		}
	}
	tokens = append(tokens, s.pairs...)
	slices.Sort(tokens)
	var plans []Plan
	for _, tok := range slices.Compact(tokens) {
		plans = append(plans, PlanTerm{Term: s.term(tok)})
	}
	if s.prefix {
		plans = append(plans, PlanTerms{Prefix: s.term(s.last().text)})
	}
	return plans
}

func (s *sequence) term(token string) string {
	if s.field == "" {
		return TextTerm(token)
	}
	return WordTerm(s.field, token)
}

func (s *sequence) last() atom { return s.atoms[len(s.atoms)-1] }

// isStretch reports whether s is nothing but characters of unspaced scripts with nothing between them.
func (s *sequence) isStretch() bool {
	for i, a := range s.atoms {
		if i == 0 && a.kind != charToken || i > 0 && a.kind != nextToken {
			return false
		}
	}
	return true
}

func isPart(k tokenKind) bool { return k == partToken || k == morePart }

// endsInWord reports whether text ends inside of a word, so that more letters would belong to it.
func endsInWord(text string) bool {
	for len(text) > 0 {
		r, n := utf8.DecodeLastRuneInString(text)
		switch classOf(foldRune(r)) {
		case classWord, classMark:
			return true
		case classSkip:
			text = text[:len(text)-n]
		default:
			return false
		}
	}
	return false
}
