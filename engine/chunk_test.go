package engine

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestChunker: whatever the sizes, every place is read, in the order asked for, and no more is held than the bound says.
func TestChunker(t *testing.T) {
	const bytes = 1 << 20
	broken := errors.New("broken")
	for name, size := range map[string]func(i int) int{
		"small":            func(int) int { return 700 },
		"large":            func(int) int { return MaxEventBytes },
		"one of many":      func(i int) int { return 700 + i%512/511*MaxEventBytes },
		"large behind":     func(i int) int { return 700 + i/2000*MaxEventBytes },
		"beyond the bound": func(i int) int { return bytes + i },
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			at := make([]Pos, 3000)
			for i := range at {
				at[i] = Pos{Time: int64(i / 3), Seq: uint64(i)}
			}
			orders := map[string]func(){"ascending": func() {}, "descending": func() { slices.Reverse(at) },
				"any": func() { r.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] }) }}
			for order, arrange := range orders {
				arrange()
				read, c := 0, chunker{most: 1024, bytes: bytes}
				c.read = func(at []Pos, fn func(int, *Event) error) error {
					if !slices.IsSortedFunc(at, comparePos) {
						t.Fatalf("%s: a chunk is not read in time order", order)
					}
					for _, i := range r.Perm(len(at)) {
						read++
						if err := fn(i, &Event{Seq: at[i].Seq, stored: size(int(at[i].Seq))}); err != nil {
							return err
						}
					}
					return nil
				}
				for rest := at; len(rest) > 0; {
					events, err := c.next(rest)
					if err != nil || len(events) == 0 {
						t.Fatalf("%s: %d events: %v", order, len(events), err)
					}
					held := 0
					for i, e := range events {
						if held += e.held(); e.Seq != rest[i].Seq {
							t.Fatalf("%s: seq %d where %d was asked for", order, e.Seq, rest[i].Seq)
						}
					}
					if held > bytes && len(events) > 1 {
						t.Errorf("%s: %d events of %d bytes at once", order, len(events), held)
					}
					rest = rest[len(events):]
				}
				if read > 3*len(at) {
					t.Errorf("%s: %d reads of %d events", order, read, len(at))
				}
			}
			failing := chunker{most: 1024, bytes: bytes, read: func([]Pos, func(int, *Event) error) error { return broken }}
			if _, err := failing.next(at); !errors.Is(err, broken) {
				t.Errorf("a failed read: %v", err)
			}
		})
	}
}
