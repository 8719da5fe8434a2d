// Package merkle keeps the right edge of an RFC 6962 tree: a thin skin over golang.org/x/mod/sumdb/tlog, whose
// hashing it uses. A tree of n leaves needs only the roots of its complete subtrees, one per bit of n, to grow and to
// give its root.
package merkle

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a node or root hash.
type Hash = tlog.Hash

// LeafHash is the hash of a leaf (RFC 6962, section 2.1).
func LeafHash(data []byte) Hash { return tlog.RecordHash(data) }

// TileLeaves is the number of leaves under one full tile of level 0 (C2SP tlog-tiles).
const TileLeaves = 256

// Edge is a tree reduced to its complete subtrees, largest first. The zero Edge is the empty tree. It is a value: Clone before sharing.
type Edge struct {
	Size  uint64
	Roots []Hash // of the complete subtrees, one per set bit of Size, from the highest
}

// Append adds a leaf.
func (e *Edge) Append(leaf Hash) {
	e.Roots = append(e.Roots, leaf)
	for n := e.Size; n&1 == 1; n >>= 1 {
		last := len(e.Roots) - 1
		e.Roots[last-1] = tlog.NodeHash(e.Roots[last-1], e.Roots[last])
		e.Roots = e.Roots[:last]
	}
	e.Size++
}

// AppendTile adds a complete subtree of TileLeaves leaves. The size must be a multiple of TileLeaves.
func (e *Edge) AppendTile(root Hash) error {
	if e.Size%TileLeaves != 0 {
		return fmt.Errorf("append tile to a tree of %d leaves: not a multiple of %d", e.Size, TileLeaves)
	}
	tiles := Edge{Size: e.Size / TileLeaves, Roots: e.Roots}
	tiles.Append(root)
	e.Size, e.Roots = tiles.Size*TileLeaves, tiles.Roots
	return nil
}

// Root returns the root hash of the tree; of the empty tree it is the hash of nothing (RFC 6962, section 2.1).
func (e *Edge) Root() Hash {
	if e.Size == 0 {
		return emptyRoot
	}
	root := e.Roots[len(e.Roots)-1]
	for i := len(e.Roots) - 2; i >= 0; i-- {
		root = tlog.NodeHash(e.Roots[i], root)
	}
	return root
}

var emptyRoot, _ = tlog.TreeHash(0, nil)

// Clone returns a copy that shares nothing with e.
func (e *Edge) Clone() Edge {
	return Edge{Size: e.Size, Roots: append([]Hash(nil), e.Roots...)}
}

// Valid reports whether the number of roots fits the size.
func (e *Edge) Valid() bool { return bits.OnesCount64(e.Size) == len(e.Roots) }
