package index

import (
	"errors"
	"sync/atomic"
)

// Reading a mapped file makes its pages count as this process's memory, a stretch of 64 KiB at each first touch, for as long
// as nobody else wants the memory. So that searching stays small whatever is asked, touches are added up, and after trimBytes the
// pages are given back; the system's cache keeps them, and touching them again costs a microsecond.
const (
	trimBytes  = 96 << 20
	touchBytes = 64 << 10
	seekBytes  = touchBytes // what looking a term up touches
	termBytes  = 32         // what reading one more touches
)

// trimmer adds up touches.
type trimmer struct {
	touched  atomic.Int64
	trimming atomic.Bool
}

// touch adds n bytes, and gives back all pages of the snapshot's mapped segments when it is time.
func (x *Index) touch(n int64) {
	if x.trim.touched.Add(n) < trimBytes || !x.trim.trimming.CompareAndSwap(false, true) {
		return
	}
	x.trim.touched.Store(0)
	x.mu.Lock()
	x.current.refs.Add(1)
	s := x.current
	x.mu.Unlock()
	go func() {
		defer x.trim.trimming.Store(false)
		defer s.free()
		for _, w := range s.windows {
			for _, seg := range w.segments {
				if err := seg.giveBack(); err != nil {
					x.logger.Warn("give back mapped pages", "file", seg.path, "error", err)
					return
				}
			}
		}
	}()
}

// giveBack lets go of the pages of a mapped segment; they come back when they are touched.
func (s *segment) giveBack() error {
	if s.path == "" {
		return nil
	}
	err := dontNeed(s.data)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
