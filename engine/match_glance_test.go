package engine

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// Wherever a word stands in a text, and in whatever case, the glance finds that it may be there; and where nothing else speaks for it, that it is not.
func TestGlance(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	random := func(n int, letters string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	for range 20_000 {
		word := random(1+r.IntN(10), "abz059")
		text := random(r.IntN(40), "abzABZ059 -{}\"")
		want := strings.Contains(strings.ToLower(text), word)
		w := newGlanceWord(word)
		if got := mayHold(text, w, false); got != want {
			t.Fatalf("%q in %q: %v, want %v", word, text, got, want)
		}
		if got := mayHold(jsontext.Value(text), w, true); got != want {
			t.Fatalf("%q in JSON %q: %v, want %v", word, text, got, want)
		}
		at := r.IntN(len(text) + 1)
		escaped := text[:at] + `\` + text[at:]
		if !mayHold(jsontext.Value(escaped), w, true) || !mayHold(text[:at]+"ſ"+text[at:], w, false) {
			t.Fatalf("%q is ruled out of %q with an escape, or another letter, at %d", word, text, at)
		}
	}
}

// Eight bytes at a time say of a string what byte by byte would.
func TestQuotable(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 100_000 {
		b := make([]byte, 8)
		for i := range b {
			if b[i] = byte(r.IntN(256)); r.IntN(3) > 0 {
				b[i] = 'a'
			}
		}
		want := strings.ContainsFunc(string(b), func(c rune) bool { return c < 0x20 || c == '"' || c == '\\' })
		if got := quotable(load8(b, 0)) != 0; got != want {
			t.Fatalf("%q: %v, want %v", b, got, want)
		}
	}
}
