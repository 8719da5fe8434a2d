package merkle

import (
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// An edge's root is the root that tlog computes from all stored hashes, at every size.
func TestEdgeAgainstTlog(t *testing.T) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, n := range at {
			out[i] = stored[n]
		}
		return out, nil
	})
	var edge, tiled, tile Edge
	for n := int64(0); n < 1100; n++ {
		want, err := tlog.TreeHash(n, reader)
		if err != nil {
			t.Fatal(err)
		}
		if got := edge.Root(); got != want {
			t.Fatalf("root of %d leaves: got %v, want %v", n, got, want)
		}
		if !edge.Valid() || edge.Size != uint64(n) {
			t.Fatalf("edge of %d leaves is not valid: %+v", n, edge)
		}
		data := fmt.Appendf(nil, "leaf %d", n)
		hashes, err := tlog.StoredHashes(n, data, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		edge.Append(LeafHash(data))
		tile.Append(LeafHash(data))
		if tile.Size == TileLeaves {
			if err := tiled.AppendTile(tile.Root()); err != nil {
				t.Fatal(err)
			}
			if tiled.Root() != edge.Root() {
				t.Fatalf("tree of tiles differs at %d leaves", edge.Size)
			}
			tile = Edge{}
		}
	}
	edge.Size = 255
	if err := edge.AppendTile(Hash{}); err == nil {
		t.Error("a tile was appended to a partial tile")
	}
}
