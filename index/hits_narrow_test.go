package index

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// Pages in the order of a column are the same when its values are counted in groups first, which otherwise takes more values than a test has.
func TestNarrow(t *testing.T) {
	fine, coarse := fineValues, coarseBits
	defer func() { fineValues, coarseBits = fine, coarse }()
	for seed := range uint64(8) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			fineValues, coarseBits = uint32(1+r.IntN(6)), uint32(1+r.IntN(5))
			s := &simulation{t: t, r: r, dir: t.TempDir(), x: New(Options{})}
			s.newWindow()
			for range 40 {
				s.step()
			}
			for range 100 {
				s.ask()
			}
			if err := s.x.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
