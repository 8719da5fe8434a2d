package index

import "testing"

// TestLittleIsMergedWithLittle: what comes in slowly beside a large segment is merged level by level, and the large one is not written again with
// every handful of small ones.
func TestLittleIsMergedWithLittle(t *testing.T) {
	const large = 400_000
	for _, busy := range []bool{false, true} {
		for _, docs := range []uint64{1, 15, 60, 900} {
			g := &generation{segments: []*segment{{header: header{docs: large}}}}
			var came, merged uint64
			for most := 0; came < large/4; {
				g.segments = append(g.segments, &segment{header: header{docs: docs}})
				came += docs
				for run := g.pickRun(ladder[len(ladder)-1], busy); run != nil; run = g.pickRun(ladder[len(ladder)-1], busy) {
					by := &segment{}
					for _, s := range run {
						by.docs += s.docs
					}
					merged += by.docs
					g.replace(run, by)
				}
				if most = max(most, len(g.segments)); !busy && most > 3*mergeWidth || most > busyWidth+mergeWidth {
					t.Fatalf("busy %v, %d events at a time: %d segments", busy, docs, most)
				}
			}
			if merged > 10*came {
				t.Errorf("busy %v, %d events at a time: %d came and %d were merged", busy, docs, came, merged)
			}
		}
	}
}
