package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// An event ID stays taken when retention removes its window: the window's ids file, 16 bytes an event, moves here and goes on
// answering for it.
const (
	expiredDir    = "expired"
	expiredSuffix = ".ids"
)

func expiredPath(dir string, first uint64) string {
	return filepath.Join(dir, expiredDir, fmt.Sprintf("%020d%s", first, expiredSuffix))
}

// keepExpiredIDs puts a window's ids where its removal does not reach. A crash before the manifest drops the window leaves a second name
// for them, which the next start takes away.
func (l *Log) keepExpiredIDs(w *window) error {
	if err := os.MkdirAll(filepath.Join(l.o.Dir, expiredDir), 0o700); err != nil {
		return fmt.Errorf("keep IDs: %w", err)
	}
	path := expiredPath(l.o.Dir, w.first)
	if err := os.Link(filepath.Join(w.dir, idsName), path); err != nil && !os.IsExist(err) {
		return fmt.Errorf("keep IDs: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("keep IDs: %w", err)
	}
	ids, err := openSealedIDs(path, w.first, anyCount)
	if err != nil {
		return fmt.Errorf("keep IDs: %w", err)
	}
	l.mu.Lock()
	l.expired = append(slices.Clip(l.expired), ids)
	l.mu.Unlock()
	return nil
}

// openExpired opens the IDs of the windows that are gone. One that is lost or damaged cannot be made again: it is reported, and the log goes on.
func (l *Log) openExpired() error {
	entries, err := os.ReadDir(filepath.Join(l.o.Dir, expiredDir))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list expired IDs: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(l.o.Dir, expiredDir, e.Name())
		first, err := strconv.ParseUint(strings.TrimSuffix(e.Name(), expiredSuffix), 10, 64)
		if err != nil || first >= l.dropped.Size {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("remove leftover IDs: %w", err)
			}
			continue
		}
		ids, err := openSealedIDs(path, first, anyCount)
		if err != nil {
			l.damagedIDs = append(l.damagedIDs, fmt.Errorf("IDs of the expired window %020d: %w", first, err))
			l.o.Logger.Error("an expired window's IDs are damaged: its IDs could be used again", "window", first, "err", err)
			continue
		}
		l.expired = append(l.expired, ids)
	}
	return nil
}

// findExpired returns the seq that an event ID had in a window that is gone.
func (l *Log) findExpired(key idKey) (seq uint64, ok bool) {
	l.mu.RLock()
	expired := l.expired
	l.mu.RUnlock()
	var at [8]uint64
	for _, ids := range expired {
		if found := ids.find(key, at[:0]); len(found) > 0 {
			return found[0], true
		}
	}
	return 0, false
}
