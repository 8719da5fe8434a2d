package index

import "errors"

// What reading a mapped segment touches.
const (
	touchBytes = 64 << 10
	seekBytes  = 6 * touchBytes // looking a term up, by halves
	termBytes  = 32             // reading one more
)

// touch notes that about n bytes of mapped segments were read, and gives all their pages back when it is time.
func (x *Index) touch(n int64) {
	if n == 0 || !x.pages.Touch(n) {
		return
	}
	x.mu.Lock()
	x.current.refs.Add(1)
	s := x.current
	x.mu.Unlock()
	go func() {
		defer x.pages.Given()
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
