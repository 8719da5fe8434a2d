package engine

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// MaxTermValue is how many bytes of a folded field value (and of a details path) are kept in an exact
// term. A longer value is cut there, in events and in queries alike, so it is found by its beginning.
const MaxTermValue = 256

// separator stands between the field and the value of a term. FoldValue lets none through.
const separator = 0x1f

// FoldValue returns s as exact terms and column orders have it: width-folded, lower-cased and cut to at most MaxTermValue bytes
// at a rune boundary. It is idempotent, and a prefix of s folds to a prefix of what s folds to.
func FoldValue(s string) string {
	if isFolded(s) {
		return s
	}
	return string(appendFold(nil, s, MaxTermValue))
}

func isFolded(s string) bool {
	if len(s) > MaxTermValue {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c == separator || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// appendFold appends at most limit bytes of s, folded, to dst. Bytes that are not UTF-8 become U+FFFD.
func appendFold[T string | []byte](dst []byte, s T, limit int) []byte {
	limit += len(dst)
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if len(dst) == limit {
				break
			}
			dst = append(dst, foldASCII[c])
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(string(s[i:min(len(s), i+utf8.UTFMax)]))
		r = foldRune(r)
		if len(dst)+utf8.RuneLen(r) > limit {
			break
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst
}

// foldASCII lower-cases, and turns the term separator into a space.
var foldASCII = func() (t [utf8.RuneSelf]byte) {
	for i := range t {
		t[i] = byte(unicode.ToLower(rune(i)))
	}
	t[separator] = ' '
	return t
}()

// foldRune width-folds and lower-cases one rune. Only the half-width and full-width block and the wide space have
// foldings, so the table is asked for no other.
func foldRune(r rune) rune {
	if r >= 0xff00 && r <= 0xffef || r == 0x3000 {
		if f := width.LookupRune(r).Folded(); f != 0 {
			r = f
		}
	}
	return unicode.ToLower(r)
}

// cut returns b without what is beyond n bytes and without a rune that would be torn there.
func cut[T ~string | ~[]byte](b T, n int) T {
	if len(b) <= n {
		return b
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}
