package index

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Keys come out in bytewise order, whatever they have in common: long beginnings, zeros at the end, one being the beginning of another.
func TestTableSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		var tab table
		begin := strings.Repeat("=details.\x00", r.IntN(4))
		for range 1 + r.IntN(300) {
			key := []byte(begin[:r.IntN(len(begin)+1)])
			for range r.IntN(12) {
				key = append(key, byte(r.IntN(3))) // zeros among them
			}
			tab.id(key)
		}
		order := slices.Collect(tab.sorted())
		if len(order) != tab.len() {
			t.Fatalf("%d of %d keys", len(order), tab.len())
		}
		if !slices.IsSortedFunc(order, func(a, b uint32) int { return bytes.Compare(tab.key(a), tab.key(b)) }) {
			t.Fatalf("not in order: %q", keysOf(&tab, order))
		}
	}
}

func keysOf(t *table, order []uint32) (keys []string) {
	for _, n := range order {
		keys = append(keys, string(t.key(n)))
	}
	return keys
}
