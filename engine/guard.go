package engine

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// guard refuses writes before the disk is full: Badger writes through sparse mapped files, and a full disk is then a
// signal that kills the process. Reads go on. It measures every second, and in between as soon as what the log itself writes could have used
// up the space; other processes have that second.
type guard struct {
	reason   atomic.Pointer[error]
	free     atomic.Uint64 // as measured last
	written  atomic.Uint64 // bytes of groups since then
	checking sync.Mutex    // held while it measures
}

// writeFactor is how many bytes a group's byte may take on disk for a while: in the store's log and in a table, in index segments and in the larger ones
// that they are merged to.
const writeFactor = 4

// What must stay free besides Options.MinFreeBytes.
const (
	minFreeInodes      = 1000
	minFreeDescriptors = 64
)

func (g *guard) err() error {
	if err := g.reason.Load(); err != nil {
		return *err
	}
	return nil
}

// room returns why a group of so many bytes must not be written, or nil. The committer asks before each.
func (g *guard) room(l *Log, bytes uint64) error {
	if g.free.Load() < l.o.MinFreeBytes+writeFactor*(g.written.Load()+bytes) {
		g.check(l)
	}
	return g.err()
}

// check asks the file system and the process limits.
func (g *guard) check(l *Log) {
	g.checking.Lock()
	defer g.checking.Unlock()
	err := g.measure(l)
	if err == nil {
		if g.reason.Swap(nil) != nil {
			l.o.Logger.Info("disk space is back; writes are taken again")
		}
		return
	}
	if g.reason.Swap(&err) == nil {
		l.o.Logger.Error("writes are refused", "err", err)
	}
}

func (g *guard) measure(l *Log) error {
	space := l.o.Faults.FreeSpace
	if space == nil {
		space = func() (uint64, uint64, error) { return freeSpace(l.o.Dir) }
	}
	before := g.written.Load() // what comes meanwhile counts on
	bytes, inodes, err := space()
	if err != nil {
		return fmt.Errorf("measure free space: %w", err)
	}
	g.free.Store(bytes)
	g.written.Add(-before)
	if bytes < l.o.MinFreeBytes {
		return fmt.Errorf("%w: %d bytes free, %d wanted", ErrDiskFull, bytes, l.o.MinFreeBytes)
	}
	if inodes < minFreeInodes {
		return fmt.Errorf("%w: %d inodes free, %d wanted", ErrDiskFull, inodes, minFreeInodes)
	}
	if err := checkDescriptors(minFreeDescriptors); err != nil {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return nil
}

// checkDescriptors fails when the process may open fewer than wanted files.
func checkDescriptors(wanted uint64) error {
	free, err := freeDescriptors()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("count file descriptors: %w", err)
	}
	if free < wanted {
		return fmt.Errorf("%d file descriptors free, %d wanted", free, wanted)
	}
	return nil
}
