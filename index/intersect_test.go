package index

import (
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

// However the members lie, the intersection is roaring's.
func TestIntersect(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	random := func(docs, members int) *roaring.Bitmap {
		b := roaring.New()
		for range members {
			b.Add(uint32(r.IntN(docs)))
		}
		if r.IntN(4) == 0 {
			b.AddRange(uint64(r.IntN(docs)), uint64(docs))
		}
		b.RunOptimize()
		return b
	}
	for range 60 {
		docs := 1 + r.IntN(600_000)
		a, b := random(docs, r.IntN(30_000)), random(1+r.IntN(docs), r.IntN(30_000))
		x, y := a.Clone(), b.Clone()
		if got, want := intersect(a, b), roaring.And(x, y); !got.Equals(want) {
			t.Fatalf("%d and %d members in %d documents: %d in both, want %d", a.GetCardinality(), b.GetCardinality(), docs,
				got.GetCardinality(), want.GetCardinality())
		}
		if !a.Equals(x) || !b.Equals(y) {
			t.Fatal("a set was changed")
		}
	}
}
