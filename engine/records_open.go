package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// openRecords opens the records at path. They are made if they are missing and new is true: those of a log that was there before are lost.
// Damage does not fail it: every call then answers ErrDamaged, and the log goes on without them.
func openRecords(path string, isNew bool, logger *slog.Logger) (*Records, error) {
	r := &Records{path: path, logger: logger}
	err := r.open(isNew)
	if err != nil && errors.Is(err, ErrDamaged) {
		r.damaged(err)
		return r, r.letGo()
	}
	if err != nil {
		return nil, fmt.Errorf("open records: %w", errors.Join(err, r.letGo()))
	}
	return r, nil
}

func (r *Records) open(isNew bool) error {
	data, err := os.ReadFile(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		if !isNew {
			return fmt.Errorf("%w: records: %s is missing", ErrDamaged, recordsName)
		}
		return r.make()
	}
	if err != nil {
		return err
	}
	txid, err := checkRecordPages(data)
	if err != nil {
		return err
	}
	if err := r.openStore(r.path); err != nil {
		return err
	}
	if txid <= 1 { // nothing was ever written, not even the sum
		return r.guarded(func() error { return r.db.Update(beginSum) })
	}
	return r.guarded(r.check)
}

// make makes an empty store, under its name when it is whole.
func (r *Records) make() error {
	temp := r.path + ".tmp"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := r.openStore(temp); err != nil {
		return err
	}
	if err := r.db.Update(beginSum); err != nil {
		return err
	}
	if err := r.db.Close(); err != nil {
		return err
	}
	if err := os.Rename(temp, r.path); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(r.path)); err != nil {
		return err
	}
	return r.openStore(r.path)
}

// openStore opens bbolt. It keeps the file at hand: when bbolt dies on the way, that still holds the lock.
func (r *Records) openStore(path string) error {
	o := &bbolt.Options{Timeout: time.Second, OpenFile: func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		f, err = os.OpenFile(name, flag, mode)
		r.file = f
		return f, err
	}}
	return r.guarded(func() (err error) {
		r.db, err = bbolt.Open(path, 0o600, o)
		for _, damage := range []error{bolterrors.ErrInvalid, bolterrors.ErrVersionMismatch, bolterrors.ErrChecksum} {
			if errors.Is(err, damage) {
				return fmt.Errorf("%w: records: %w", ErrDamaged, err)
			}
		}
		return err
	})
}

// letGo closes the store, or, if that is not safe any more, its file.
func (r *Records) letGo() (err error) {
	if r.db != nil && !r.stuck {
		err = r.contained(r.db.Close)
	} else if r.file != nil {
		err = r.file.Close()
	}
	if errors.Is(err, os.ErrClosed) { // bbolt closes the file when it cannot be opened
		return nil
	}
	return err
}
