package engine

import (
	"fmt"
	"testing"
)

// TestReadGroups reads groups back that begin and end within seq pages, from each of them on.
func TestReadGroups(t *testing.T) {
	l, _ := sealedLog(t, 256) // a group to the window's end, and one of 10
	sizes := []int{1, 1, 3, 16, 1, 17, 40, 15, 1, 130, 2}
	n := 266
	for _, size := range sizes {
		appendNumbered(t, l, n, n+size)
		n += size
	}
	w := l.list()[1]
	sizes = append([]int{10}, sizes...)
	for from, seq := 0, w.first; from < len(sizes); from++ {
		groups, err := w.readGroups(seq, w.end.Load(), groupEvents)
		if err != nil {
			t.Fatal(err)
		}
		next, read := seq, 0
		for i, g := range groups {
			if g.first != next || g.end != next+uint64(sizes[from+i]) || read >= groupEvents {
				t.Fatalf("from seq %d: group %d is of seq %d to %d, behind %d events", seq, i, g.first, g.end, read)
			}
			for k := range g.events {
				if want := fmt.Sprint("e-", g.first+uint64(k)); g.events[k].event.ID != want {
					t.Fatalf("seq %d has %s, want %s", g.first+uint64(k), g.events[k].event.ID, want)
				}
			}
			next, read = g.end, read+len(g.events)
		}
		if read < groupEvents && next != w.end.Load() {
			t.Fatalf("from seq %d: %d events of %d groups", seq, read, len(groups))
		}
		seq += uint64(sizes[from])
	}
}
