package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"annals/engine/merkle"

	"github.com/dgraph-io/badger/v4"
)

// window is a stretch of the log: seqs [first, end).
type window struct {
	first    uint64
	dir      string
	memTable int64
	logger   *slog.Logger
	touch    func(bytes int64) // told what is read of its store's mapped tables

	end     atomic.Uint64 // published: every event below is durable
	indexed atomic.Uint64 // the index has every event below
	served  atomic.Uint64 // events below are no lag: the index has or had them, or lacked them at the start
	split   atomic.Bool   // the next window is to begin as soon as it can, see feedAgain

	servedBytes atomic.Int64 // of the events below served; after a start about so many

	mu          sync.Mutex // guards what follows
	idle        sync.Cond  // signalled when refs falls, busy ends or a closer is done
	db          *badger.DB // nil: not open (sealed windows open on demand)
	refs        int        // readers of db
	closers     int        // who waits to close db, or does; later readers wait for them
	busy        bool       // db is being opened or closed, without mu; nobody else does either meanwhile
	moving      func()     // tests stop an opening or closing here; else nil
	used        time.Time  // when a reader last took it
	sealed      bool
	gone        bool          // dropped
	shut        bool          // the log is closed
	indexSealed bool          // the index knows that it is complete
	trouble     *indexTrouble // what keeps it out of the index; nil: nothing
	damage      string        // why it cannot be served; "" when it can

	// Only the committer changes these, under mu.
	meta windowMeta
	ids  idSet
	// tiles are the roots of the full tiles; the tree below them can be computed from the events.
	tiles []merkle.Hash
	tile  merkle.Edge // the leaves behind the last full tile
}

// windowMeta sums up a window's events.
type windowMeta struct {
	minTime, maxTime int64
	received         int64 // of the last event
	bytes            int64
	tenants          map[string]struct{} // of a sealed window they are in its tenants file only
	root             merkle.Hash         // of the tree with end leaves
}

var errDropped = errors.New("window was removed by retention")

func (l *Log) newWindow(first uint64) *window {
	w := &window{first: first, dir: windowDir(l.o.Dir, first), memTable: l.o.memTable, logger: l.o.Logger, touch: l.touch}
	w.idle.L = &w.mu
	w.meta = newMeta()
	w.end.Store(first)
	w.indexed.Store(first)
	return w
}

// add notes an event that the next publish makes readable, and reports whether it is the tenant's first.
func (m *windowMeta) add(t int64, received int64, bytes int, tenant string) (fresh bool) {
	m.minTime, m.maxTime = min(m.minTime, t), max(m.maxTime, t)
	m.received = max(m.received, received)
	m.bytes += int64(bytes)
	if _, known := m.tenants[tenant]; known {
		return false
	}
	m.tenants[tenant] = struct{}{}
	return true
}

// addLeaf adds a leaf to the tiles.
func (w *window) addLeaf(leaf merkle.Hash) {
	w.tile.Append(leaf)
	if w.tile.Size == merkle.TileLeaves {
		w.tiles = append(w.tiles, w.tile.Root())
		w.tile = merkle.Edge{Roots: w.tile.Roots[:0]}
	}
}

// name names the window and its seqs.
func (w *window) name() string {
	return fmt.Sprintf("window %020d (seq %d to %d)", w.first, w.first, w.end.Load())
}

// damaged names the window and its seqs in an error. Callers hold mu or own the window.
func (w *window) damaged(err error) error {
	if err == nil {
		return fmt.Errorf("%w: %s: %s", ErrDamaged, w.name(), w.damage)
	}
	return fmt.Errorf("%s: %w", w.name(), err)
}

// shutDown closes the window for good when its readers are done; later ones get ErrClosed.
func (w *window) shutDown() error {
	var idsErr error
	err := w.closeStore(func() {
		w.shut = true
		if s, ok := w.ids.(*sealedIDs); ok {
			idsErr = s.close()
		}
		w.ids = nil
	})
	return errors.Join(err, idsErr)
}

// removed reports that retention has dropped the window.
func (w *window) removed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gone
}

// seal writes the window's side files and closes its store, after which it opens read-only. The caller then names it sealed
// in the manifest; a crash before that finds an open window and seals it again.
func (w *window) seal() error {
	w.mu.Lock()
	ids, _ := w.ids.(*openIDs)
	tenants := sortedKeys(w.meta.tenants)
	w.mu.Unlock()
	if ids != nil {
		if err := ids.write(filepath.Join(w.dir, idsName)); err != nil {
			return fmt.Errorf("seal window %d: write ids: %w", w.first, err)
		}
	}
	if err := writeTiles(filepath.Join(w.dir, tilesName), w.tiles); err != nil {
		return fmt.Errorf("seal window %d: write tiles: %w", w.first, err)
	}
	if err := writeTenants(filepath.Join(w.dir, tenantsName), tenants); err != nil {
		return fmt.Errorf("seal window %d: write tenants: %w", w.first, err)
	}
	if err := syncDir(w.dir); err != nil {
		return fmt.Errorf("seal window %d: %w", w.first, err)
	}
	sealed, err := openSealedIDs(filepath.Join(w.dir, idsName), w.first, w.end.Load()-w.first)
	if err != nil {
		return fmt.Errorf("seal window %d: read back ids: %w", w.first, err)
	}
	if err := w.closeStore(func() { w.sealed, w.ids, w.meta.tenants = true, sealed, nil }); err != nil {
		sealed.close()
		return fmt.Errorf("seal window %d: %w", w.first, err)
	}
	return nil
}

// remove takes the window's directory away. It is renamed first, so that a crash half way leaves something that no name refers to.
func (w *window) remove() error {
	err := w.closeStore(func() {
		w.gone = true
		if s, ok := w.ids.(*sealedIDs); ok {
			s.close()
		}
	})
	if err != nil {
		return fmt.Errorf("remove window %d: %w", w.first, err)
	}
	doomed := w.dir + deletingSuffix
	if err := os.Rename(w.dir, doomed); err != nil {
		return fmt.Errorf("remove window %d: %w", w.first, err)
	}
	if err := os.RemoveAll(doomed); err != nil {
		return fmt.Errorf("remove window %d: %w", w.first, err)
	}
	return nil
}

const deletingSuffix = ".deleting"

// manifest describes the window for the manifest.
func (w *window) manifest() manifestWindow {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := manifestWindow{First: w.first, Sealed: w.sealed}
	if w.sealed {
		m.End = w.end.Load()
		m.MinTime, m.MaxTime = time.Unix(0, w.meta.minTime).UTC(), time.Unix(0, w.meta.maxTime).UTC()
		m.Received, m.Bytes, m.Root = time.Unix(0, w.meta.received).UTC(), w.meta.bytes, encodeHash(w.meta.root)
	}
	return m
}

// info describes the window for people.
func (w *window) info() WindowInfo {
	w.mu.Lock()
	defer w.mu.Unlock()
	info := WindowInfo{First: w.first, End: w.end.Load(), State: "open", Bytes: w.meta.bytes, Damaged: w.damage}
	if w.sealed {
		info.State = "sealed"
	}
	if info.End > info.First {
		info.MinTime, info.MaxTime = time.Unix(0, w.meta.minTime).UTC(), time.Unix(0, w.meta.maxTime).UTC()
	}
	return info
}
