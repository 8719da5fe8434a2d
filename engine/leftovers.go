package engine

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// removeLeftovers removes window directories that no manifest names: retention's renamed ones, and one that a crash left between its making and
// the manifest; the latter holds nothing that was acknowledged.
func (l *Log) removeLeftovers(m manifest, found bool) error {
	named := map[string]bool{}
	for _, w := range m.Windows {
		named[filepath.Base(windowDir(l.o.Dir, w.First))] = true
	}
	entries, err := os.ReadDir(filepath.Join(l.o.Dir, windowsDir))
	if err != nil {
		return fmt.Errorf("list windows: %w", err)
	}
	for _, e := range entries {
		if named[e.Name()] {
			continue
		}
		if !found && !strings.HasSuffix(e.Name(), deletingSuffix) {
			return fmt.Errorf("%w: the manifest is missing but window %s is there; restore %s from a backup", ErrDamaged, e.Name(), manifestName)
		}
		dir := filepath.Join(l.o.Dir, windowsDir, e.Name())
		if err := l.checkLeftover(dir, m); err != nil {
			return err
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove leftover window: %w", err)
		}
	}
	return nil
}

// checkLeftover refuses to remove a window that has events and was not dropped: the manifest is older than it.
func (l *Log) checkLeftover(dir string, m manifest) error {
	name := filepath.Base(dir)
	first, err := strconv.ParseUint(name, 10, 64)
	if err != nil || first < m.Dropped.End {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, storeName)); err != nil {
		return nil
	}
	db, err := openStore(dir, false, max(l.o.memTable, m.Store.MemTableBytes), l.o.Logger)
	if err != nil {
		return fmt.Errorf("open window %s, which the manifest does not name: %w", name, err)
	}
	hasGroup := false
	err = contained(func() error {
		txn := db.NewTransactionAt(math.MaxUint64, false)
		defer txn.Discard()
		it := familyIterator(txn, familyGroup)
		defer it.Close()
		it.Rewind()
		hasGroup = it.Valid()
		return nil
	})
	closeErr := db.Close()
	if hasGroup {
		return fmt.Errorf("%w: the manifest is older than window %s, which has events that it does not name; restore the newest %s",
			ErrDamaged, name, manifestName)
	}
	if err = errors.Join(err, closeErr); err != nil {
		return fmt.Errorf("read window %s, which the manifest does not name: %w", name, err)
	}
	return nil
}
