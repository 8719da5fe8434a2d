package engine

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxToken is how many bytes of a token are kept. A longer one is cut, in events and in queries alike.
const MaxToken = 128

// Analyzer takes text apart into tokens, in the same way for events, queries and highlights. The zero value is ready.
// It keeps buffers between calls, so it serves one goroutine at a time.
//
// Text is width-folded and lower-cased rune by rune. A run is letters, digits and marks with the connectors
// . _ @ / - : \ + between them; its parts are what the connectors separate, except that a canonical UUID
// is one part. Tokens are every part and, where a run has several, the whole run.
// Characters of scripts written without spaces are a token each, and each adjacent pair is one.
// A symbol, such as an emoji, is a token. Everything else only separates.
type Analyzer struct {
	run   []byte // the folded run or stretch that is being read
	parts []span // of the run
	term  []byte // the term that is being emitted
	path  []byte // of the details value that is being read
	text  []byte // an unquoted string of the details
	piece []byte // that recall is asked of, see OwnTerms
}

type span struct{ start, end int }

// Tokens calls emit for every token of text. A token is only valid during the call and may come more than once.
func (a *Analyzer) Tokens(text string, emit func(tok []byte)) {
	a.scan(text, func(_ tokenKind, tok []byte) { emit(tok) })
}

// tokenKind tells what stands in the text one after the other (parts, characters, symbols) from what covers several of those.
type tokenKind uint8

const (
	partToken   tokenKind = iota // the first part of a run
	morePart                     // a further part of it
	wholeToken                   // a run of several parts
	charToken                    // a character of an unspaced script that begins a stretch
	nextToken                    // such a character directly after another
	pairToken                    // the two of them
	symbolToken                  // a symbol
)

// runeClass is what a folded rune is to the analyzer.
type runeClass uint8

const (
	classSpace     runeClass = iota // separates
	classWord                       // letter, digit
	classMark                       // continues a word, starts none
	classConnector                  // joins the parts of a run
	classUnspaced                   // of a script written without spaces
	classSymbol
	classSkip // invisible, as if it were not there
)

// scan is Tokens with the kinds. Parts, characters and symbols come in the order of the text.
func (a *Analyzer) scan(text string, emit func(tokenKind, []byte)) {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if classASCII[c] == classWord {
				i = a.scanRun(text, i, emit)
			} else {
				i++
			}
			continue
		}
		r, class, n := decode(text[i:])
		switch class {
		case classWord:
			i = a.scanRun(text, i, emit)
		case classUnspaced:
			i = a.scanStretch(text, i, emit)
		case classSymbol:
			a.run = utf8.AppendRune(a.run[:0], r)
			emit(symbolToken, a.run)
			i += n
		default:
			i += n
		}
	}
}

// scanRun reads the run that starts at text[i], emits its tokens and returns where it ends.
func (a *Analyzer) scanRun(text string, i int, emit func(tokenKind, []byte)) int {
	run, parts := a.run[:0], a.parts[:0]
	start := 0 // of the part; equal to len(run) after a connector
loop:
	for i < len(text) {
		r, class, n := rune(text[i]), classSpace, 1
		if r < utf8.RuneSelf {
			if class = classASCII[r]; class == classWord {
				run = append(run, foldASCII[r])
				i++
				continue
			}
		} else {
			r, class, n = decode(text[i:])
		}
		switch class {
		case classWord:
			run = utf8.AppendRune(run, r)
		case classMark:
			if start < len(run) {
				run = utf8.AppendRune(run, r)
			}
		case classConnector:
			if start < len(run) {
				parts = append(parts, span{start, len(run)})
			}
			run = append(run, byte(r))
			start = len(run)
		case classSkip:
		default:
			break loop
		}
		i += n
	}
	if start < len(run) {
		parts = append(parts, span{start, len(run)})
	}
	a.run, a.parts = run, parts
	a.emitRun(emit)
	return i
}

func (a *Analyzer) emitRun(emit func(tokenKind, []byte)) {
	n, last, kind := 0, 0, partToken
	for k := 0; k < len(a.parts); {
		p := a.parts[k]
		if p.end-p.start == 8 && isUUID(a.run[p.start:]) && k+4 < len(a.parts) && a.parts[k+4].end == p.start+uuidLen {
			p.end = p.start + uuidLen
			k += 4
		}
		k++
		n, last = n+1, p.end
		emit(kind, cut(a.run[p.start:p.end], MaxToken))
		kind = morePart
	}
	if n > 1 {
		emit(wholeToken, cut(a.run[:last], MaxToken))
	}
}

const uuidLen = 36

// isUUID reports whether b starts with what could be a canonical UUID.
func isUUID(b []byte) bool { return len(b) >= uuidLen && uuidPrefix(b[:uuidLen]) }

// uuidPrefix reports whether b, folded, is the beginning of a canonical UUID.
func uuidPrefix(b []byte) bool {
	if len(b) > uuidLen {
		return false
	}
	for i, c := range b {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// scanStretch reads characters of unspaced scripts from text[i] on, emits their tokens and returns where they end.
func (a *Analyzer) scanStretch(text string, i int, emit func(tokenKind, []byte)) int {
	a.run = a.run[:0]
	before, kind := -1, charToken // where in run the character before starts
	for i < len(text) {
		r, class, n := decode(text[i:])
		if class == classMark || class == classSkip {
			i += n
			continue
		}
		if class != classUnspaced {
			break
		}
		i += n
		if mark, _, n := decode(text[i:]); mark == 0x3099 || mark == 0x309a {
			r, i = voiced(r, mark), i+n
		}
		at := len(a.run)
		a.run = utf8.AppendRune(a.run, r)
		emit(kind, a.run[at:])
		if before >= 0 {
			emit(pairToken, a.run[before:])
		}
		before, kind = at, nextToken
	}
	return i
}

// voiced joins a kana with its sound mark, which half-width text always writes apart.
func voiced(r, mark rune) rune {
	s := norm.NFC.String(string([]rune{r, mark}))
	if joined, n := utf8.DecodeRuneInString(s); n == len(s) {
		return joined
	}
	return r
}
