package index

import (
	"errors"
	"fmt"
)

// GiveBack implements engine.Index.
func (x *Index) GiveBack() error {
	x.mu.Lock()
	x.current.refs.Add(1)
	s := x.current
	x.mu.Unlock()
	defer s.free()
	for _, w := range s.windows {
		for _, seg := range w.segments {
			if err := seg.giveBack(); err != nil {
				return fmt.Errorf("give back pages of %s: %w", seg.path, err)
			}
		}
	}
	return nil
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
