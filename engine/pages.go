package engine

import (
	"path/filepath"
	"sync/atomic"
)

// Reading a mapped file makes its pages count as this process's memory, a stretch of touchBytes at each first touch, for as long as nobody
// else wants the memory. So that a server stays small whatever it is asked, what is read of mapped files is counted, now and then the system is
// asked what has come together, and above maxMappedBytes the pages are given back: the system's cache keeps them, and touching them again
// costs a microsecond.
const (
	touchBytes     = 64 << 10
	lookBytes      = 4 << 20 // touched between two looks
	maxMappedBytes = 56 << 20
	mappedSlack    = 16 << 20 // what must have come together again since the last time, when that left more than the bound
)

// PageBudget tells when the pages of mapped files should be given back. The zero value is ready; it may be used concurrently.
type PageBudget struct {
	touched atomic.Int64 // since the last look
	left    atomic.Int64 // in memory after pages were given back
	giving  atomic.Bool
}

// Touch notes that about so many bytes of mapped files were read. When it returns true the caller must give pages back and then call Given.
func (b *PageBudget) Touch(bytes int64) (over bool) {
	if b.touched.Add(bytes) < lookBytes || b.giving.Load() {
		return false
	}
	b.touched.Store(0)
	return mappedBytes() > max(maxMappedBytes, b.left.Load()+mappedSlack) && b.giving.CompareAndSwap(false, true)
}

// Given ends what a true Touch began.
func (b *PageBudget) Given() {
	b.left.Store(mappedBytes())
	b.giving.Store(false)
}

// touch notes what reading and writing the stores has touched of their tables, and gives those pages back when it is time. A caller may hold
// stores, but no locks.
func (l *Log) touch(bytes int64) {
	if !l.pages.Touch(bytes) {
		return
	}
	defer l.pages.Given()
	l.giveBack()
}

// giveBack gives the pages of the open stores' tables back.
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
		if !w.busy && w.closers == 0 && w.db != nil { // in this order: while it is busy, db is another's
			w.refs++
			held, stores = append(held, w), append(stores, filepath.Join(root, windowsDir, filepath.Base(w.dir), storeName))
		}
		w.mu.Unlock()
	}
	if err := giveBackTables(stores); err != nil {
		l.o.Logger.Warn("give back pages of the stores", "err", err)
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
