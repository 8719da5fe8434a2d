package engine

import "testing"

// Events that came late are not what a walk over their neighbours begins with.
func TestTogether(t *testing.T) {
	var at []Pos
	for _, late := range []int64{5, 90, 700} {
		at = append(at, Pos{Time: late})
	}
	for n := range int64(1000) {
		at = append(at, Pos{Time: 1_000_000 + n})
	}
	at = append(at, Pos{Time: 9_000_000})
	first, last := together(at)
	if first <= 700 || first > 1_000_000 || last < 1_000_999 || last >= 9_000_000 {
		t.Errorf("%d to %d", first, last)
	}
	same := make([]Pos, 40)
	for i := range same {
		same[i] = Pos{Time: 7, Seq: uint64(i)}
	}
	if first, last := together(same); first != 7 || last != 7 {
		t.Errorf("%d to %d", first, last)
	}
}
