package engine

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"annals/engine/merkle"

	"github.com/cespare/xxhash/v2"
)

const (
	manifestName    = "manifest.json"
	manifestVersion = 2
	windowsDir      = "windows"
)

// manifest names the windows of a log. It is written whole, durably, whenever one is begun, sealed or dropped; what is
// not in it does not exist: a window's directory is made before it is named here and removed after it is no longer.
type manifest struct {
	Version int               `json:"version"`
	Windows []manifestWindow  `json:"windows"`
	Dropped manifestDropped   `json:"dropped"`
	Store   manifestStoreSize `json:"store"`
	Sum     string            `json:"sum"` // xxhash64 of the compact JSON with an empty sum
}

func (m manifest) sum() (string, error) {
	m.Sum = ""
	data, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode manifest: %w", err)
	}
	return fmt.Sprintf("%016x", xxhash.Sum64(data)), nil
}

// manifestStoreSize remembers the largest memtable that was ever used: Badger cannot replay a log into a smaller one.
type manifestStoreSize struct {
	MemTableBytes int64 `json:"mem_table_bytes"`
}

// manifestWindow describes a window. Of an open one only First is known here, the rest is in its store.
type manifestWindow struct {
	First    uint64    `json:"first"`
	Sealed   bool      `json:"sealed"`
	End      uint64    `json:"end,omitempty"`
	MinTime  time.Time `json:"min_time,omitzero"`
	MaxTime  time.Time `json:"max_time,omitzero"`
	Received time.Time `json:"received,omitzero"` // of its last event
	Bytes    int64     `json:"bytes,omitempty"`   // of stored content
	Root     string    `json:"root,omitempty"`    // base64 root of the tree with End leaves
}

// manifestDropped is the left part of the tree whose windows retention has removed.
type manifestDropped struct {
	End   uint64   `json:"end"`
	Roots []string `json:"roots,omitempty"` // base64, of its complete subtrees
}

func (d *manifestDropped) edge() (merkle.Edge, error) {
	edge := merkle.Edge{Size: d.End}
	for _, text := range d.Roots {
		h, err := decodeHash(text)
		if err != nil {
			return edge, err
		}
		edge.Roots = append(edge.Roots, h)
	}
	if !edge.Valid() {
		return edge, fmt.Errorf("%w: manifest: %d subtree roots do not make a tree of %d", ErrDamaged, len(d.Roots), d.End)
	}
	return edge, nil
}

func droppedEdge(e merkle.Edge) manifestDropped {
	d := manifestDropped{End: e.Size}
	for _, h := range e.Roots {
		d.Roots = append(d.Roots, encodeHash(h))
	}
	return d
}

func encodeHash(h merkle.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }

func decodeHash(text string) (h merkle.Hash, err error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != len(h) {
		return h, fmt.Errorf("%w: %q is not a hash", ErrDamaged, shorten(text))
	}
	return merkle.Hash(raw), nil
}

// Exists reports whether there is a log in dir.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, manifestName))
	return err == nil
}

// readManifest reads dir's manifest; found is false when there is none.
func readManifest(dir string) (m manifest, found bool, err error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return firstWindowOnly(dir)
	}
	if err != nil {
		return m, false, fmt.Errorf("read manifest: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, false, fmt.Errorf("%w: manifest: %w", ErrDamaged, err)
	}
	if m.Version != manifestVersion {
		return m, false, fmt.Errorf("read manifest: version %d, this program knows %d", m.Version, manifestVersion)
	}
	if sum, err := m.sum(); err != nil || sum != m.Sum {
		return m, false, errors.Join(fmt.Errorf("%w: manifest: its checksum is %s, its content gives %s", ErrDamaged, shorten(m.Sum), sum), err)
	}
	next := m.Dropped.End
	for i, w := range m.Windows {
		if w.First != next {
			return m, false, fmt.Errorf("%w: manifest: window %d begins at seq %d, want %d", ErrDamaged, i, w.First, next)
		}
		// Where an open window ends is in its store; opening it compares.
		if next = w.End; !w.Sealed && i+1 < len(m.Windows) {
			next = m.Windows[i+1].First
		}
		if next <= w.First && (w.Sealed || i+1 < len(m.Windows)) {
			return m, false, fmt.Errorf("%w: manifest: window %d begins at seq %d and ends at %d", ErrDamaged, i, w.First, next)
		}
	}
	return m, true, nil
}

// firstWindowOnly stands for a manifest that is not there. A crash during the first start leaves a first window without one; whether
// it is that or the manifest was lost, the window's store tells all of it. With further windows only the manifest knows.
func firstWindowOnly(dir string) (m manifest, found bool, err error) {
	m.Version = manifestVersion
	entries, err := os.ReadDir(filepath.Join(dir, windowsDir))
	if err != nil {
		return m, false, fmt.Errorf("list windows: %w", err)
	}
	if len(entries) == 1 && entries[0].Name() == filepath.Base(windowDir(dir, 0)) {
		m.Windows = []manifestWindow{{First: 0}}
		return m, true, nil
	}
	return m, false, nil
}

func writeManifest(dir string, m manifest) error {
	var err error
	if m.Sum, err = m.sum(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	return writeDurably(filepath.Join(dir, manifestName), append(data, '\n'), 0o600)
}

func windowDir(dir string, first uint64) string {
	return filepath.Join(dir, windowsDir, fmt.Sprintf("%020d", first))
}
