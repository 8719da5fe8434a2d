package index

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"

	"annals/engine"
)

// TestRandom adds, merges, seals, resets, drops and restarts at random, and asks in between.
func TestRandom(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			s := &simulation{t: t, r: rand.New(rand.NewPCG(seed, 1)), dir: t.TempDir(), x: New(Options{})}
			s.newWindow()
			for range 60 {
				s.step()
			}
			if err := s.x.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

type simulation struct {
	t       *testing.T
	r       *rand.Rand
	dir     string
	x       *Index
	m       model
	windows []simWindow
}

type simWindow struct {
	first, end uint64
	sealed     bool
}

func (s *simulation) window() *simWindow { return &s.windows[len(s.windows)-1] }

func (s *simulation) path(w simWindow) string {
	return filepath.Join(s.dir, strconv.FormatUint(w.first, 10))
}

func (s *simulation) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *simulation) newWindow() {
	first := uint64(len(s.m.events))
	w := simWindow{first: first, end: first}
	next, err := s.x.OpenWindow(s.path(w), first, first, false)
	s.must(err)
	if next != first {
		s.t.Fatalf("a new window begins at %d, not %d", next, first)
	}
	s.windows = append(s.windows, w)
}

func (s *simulation) step() {
	switch s.r.IntN(12) {
	case 0:
		if w := s.window(); w.first == w.end {
			return
		}
		s.window().sealed = true
		s.must(s.x.Seal(s.window().first))
		s.newWindow()
	case 1:
		s.must(s.x.Flush(context.Background()))
	case 2:
		s.restart()
	case 3:
		s.reset()
	case 4:
		if len(s.windows) > 3 {
			s.drop()
		}
	case 5, 6, 7:
		s.ask()
	default:
		s.add(1 + s.r.IntN([]int{3, 40, 500}[s.r.IntN(3)]))
	}
}

func (s *simulation) add(n int) {
	w := s.window()
	events := make([]*engine.Event, n)
	for i := range events {
		events[i] = randomEvent(s.r, w.end+uint64(i))
	}
	s.m.add(events...)
	w.end += uint64(n)
	s.must(s.x.Add(context.Background(), w.first, events))
}

func (s *simulation) feed(w simWindow, next uint64) {
	for next < w.end {
		n := min(w.end-next, uint64(1+s.r.IntN(700)))
		s.must(s.x.Add(context.Background(), w.first, s.m.events[next:next+n]))
		next += n
		if s.r.IntN(4) == 0 {
			s.ask()
		}
	}
}

// restart closes the index, or leaves it as a crash would, and opens its directories again.
func (s *simulation) restart() {
	s.must(s.x.Close())
	s.x = New(Options{})
	next := make([]uint64, len(s.windows))
	for i, w := range s.windows {
		var err error
		next[i], err = s.x.OpenWindow(s.path(w), w.first, w.end, w.sealed)
		s.must(err)
		if next[i] < w.end {
			s.t.Fatalf("after a clean close window %d ends at %d, not %d", w.first, next[i], w.end)
		}
	}
	s.ask()
}

func (s *simulation) reset() {
	w := s.windows[s.r.IntN(len(s.windows))]
	next, err := s.x.Reset(w.first)
	s.must(err)
	s.feed(w, next)
}

func (s *simulation) drop() {
	w := s.windows[0]
	v := s.x.View()
	defer v.Close()
	s.must(s.x.Drop(w.first))
	s.m.check(s.t, s.r, v, s.m.randomPlan(s.r, 2))
	s.windows = s.windows[1:]
	s.m.gone = w.end
}

func (s *simulation) ask() {
	s.t.Helper()
	v := s.x.View()
	defer v.Close()
	for _, w := range s.windows {
		if end := v.Covered(w.first); end != w.end {
			return // a window is being fed
		}
	}
	for range 5 {
		s.m.check(s.t, s.r, v, s.m.randomPlan(s.r, 3))
	}
}
