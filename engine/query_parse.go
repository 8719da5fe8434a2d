package engine

import (
	"fmt"
	"time"
)

// Limits on a query text. Each is refused by name and number.
const (
	MaxQueryBytes   = 8 << 10
	MaxQueryTerms   = 256 // words, phrases and field values
	MaxQueryNesting = 32  // parentheses and negations
)

// ParseQuery reads one line of the query language:
//
//	timeout "connection reset"  user:amy,bob  -result:success  module:"API management"  (delete OR publish)  details.request_id:c89*
//
// Words, phrases and fields side by side must all match (AND may be written); OR, in capitals, binds weaker; - or NOT
// before anything excludes it; a * at the end makes a prefix. Field names (fieldNames, a few aliases, and details.<path>)
// may be in any case. Times (after, before, time) are read by ParseTime and ParsePreset with now and loc.
// It returns nil for a text without words and a *QueryError, which points at the place, for any mistake.
func ParseQuery(text string, now time.Time, loc *time.Location) (Expr, error) {
	p := &parser{lexer: lexer{text: text}, now: now, loc: loc}
	if err := p.checkText(); err != nil {
		return nil, err
	}
	p.space()
	if p.end() {
		return nil, nil
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.end() {
		return nil, p.errorAt(p.pos, "this ) closes nothing; put quotes around text that contains it")
	}
	return e, nil
}

type parser struct {
	lexer
	now          time.Time
	loc          *time.Location
	terms, depth int
}

// or reads what OR connects, up to the end or a closing parenthesis.
func (p *parser) or() (Expr, error) {
	var parts []Expr
	for {
		e, err := p.and()
		if err != nil {
			return nil, err
		}
		if or, ok := e.(Or); ok {
			parts = append(parts, or.Parts...)
		} else {
			parts = append(parts, e)
		}
		if !p.keyword("OR") {
			return one(parts, func() Expr { return Or{Parts: parts} }), nil
		}
		p.pos += len("OR")
	}
}

// and reads what stands side by side.
func (p *parser) and() (Expr, error) {
	var parts []Expr
	needed := true
	for {
		p.space()
		switch {
		case p.end(), p.next() == ')', p.keyword("OR"):
			if needed {
				return nil, p.missing()
			}
			return one(parts, func() Expr { return And{Parts: parts} }), nil
		case p.keyword("AND"):
			if needed {
				return nil, p.missing()
			}
			p.pos += len("AND")
			needed = true
			continue
		}
		e, err := p.unary()
		if err != nil {
			return nil, err
		}
		needed = false
		if and, ok := e.(And); ok {
			parts = append(parts, and.Parts...)
		} else {
			parts = append(parts, e)
		}
	}
}

func one(parts []Expr, many func() Expr) Expr {
	if len(parts) == 1 {
		return parts[0]
	}
	return many()
}

// missing says what is wrong where a word, phrase or field should stand.
func (p *parser) missing() error {
	switch {
	case p.end():
		return p.errorAt(p.pos, "the query ends where a word or field should follow")
	case p.next() == ')':
		return p.errorAt(p.pos, "a word or field is missing before ); put quotes around text with parentheses")
	}
	return p.errorAt(p.pos, `a word or field is missing before this operator; put quotes around it to find it as a word`)
}

// unary reads one operand with its negations.
func (p *parser) unary() (Expr, error) {
	p.space()
	switch at := p.pos; {
	case p.end(), p.next() == ')', p.keyword("OR"), p.keyword("AND"):
		return nil, p.missing()
	case p.keyword("NOT"):
		p.pos += len("NOT")
		return p.not(at)
	case p.next() == '-' && !p.follows('-'):
		p.pos++
		if p.end() || p.next() == ')' || isSpace(p.rune()) {
			return nil, p.errorAt(at, `nothing follows -; write -word to exclude a word, "-" in quotes otherwise`)
		}
		return p.not(at)
	case p.next() == '(':
		return p.group()
	case p.next() == '"':
		return p.phrase()
	}
	return p.word()
}

func (p *parser) not(at int) (Expr, error) {
	leave, err := p.enter(at)
	if err != nil {
		return nil, err
	}
	defer leave()
	e, err := p.unary()
	if err != nil {
		return nil, err
	}
	return Not{Part: e}, nil
}

func (p *parser) group() (Expr, error) {
	at := p.pos
	leave, err := p.enter(at)
	if err != nil {
		return nil, err
	}
	defer leave()
	p.pos++
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.end() {
		return nil, p.errorAt(at, "this ( is never closed; put quotes around text that contains it")
	}
	p.pos++
	return e, nil
}

func (p *parser) enter(at int) (leave func(), err error) {
	if p.depth == MaxQueryNesting {
		return nil, p.errorAt(at, fmt.Sprintf("nested deeper than %d levels", MaxQueryNesting))
	}
	p.depth++
	return func() { p.depth-- }, nil
}

func (p *parser) count(at, n int) error {
	if p.terms += n; p.terms > MaxQueryTerms {
		return p.errorAt(at, fmt.Sprintf("more than %d words and values", MaxQueryTerms))
	}
	return nil
}

func (p *parser) phrase() (Expr, error) {
	at := p.pos
	text, err := p.quoted()
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, p.errorAt(at, "nothing is between the quotes")
	}
	if err := p.apart(); err != nil {
		return nil, err
	}
	return Phrase{Text: text}, p.count(at, 1)
}
