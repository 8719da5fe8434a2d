package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// An event ID stays taken when retention removes its window: a file in expired/, 32 bytes an event, goes on answering for it.
const (
	expiredDir    = "expired"
	expiredSuffix = ".ids"
)

func expiredPath(dir string, first uint64) string {
	return filepath.Join(dir, expiredDir, fmt.Sprintf("%020d%s", first, expiredSuffix))
}

// keepExpiredIDs writes a window's IDs to where its removal does not reach. A crash before the manifest drops the window leaves them there twice;
// the next start takes these away.
func (l *Log) keepExpiredIDs(w *window) error {
	l.mu.RLock()
	kept := slices.ContainsFunc(l.expired, func(x *expiredIDs) bool { return x.first == w.first })
	l.mu.RUnlock()
	if kept { // by an attempt that failed later
		return nil
	}
	ids, err := l.writeExpired(w)
	if err != nil {
		return fmt.Errorf("keep IDs: %w", err)
	}
	l.mu.Lock()
	l.expired = append(slices.Clip(l.expired), ids)
	l.mu.Unlock()
	return nil
}

func (l *Log) writeExpired(w *window) (*expiredIDs, error) {
	path := expiredPath(l.o.Dir, w.first)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := w.expireIDs(path); err != nil {
		return nil, err
	}
	for _, dir := range []string{filepath.Dir(path), l.o.Dir} {
		if err := syncDir(dir); err != nil {
			return nil, err
		}
	}
	return openExpiredIDs(path, w.first)
}

// openExpired opens the IDs of the windows that are gone. What is lost or damaged cannot be made again: it is reported, and the log goes on.
func (l *Log) openExpired() error {
	entries, err := os.ReadDir(filepath.Join(l.o.Dir, expiredDir))
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("list expired IDs: %w", err)
	}
	next, known := uint64(0), true // where the next file begins, if the one before said it
	for _, e := range entries {
		path := filepath.Join(l.o.Dir, expiredDir, e.Name())
		first, err := strconv.ParseUint(strings.TrimSuffix(e.Name(), expiredSuffix), 10, 64)
		if err != nil || first >= l.dropped.Size {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("remove leftover IDs: %w", err)
			}
			continue
		}
		if known && first != next {
			l.lostIDs(next, fmt.Errorf("%w: there are none of seq %d to %d", ErrDamaged, next, first))
		}
		ids, err := openExpiredIDs(path, first)
		if known = err == nil; known {
			l.expired = append(l.expired, ids)
			next = first + uint64(ids.count)
		} else if errors.Is(err, ErrDamaged) {
			l.lostIDs(first, err)
		} else {
			return fmt.Errorf("open expired IDs: %w", err)
		}
	}
	if known && next != l.dropped.Size {
		l.lostIDs(next, fmt.Errorf("%w: there are none of seq %d to %d", ErrDamaged, next, l.dropped.Size))
	}
	return nil
}

func (l *Log) lostIDs(window uint64, err error) {
	l.damagedIDs = append(l.damagedIDs, &damagedIDs{window, err})
	l.o.Logger.Error("an expired window's IDs are damaged: its IDs could be used again", "window", window, "err", err)
}

// damagedIDs says that a removed window's IDs cannot be read.
type damagedIDs struct {
	window uint64
	err    error
}

func (d *damagedIDs) Error() string {
	return fmt.Sprintf("IDs of the expired window %020d: %v", d.window, d.err)
}
func (d *damagedIDs) Unwrap() error { return d.err }

// idsServable returns why the log does not know all IDs that are taken.
func (l *Log) idsServable() error {
	var errs []error
	for _, d := range l.damagedIDs {
		errs = append(errs, d)
	}
	return errors.Join(errs...)
}

// findExpired returns the seq that an event ID, with its idKey, had in a window that is gone.
func (l *Log) findExpired(key idKey, tenant, id string) (seq uint64, ok bool) {
	l.mu.RLock()
	expired := l.expired
	l.mu.RUnlock()
	for _, ids := range expired {
		if seq, ok = ids.find(key, tenant, id); ok {
			return seq, true
		}
	}
	return 0, false
}
