package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A part's terms are the same however often they are asked for, also after the cache has started over, and are read once in between.
func TestTermCache(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	var c termCache
	reads := 0
	for round := range 20_000 {
		part := r.IntN(300)
		var want, got []string
		for i := range part % 7 {
			want = append(want, fmt.Sprintf("%d-%d-%0*d", part, i, 1+part*2, 0))
		}
		c.emit(fmt.Append(nil, part), func(term []byte) { got = append(got, string(term)) }, func(emit func([]byte)) {
			reads++
			for _, term := range want {
				emit([]byte(term))
			}
		})
		if !slices.Equal(got, want) {
			t.Fatalf("round %d: part %d has %q, want %q", round, part, got, want)
		}
		if c.trim(); round == 10_000 {
			c = termCache{}
		}
	}
	if reads > 600 {
		t.Errorf("%d reads of 300 parts, twice", reads)
	}
}
