package engine

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"annals/engine/merkle"
)

// Open opens the log in o.Dir, creating it if there is none. It opens what a crash left: the newest windows' groups are replayed
// and every hash of them is recomputed before it returns. Damage does not fail it: Ready and every read that touches the damaged
// window name the window and its seqs, and if the tree cannot be continued the log takes no writes.
func Open(o Options) (*Log, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	if err := refuseHalfRestored(o.Dir); err != nil {
		return nil, err
	}
	l, err := newLog(o)
	if err != nil {
		return nil, err
	}
	if err := l.open(); err != nil {
		return nil, errors.Join(err, l.abandon())
	}
	l.startWorkers()
	return l, nil
}

// newLog takes the directory and opens the records; no window is open yet.
func newLog(o Options) (*Log, error) {
	if err := os.MkdirAll(filepath.Join(o.Dir, windowsDir), 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	l := &Log{o: o, started: time.Now(), stop: make(chan struct{})}
	l.queue.init()
	l.metrics = newMetrics(l)
	var err error
	if l.lock, err = lockDir(o.Dir); err != nil {
		return nil, err
	}
	isNew, err := hasNothing(o.Dir)
	if err == nil {
		l.records, err = openRecords(filepath.Join(o.Dir, recordsName), isNew, o.Logger)
	}
	if err != nil {
		return nil, errors.Join(err, l.lock.Close())
	}
	return l, nil
}

// hasNothing reports that no log was begun in dir: the records are made before the first window.
func hasNothing(dir string) (bool, error) {
	windows, err := os.ReadDir(filepath.Join(dir, windowsDir))
	if err != nil {
		return false, fmt.Errorf("list windows: %w", err)
	}
	return len(windows) == 0 && !Exists(dir), nil
}

// abandon releases what a failed open took.
func (l *Log) abandon() error {
	var errs []error
	for _, w := range l.windows {
		errs = append(errs, w.closeStore(nil))
	}
	for _, ids := range l.expired {
		errs = append(errs, ids.close())
	}
	return errors.Join(append(errs, l.records.close(), l.lock.Close())...)
}

func (l *Log) open() error {
	if err := l.openSigner(); err != nil {
		return err
	}
	m, found, err := readManifest(l.o.Dir)
	if err != nil {
		return err
	}
	if err := l.removeLeftovers(m, found); err != nil {
		return err
	}
	// A store that cannot open its files looks damaged: Badger's errors do not tell which it is. Every sealed window keeps one open.
	if err := checkDescriptors(minFreeDescriptors + uint64(len(m.Windows))); err != nil {
		return err
	}
	l.o.memTable = max(l.o.memTable, m.Store.MemTableBytes)
	if l.dropped, err = m.Dropped.edge(); err != nil {
		return err
	}
	l.edge = l.dropped.Clone()
	if err := l.openExpired(); err != nil {
		return err
	}
	if err := l.loadCheckpoint(); err != nil {
		return err
	}
	for i, mw := range m.Windows {
		if err := l.openWindow(mw); err != nil {
			return err
		}
		if i+1 < len(m.Windows) {
			l.checkEnd(l.windows[i], m.Windows[i+1].First)
		}
	}
	if len(l.windows) == 0 {
		w, err := l.beginWindow(l.edge.Size)
		if err != nil {
			return err
		}
		l.windows = append(l.windows, w)
	}
	l.size.Store(l.edge.Size)
	if err := l.loadSeqPager(); err != nil {
		return err
	}
	l.feedAgain(l.windows[len(l.windows)-1])
	l.checkAgainstCheckpoint()
	l.guard.check(l)
	return l.saveManifest()
}

// beginWindow makes a new window's directory and store, durable under its name. It does not exist before the manifest says so.
func (l *Log) beginWindow(first uint64) (*window, error) {
	w := l.newWindow(first)
	w.ids = newOpenIDs(first)
	if err := os.MkdirAll(filepath.Join(w.dir, storeName), 0o700); err != nil {
		return nil, fmt.Errorf("make window: %w", err)
	}
	var err error
	if w.db, err = openStore(w.dir, false, w.memTable, l.o.Logger); err != nil {
		return nil, err
	}
	for _, dir := range []string{w.dir, filepath.Dir(w.dir)} {
		if err := syncDir(dir); err != nil {
			return nil, fmt.Errorf("make window durable: %w", err)
		}
	}
	if err := l.openIndexWindow(w); err != nil {
		return nil, errors.Join(err, w.closeStore(nil))
	}
	return w, nil
}

func (l *Log) openIndexWindow(w *window) error {
	if l.o.Index == nil {
		return nil
	}
	next, err := l.o.Index.OpenWindow(filepath.Join(w.dir, indexName), w.first, w.end.Load(), w.sealed)
	if err != nil { // not damage, which the index mends: what is there may be good
		return fmt.Errorf("open index of window %d: %w (it is made from the log: with its directory %s removed it is made again)",
			w.first, err, filepath.Join(filepath.Base(w.dir), indexName))
	}
	w.indexed.Store(next)
	w.noLag()
	return nil
}

const indexName = "index" // the index's directory inside a window's directory

// openWindow opens a window that the manifest names and adds it to the tree.
func (l *Log) openWindow(m manifestWindow) error {
	w := l.newWindow(m.First)
	l.windows = append(l.windows, w)
	var err error
	if m.Sealed {
		err = l.openSealed(w, m)
	} else {
		err = l.recoverWindow(w)
	}
	if errors.Is(err, ErrDamaged) {
		w.damage = err.Error()
		l.o.Logger.Error("damaged window", "window", w.first, "end", w.end.Load(), "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	return l.openIndexWindow(w)
}

// checkEnd finds events that a window has lost at its end: the next one begins where it ended.
func (l *Log) checkEnd(w *window, end uint64) {
	last := w.end.Load()
	if w.damage != "" || last == end {
		return
	}
	w.damage = fmt.Sprintf("ends at seq %d, but the next window begins at %d: seq %d to %d are lost", last, end, last, end)
	err := w.damaged(nil)
	l.o.Logger.Error("damaged window", "window", w.first, "err", err)
	l.treeBroken(err)
}

// openSealed takes a sealed window's sums from the manifest and its side files. A side file that is lost or damaged is made again
// from the events.
func (l *Log) openSealed(w *window, m manifestWindow) error {
	w.sealed = true
	w.end.Store(m.End)
	w.meta.minTime, w.meta.maxTime, w.meta.received = m.MinTime.UnixNano(), m.MaxTime.UnixNano(), m.Received.UnixNano()
	w.meta.bytes = m.Bytes
	root, err := decodeHash(m.Root)
	if err != nil {
		return err
	}
	w.meta.root = root
	ids, idsErr := openSealedIDs(filepath.Join(w.dir, idsName), w.first, m.End-m.First)
	edge, tiles, tilesErr := loadTiles(w, l.edge.Clone())
	tenants, tenantsErr := readTenants(filepath.Join(w.dir, tenantsName))
	treeKnown := tilesErr == nil && edge.Root() == root && edge.Size == m.End
	if idsErr == nil && treeKnown && tenantsErr == nil {
		w.ids, w.tiles, l.edge = ids, tiles, edge
		l.tenants.add(tenants...)
		return nil
	}
	l.o.Logger.Warn("making a window's side files again from its events", "window", w.first, "err", errors.Join(idsErr, tilesErr, tenantsErr))
	if err = l.repairSealed(w); err == nil {
		if idsErr == nil {
			err = ids.close()
		}
		return err
	}
	if treeKnown {
		w.tiles, l.edge = tiles, edge // the windows behind are held against their own hashes, not against this damage
	}
	if idsErr == nil {
		w.ids = ids
	}
	if tenantsErr == nil {
		l.tenants.add(tenants...)
	}
	if idsErr != nil || !treeKnown {
		l.treeBroken(err) // which IDs are taken, or how the tree goes on, is not known
	}
	return err
}

func loadTiles(w *window, edge merkle.Edge) (merkle.Edge, []merkle.Hash, error) {
	tiles, err := readTiles(filepath.Join(w.dir, tilesName))
	for _, t := range tiles {
		if err == nil {
			err = edge.AppendTile(t)
		}
	}
	return edge, tiles, err
}

func (l *Log) repairSealed(w *window) error {
	w.ids = newOpenIDs(w.first)
	r, err := w.recompute(l.edge.Clone(), w.end.Load(), l.checkpoint.size, nil)
	if err != nil {
		return err
	}
	if err := r.problem(w); err != nil {
		return err
	}
	if r.edge.Root() != w.meta.root {
		return fmt.Errorf("%w: root of the tree with %d leaves is %v, the manifest says %v", ErrDamaged, r.edge.Size, r.edge.Root(), w.meta.root)
	}
	if _, err := w.acquire(); err != nil {
		return err
	}
	w.release()
	l.install(r, w)
	l.edge = r.edge
	return w.seal()
}

// install takes over what was recomputed into a window that nobody else uses yet.
func (l *Log) install(r *recomputed, w *window) {
	r.install(w)
	l.tenants.add(sortedKeys(w.meta.tenants)...)
}

// recoverWindow opens the store of a window that still grew, replays it and recomputes all of its hashes.
func (l *Log) recoverWindow(w *window) error {
	w.ids = newOpenIDs(w.first)
	if err := os.MkdirAll(filepath.Join(w.dir, storeName), 0o700); err != nil {
		return fmt.Errorf("open window: %w", err)
	}
	var err error
	if w.db, err = openStore(w.dir, false, w.memTable, l.o.Logger); err != nil {
		l.treeBroken(err)
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	r, err := w.recompute(l.edge.Clone(), math.MaxUint64, l.checkpoint.size, nil)
	if err != nil {
		l.treeBroken(err)
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	w.end.Store(r.end)
	l.install(r, w)
	l.edge = r.edge
	err = r.problem(w)
	if err == nil && r.watch > w.first && r.watch <= r.end && r.watched != l.checkpoint.root {
		err = fmt.Errorf("%w: root of the tree with %d leaves is %v, the signed checkpoint says %v", ErrDamaged, r.watch, r.watched, l.checkpoint.root)
	}
	if err != nil {
		l.treeBroken(err)
	}
	return err
}

// treeBroken stops writes: the next leaf's place in the tree cannot be trusted.
func (l *Log) treeBroken(err error) {
	err = fmt.Errorf("%w: %w", ErrFailed, err)
	l.failed.CompareAndSwap(nil, &err)
}

func (l *Log) startWorkers() {
	l.workers.Add(3)
	go l.commitLoop()
	go l.watchDisk()
	go l.keepHouse()
	if l.o.Index != nil {
		l.workers.Add(1)
		go l.indexLoop()
	}
}
