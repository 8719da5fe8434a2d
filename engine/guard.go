package engine

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// guard refuses writes before the disk is full: Badger writes through sparse mapped files, and a full disk is then a
// signal that kills the process. Reads go on.
type guard struct {
	reason atomic.Pointer[error]
	free   atomic.Uint64
}

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

// check asks the file system and the process limits.
func (g *guard) check(l *Log) {
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
	bytes, inodes, err := space()
	if err != nil {
		return fmt.Errorf("measure free space: %w", err)
	}
	g.free.Store(bytes)
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
