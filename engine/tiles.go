package engine

import (
	"fmt"
	"io"

	"annals/engine/merkle"
)

// The tiles file of a sealed window: magic (8) | reserved (16) | the roots of its full tiles of 256 leaves, 32 bytes each |
// xxhash64. It is derived: a window whose file is lost computes it again from its events.
const (
	tilesName  = "tiles"
	tilesMagic = "ANLTIL\x00\x01"
)

func writeTiles(path string, tiles []merkle.Hash) error {
	return writeChecked(path, func(w io.Writer) error {
		buf := make([]byte, 0, checkedHeadBytes+len(tiles)*32)
		buf = append(append(buf, tilesMagic...), make([]byte, checkedHeadBytes-8)...)
		for _, t := range tiles {
			buf = append(buf, t[:]...)
		}
		_, err := w.Write(buf)
		return err
	})
}

func readTiles(path string) ([]merkle.Hash, error) {
	m, err := mapChecked(path, tilesMagic)
	if err != nil {
		return nil, err
	}
	defer m.close()
	body := m.data[checkedHeadBytes : len(m.data)-8]
	if len(body)%32 != 0 {
		return nil, fmt.Errorf("%w: %s: %d bytes", ErrDamaged, path, len(body))
	}
	tiles := make([]merkle.Hash, len(body)/32)
	for i := range tiles {
		tiles[i] = merkle.Hash(body[32*i:])
	}
	return tiles, nil
}
