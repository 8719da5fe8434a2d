package index

import (
	"path/filepath"
	"slices"
	"time"
)

// window is what the index has of one window of the log. The index's lock guards it.
type window struct {
	dir     string
	first   uint64
	sealed  bool
	dropped bool

	live    *generation // what is searched
	fresh   *generation // what takes its place once it covers as much; nil unless the window is being built again
	lastAdd time.Time

	dirty   bool       // the manifest does not name what it should
	retired []*segment // replaced, but the manifest on disk may name them
}

// generation is a run of adjacent segments from the window's first seq on.
type generation struct {
	segments []*segment
	next     uint64 // the first seq it lacks
}

// target is the generation that is being fed.
func (w *window) target() *generation {
	if w.fresh != nil {
		return w.fresh
	}
	return w.live
}

func (w *window) generations() []*generation {
	if w.fresh == nil {
		return []*generation{w.live}
	}
	return []*generation{w.live, w.fresh}
}

// has reports whether g is still one of the window's.
func (w *window) has(g *generation) bool { return !w.dropped && (g == w.live || g == w.fresh) }

// promote lets the fresh generation take the live one's place if it covers as much.
func (w *window) promote() {
	if w.fresh == nil || w.fresh.next < w.live.next {
		return
	}
	w.retire(w.live.segments)
	w.live, w.fresh = w.fresh, nil
	w.dirty = true
}

// retire gives segments up: at once when they are in memory only, else after the manifest has ceased to name them.
func (w *window) retire(segments []*segment) {
	for _, s := range segments {
		if s.path == "" {
			s.free()
		} else {
			w.retired = append(w.retired, s)
			w.dirty = true
		}
	}
}

// free frees a window's segments; the files of those that the manifest names stay.
func (w *window) free() {
	for _, s := range slices.Concat(w.live.segments, w.retired) {
		s.free()
	}
	if w.fresh != nil {
		w.fresh.discard()
	}
	w.live, w.fresh, w.retired = &generation{next: w.first}, nil, nil
}

// discard gives up a generation that no manifest has named.
func (g *generation) discard() {
	for _, s := range g.segments {
		s.doomed.Store(true)
		s.free()
	}
	g.segments = nil
}

// replace puts one segment in the place of a run of them, and reports whether they were still there.
func (g *generation) replace(run []*segment, by *segment) bool {
	i := slices.Index(g.segments, run[0])
	if i < 0 {
		return false
	}
	g.segments = slices.Replace(slices.Clone(g.segments), i, i+len(run), by)
	return true
}

// entries is what the manifest should name: the segments on disk, up to the first that is not.
func (w *window) entries() []manifestEntry {
	var entries []manifestEntry
	for _, s := range w.live.segments {
		if s.path == "" {
			break
		}
		entries = append(entries, manifestEntry{filepath.Base(s.path), s.first, s.end})
	}
	return entries
}

// Adjacent segments are merged when mergeWidth of them are smaller than a step of the ladder, in events. Up to inlineLimit Add does it by
// itself: that many small segments come from writers that send little at a time, and such a merge costs next to nothing.
//
// What comes in fast arrives in batches of 8,192 events, two segments each, and those in memory stay as they are while it does: hundreds of
// them take a search no longer than a glance at each, and merging them would take a fifth of what the writers need. When there are busyWidth of
// them, or they fill their room in memory (flushBytes), they become one segment on disk. So two merges, at about 3 µs an event each, take an
// event to its window's last segment.
const (
	mergeWidth  = 16
	busyWidth   = 256
	inlineLimit = 256
)

var ladder = []uint64{16, inlineLimit, 5_000, 80_000, 1_280_000, 20_480_000}

// pickRun returns adjacent idle segments below a limit of the ladder that should become one, the smallest first, or nil. Busy says that
// events are coming in; then segments in memory wait.
func (g *generation) pickRun(limit uint64, busy bool) []*segment {
	for _, size := range ladder {
		if size > limit {
			return nil
		}
		run := worthwhile(g.longestRun(func(s *segment) bool { return s.docs < size }))
		if len(run) >= busyWidth || len(run) >= mergeWidth && !(busy && size > inlineLimit && allInMemory(run)) {
			return run
		}
	}
	return nil
}

// worthwhile leaves off the first segments of a run that are larger than all behind them together. Else a window that takes in little would be
// written again, as a whole, whenever a few small segments have come to its large one.
func worthwhile(run []*segment) []*segment {
	rest := uint64(0)
	for _, s := range run {
		rest += s.docs
	}
	for len(run) > 0 {
		if rest -= run[0].docs; run[0].docs <= rest {
			break
		}
		run = run[1:]
	}
	return run
}

// longestRun returns the longest run of adjacent idle segments that fit.
func (g *generation) longestRun(fits func(*segment) bool) []*segment {
	var best []*segment
	from := 0
	for i, s := range g.segments {
		if s.busy || !fits(s) {
			from = i + 1
		} else if i+1-from > len(best) {
			best = g.segments[from : i+1]
		}
	}
	return slices.Clone(best)
}

// inMemory returns how many bytes of segments are in memory only.
func (g *generation) inMemory() (n int64) {
	if g == nil {
		return 0
	}
	for _, s := range g.segments {
		if s.path == "" {
			n += int64(len(s.data))
		}
	}
	return n
}
