package engine

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// TestIDSets holds the sets of a growing and of a sealed window against a plain list: by tenant and ID, and by ID alone.
func TestIDSets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for _, shape := range []struct{ events, tenants, ids int }{{0, 1, 1}, {1, 1, 1}, {300, 3, 200}, {20_000, 1, 1 << 40}, {20_000, 5000, 4}} {
		type event struct{ tenant, id string }
		var events []event
		const first = 512
		open := newOpenIDs(first)
		for range shape.events {
			e := event{fmt.Sprint("t", r.IntN(shape.tenants)), fmt.Sprint("id-", r.IntN(shape.ids))}
			events = append(events, e)
			open.add(newIDKey(e.tenant, e.id))
		}
		path := filepath.Join(t.TempDir(), idsName)
		if err := open.write(path); err != nil {
			t.Fatal(err)
		}
		sealed, err := openSealedIDs(path, first, uint64(len(events)))
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event{"t0", "nobody's"}, event{"nobody", "id-0"})
		for range 500 {
			e := events[r.IntN(len(events))]
			var both, any []uint64
			for i, other := range events[:shape.events] {
				if other == e {
					both = append(both, first+uint64(i))
				}
				if other.id == e.id {
					any = append(any, first+uint64(i))
				}
			}
			for name, set := range map[string]idSet{"open": open, "sealed": sealed} {
				if got := set.find(newIDKey(e.tenant, e.id), nil); !slices.Equal(got, both) {
					t.Fatalf("%+v, %s: find %v gives %v, want %v", shape, name, e, got, both)
				}
				got := set.findName(nameHash([]byte(e.id)), nil)
				if slices.Sort(got); !slices.Equal(got, any) {
					t.Fatalf("%+v, %s: find the name of %v gives %d, want %d", shape, name, e, len(got), len(any))
				}
			}
		}
		if err := sealed.close(); err != nil {
			t.Error(err)
		}
	}
}
