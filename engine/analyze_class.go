package engine

import (
	"unicode"
	"unicode/utf8"
)

// classASCII is the class of each ASCII character.
var classASCII = func() (t [utf8.RuneSelf]runeClass) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			t[c] = classWord
		}
	}
	for _, c := range `._@/-:\+` {
		t[c] = classConnector
	}
	return t
}()

// decode returns the first rune of text, folded, its class and its length in text. Bytes that are not UTF-8 separate.
func decode(text string) (r rune, class runeClass, n int) {
	r, n = utf8.DecodeRuneInString(text)
	r = foldRune(r)
	return r, classOf(r), n
}

func classOf(r rune) runeClass {
	switch {
	case r < utf8.RuneSelf:
		return classASCII[r]
	case r == utf8.RuneError:
		return classSpace
	case r >= 0x4e00 && r <= 0x9fff: // the common Han characters, first because they are many
		return classUnspaced
	case unicode.Is(unicode.Variation_Selector, r):
		return classSkip
	case unicode.IsLetter(r), unicode.IsNumber(r):
		if isUnspaced(r) {
			return classUnspaced
		}
		return classWord
	case unicode.IsMark(r):
		if isUnspaced(r) {
			return classUnspaced
		}
		return classMark
	case unicode.Is(unicode.So, r):
		return classSymbol
	}
	return classSpace
}

// isUnspaced reports whether r is of a script that puts no spaces between words. The long-vowel mark belongs to none by
// Unicode's tables, yet it stands inside most katakana words.
func isUnspaced(r rune) bool {
	return r >= 0x0e00 && (r == 0x30fc || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}
