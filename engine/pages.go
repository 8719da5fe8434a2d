package engine

import (
	"errors"
	"path/filepath"
	"sync/atomic"
)

// Reading a mapped file makes its pages count as this process's memory, a stretch of touchBytes at each first touch, for as long as nobody
// else wants the memory. So that a server stays small whatever it is asked, what is read of mapped files is counted, now and then the system is
// asked what has come together, and above a bound the pages are given back: the system's cache keeps them, and touching them again
// costs a microsecond.
const (
	touchBytes     = 64 << 10
	lookBytes      = 4 << 20   // touched between two looks
	maxMappedBytes = 112 << 20 // what searches work with: less, and each brings back what the one before had
	maxStoreBytes  = 80 << 20  // while stores are read, a block here and a block there, which nobody wants again soon
	mappedSlack    = 16 << 20  // what must have come together again since the last time, when that left more than the bound
)

// pageBudget tells when the pages of mapped files should be given back. It may be used concurrently.
type pageBudget struct {
	touched atomic.Int64 // since the last look
	left    atomic.Int64 // in memory after pages were given back
	giving  atomic.Bool
}

// touch notes that about so many bytes of mapped files were read, of which most should be in memory at the most. When it returns true the
// caller must give pages back and then call given.
func (b *pageBudget) touch(bytes, most int64) (over bool) {
	if b.touched.Add(bytes) < lookBytes || b.giving.Load() {
		return false
	}
	b.touched.Store(0)
	return mappedBytes() > max(most, b.left.Load()+mappedSlack) && b.giving.CompareAndSwap(false, true)
}

// given ends what a true touch began.
func (b *pageBudget) given() {
	b.left.Store(mappedBytes())
	b.giving.Store(false)
}

// searched looks after the pages when a search has ended. Nobody knows what it has read of the index. A caller may hold views, but no locks.
func (l *Log) searched() {
	if l.pages.touch(lookBytes, maxMappedBytes) {
		defer l.pages.given()
		l.giveBack()
	}
}

// touch notes what reading and writing has touched of the stores' tables and the windows' IDs. A caller may hold stores and views, but no locks.
func (l *Log) touch(bytes int64) {
	if l.pages.touch(bytes, maxStoreBytes) {
		defer l.pages.given()
		l.giveBack()
	}
}

// giveBack gives the pages of all mapped files back.
func (l *Log) giveBack() {
	root, err := realDir(l.o.Dir)
	if err != nil {
		l.o.Logger.Warn("find the data directory", "err", err)
		return
	}
	var held []*window // an open store's tables stay mapped, and so their addresses are theirs
	var stores []string
	for _, w := range l.list() {
		w.mu.Lock()
		if ids, ok := w.ids.(*sealedIDs); ok && !w.gone { // which are closed under mu
			err = errors.Join(err, giveBack(ids.data))
		}
		if !w.busy && w.closers == 0 && w.db != nil { // in this order: while it is busy, db is another's
			w.refs++
			held, stores = append(held, w), append(stores, filepath.Join(root, windowsDir, filepath.Base(w.dir), storeName))
		}
		w.mu.Unlock()
	}
	if l.o.Index != nil {
		err = errors.Join(err, l.o.Index.GiveBack())
	}
	if err = errors.Join(err, giveBackTables(stores)); err != nil {
		l.o.Logger.Warn("give back mapped pages", "err", err)
	}
	for _, w := range held {
		w.release()
	}
}

// realDir is the directory as the system names it.
func realDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}
