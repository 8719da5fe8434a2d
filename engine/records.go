package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const recordsName = "records.db"

// Records is the small store of what changes and outlives windows: accounts, tokens, settings, saved views. A record is bytes
// under a kind and a key. Every change is durable on return. When the store is damaged every call answers ErrDamaged; no record is ever
// missing or different without that. All methods may be called concurrently.
type Records struct {
	path    string
	db      *bbolt.DB
	file    *os.File // db's
	writing sync.Mutex
	stuck   bool // db holds a lock for ever; guarded by writing
	damage  atomic.Pointer[error]
	logger  *slog.Logger
}

// Get returns a copy of the record, or ErrNotFound.
func (r *Records) Get(kind, key string) (value []byte, err error) {
	err = r.view(func(tx *bbolt.Tx) error {
		value, err = getRecord(tx, kind, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read record %s/%s: %w", kind, key, err)
	}
	if value == nil {
		return nil, fmt.Errorf("record %s/%s: %w", kind, key, ErrNotFound)
	}
	return value, nil
}

// getRecord returns nil when there is none.
func getRecord(tx *bbolt.Tx, kind, key string) ([]byte, error) {
	if kind == sumKind {
		return nil, errReservedKind
	}
	b := tx.Bucket([]byte(kind))
	if b == nil {
		return nil, nil
	}
	stored := b.Get([]byte(key))
	if stored == nil {
		return nil, nil
	}
	return recordOf([]byte(kind), []byte(key), stored)
}

// Put stores a record, replacing what was there.
func (r *Records) Put(kind, key string, value []byte) error {
	return r.Update(kind, key, func([]byte) ([]byte, error) { return value, nil })
}

// Update replaces a record by what fn makes of it (nil when there was none) in one step: no other change comes between. When fn
// returns nil the record is deleted; fn's error leaves all as it was and is returned. Fn must not change records itself.
func (r *Records) Update(kind, key string, fn func(old []byte) ([]byte, error)) error {
	err := r.change(func(tx *bbolt.Tx) error {
		var old []byte
		err := r.guarded(func() (err error) {
			old, err = getRecord(tx, kind, key)
			return err
		})
		if err != nil {
			return err
		}
		value, err := fn(old) // not guarded: its panic is no damage
		if err != nil {
			return err
		}
		return r.guarded(func() error { return putRecord(tx, savedRecord{[]byte(kind), []byte(key), value}) })
	})
	if err != nil {
		return fmt.Errorf("write record %s/%s: %w", kind, key, err)
	}
	return nil
}

// putRecord stores a record, or deletes it when its value is nil, and keeps the sum.
func putRecord(tx *bbolt.Tx, rec savedRecord) error {
	if string(rec.kind) == sumKind {
		return errReservedKind
	}
	sum, err := readSum(tx)
	if err != nil {
		return err
	}
	b, err := tx.CreateBucketIfNotExists(rec.kind)
	if err != nil {
		return err
	}
	if old := b.Get(rec.key); len(old) >= recordHeadBytes {
		sum.remove(old)
	}
	if rec.value == nil {
		err = b.Delete(rec.key)
	} else {
		stored := storedRecord(rec.kind, rec.key, rec.value)
		sum.add(stored)
		err = b.Put(rec.key, stored)
	}
	if err != nil {
		return err
	}
	return sum.write(tx)
}

// Delete removes a record; that it was not there is no error.
func (r *Records) Delete(kind, key string) error {
	return r.Update(kind, key, func([]byte) ([]byte, error) { return nil, nil })
}

// errStop ends an Each early.
var errStop = errors.New("stop")

// Each calls fn for the records of a kind in the order of their keys, as they were at the call, until fn returns false.
func (r *Records) Each(kind string, fn func(key string, value []byte) bool) error {
	var all []savedRecord
	err := r.view(func(tx *bbolt.Tx) (err error) {
		all, err = recordsOf(tx, kind)
		return err
	})
	if err != nil {
		return fmt.Errorf("read records of kind %s: %w", kind, err)
	}
	for _, rec := range all { // outside of the transaction: fn may take its time, and change records
		if !fn(string(rec.key), rec.value) {
			return nil
		}
	}
	return nil
}

func (r *Records) view(fn func(*bbolt.Tx) error) error {
	return r.guarded(func() error { return r.db.View(fn) })
}

// change runs fn in a transaction and makes it durable, or leaves all as it was when fn fails or panics.
func (r *Records) change(fn func(*bbolt.Tx) error) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	var tx *bbolt.Tx
	err := r.guarded(func() (err error) {
		tx, err = r.db.Begin(true)
		return err
	})
	if err != nil {
		return err
	}
	defer func() {
		if err := r.contained(tx.Rollback); err != nil && !errors.Is(err, bolterrors.ErrTxClosed) {
			r.stuck = true
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	return r.guarded(tx.Commit)
}

// guarded runs what reads or writes the store, unless that is damaged. A panic in it is damage. Once damage is found everything is refused.
func (r *Records) guarded(fn func() error) error {
	if err := r.damage.Load(); err != nil {
		return *err
	}
	err := r.contained(fn)
	if errors.Is(err, ErrDamaged) {
		r.damaged(err)
	}
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// contained also catches what reading beyond the end of a mapped file does.
func (r *Records) contained(fn func() error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return contained(fn)
}

func (r *Records) damaged(err error) {
	if r.damage.CompareAndSwap(nil, &err) {
		r.logger.Error("records are damaged; none are served until a start without damage", "err", err)
	}
}

// err returns why the records cannot be used, or nil.
func (r *Records) err() error {
	if err := r.damage.Load(); err != nil {
		return *err
	}
	return nil
}

// Verify reads the whole store and checks every page and record. Changes wait meanwhile. After damage is found all calls answer it.
func (r *Records) Verify() error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.err(); err != nil {
		return err
	}
	data, err := os.ReadFile(r.path)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	if _, err = checkRecordPages(data); err == nil {
		err = r.guarded(r.check)
	}
	if errors.Is(err, ErrDamaged) {
		r.damaged(err)
	}
	return err
}

func (r *Records) close() error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.letGo(); err != nil {
		return fmt.Errorf("close records: %w", err)
	}
	return nil
}
