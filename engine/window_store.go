package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// read runs fn in a transaction that sees the events below end, published or durable. Fn must be short: a window is sealed,
// closed or dropped only between reads. It must not read the window again: whoever closes comes between, and would wait for the outer read.
func (w *window) read(end uint64, fn func(txn *badger.Txn) error) error {
	db, err := w.acquire()
	if err != nil {
		return err
	}
	defer w.release()
	txn := db.NewTransactionAt(end, false)
	defer txn.Discard()
	if err := contained(func() error { return fn(txn) }); err != nil {
		if errors.Is(err, errBroken) {
			return w.damaged(err)
		}
		return err
	}
	return nil
}

// How many items one read of a walk passes, a few milliseconds, and about how many bytes of them.
const (
	shortRead      = 2048
	shortReadBytes = 2 << 20
)

// walk calls fn for the items of a key family in their order, as read does, but in short reads: between them the window may be sealed or closed
// and the store opened again. Between (may be nil) is called after each, when nothing of the store is held.
func (w *window) walk(end uint64, family byte, fn func(item *badger.Item) error, between func()) error {
	for next := []byte{family}; next != nil; {
		w.touch(shortReadBytes / 2) // compressed
		err := w.read(end, func(txn *badger.Txn) error {
			it := familyIterator(txn, family)
			defer it.Close()
			it.Seek(next)
			for items, bytes := 0, int64(0); it.Valid() && items < shortRead && bytes < shortReadBytes; items++ {
				bytes += it.Item().EstimatedSize()
				if err := fn(it.Item()); err != nil {
					return err
				}
				it.Next()
			}
			if next = nil; it.Valid() {
				next = it.Item().KeyCopy(nil)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if between != nil {
			between()
		}
	}
	return nil
}

// errBroken marks a panic of the store.
var errBroken = fmt.Errorf("%w: store cannot be read", ErrDamaged)

// contained turns a panic of the store into an error: Badger takes a block apart before it looks at its checksum.
func contained(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errBroken, p)
		}
	}()
	return fn()
}

// eachSeq calls fn for the window's seqs below end in order, as the function eachSeq does, but in short reads.
func (w *window) eachSeq(end uint64, fn func(seq uint64, key []byte) error) error {
	for from := w.first; from < end; from += shortRead * seqPageEvents {
		err := w.read(end, func(txn *badger.Txn) error {
			return eachSeq(txn, from, min(end, from+shortRead*seqPageEvents), fn)
		})
		if errors.Is(err, ErrDamaged) {
			err = w.damaged(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// acquire opens the store if it is not open, and keeps it open until release.
func (w *window) acquire() (*badger.DB, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.busy || w.closers > 0 {
		w.idle.Wait()
	}
	if w.shut {
		return nil, ErrClosed
	}
	if w.gone {
		return nil, errDropped
	}
	if w.damage != "" {
		return nil, w.damaged(nil)
	}
	if w.db == nil {
		if err := w.unlocked(w.openStore); err != nil {
			return nil, w.damaged(err)
		}
	}
	w.refs++
	w.used = time.Now()
	return w.db, nil
}

func (w *window) openStore() (err error) {
	w.db, err = openStore(w.dir, w.sealed, w.memTable, w.logger)
	return err
}

// unlocked runs fn, which opens or closes the store, without mu: that takes milliseconds, in which the committer looks into every window's
// IDs. Callers hold mu; until fn returns, db, sealed and the rest of what opening and closing need are fn's alone.
func (w *window) unlocked(fn func() error) error {
	w.busy = true
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.busy = false
		w.idle.Broadcast()
	}()
	if w.moving != nil {
		w.moving()
	}
	return fn()
}

func (w *window) release() {
	w.mu.Lock()
	w.refs--
	w.mu.Unlock()
	w.idle.Broadcast()
}

// closeStore waits for the readers, closes the store if it is open, and then runs change under mu (which may be nil). Readers that come
// meanwhile wait until it is done, so that there is an end to those it waits for, and open the store again.
func (w *window) closeStore(change func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closers++
	defer func() {
		w.closers--
		w.idle.Broadcast()
	}()
	for w.busy || w.refs > 0 {
		w.idle.Wait()
	}
	if w.db != nil {
		if err := w.unlocked(w.dropStore); err != nil {
			return w.damaged(fmt.Errorf("close store: %w", err))
		}
	}
	if change != nil {
		change()
	}
	return nil
}

// dropStore closes the store. After the last commit the directory is synced too: a log that Badger has deleted must not come back after a
// power cut, since a sealed store does not replay it.
func (w *window) dropStore() error {
	db := w.db
	if w.db = nil; w.sealed {
		return db.Close()
	}
	return errors.Join(db.Close(), syncDir(filepath.Join(w.dir, storeName)))
}

// closeIfIdle closes a sealed window's store when no reader has it, and reports whether it was open and is closed now.
func (w *window) closeIfIdle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.sealed || w.busy || w.refs > 0 || w.db == nil {
		return false
	}
	if err := w.unlocked(w.dropStore); err != nil {
		w.logger.Error("close idle window", "window", w.first, "err", err)
	}
	return true
}
