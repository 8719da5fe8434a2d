package index

import (
	"context"
	"sync/atomic"

	"annals/engine"
)

// snapshot is what is searchable at one moment. It holds its segments until the last view of it is closed.
type snapshot struct {
	windows []windowView
	refs    atomic.Int64
}

type windowView struct {
	first, end uint64
	segments   []*segment
}

// newSnapshot holds the segments and has one reference itself.
func newSnapshot(windows []windowView) *snapshot {
	s := &snapshot{windows: windows}
	s.refs.Store(1)
	for _, w := range windows {
		for _, seg := range w.segments {
			seg.hold()
		}
	}
	return s
}

func (s *snapshot) free() {
	if s.refs.Add(-1) > 0 {
		return
	}
	for _, w := range s.windows {
		for _, seg := range w.segments {
			seg.free()
		}
	}
}

// view is a caller's hold on a snapshot.
type view struct {
	*snapshot
	closed atomic.Bool
}

func (v *view) Covered(first uint64) uint64 {
	for _, w := range v.windows {
		if w.first == first {
			return w.end
		}
	}
	return first
}

func (v *view) Find(ctx context.Context, plan engine.Plan, fetch engine.Fetch) (engine.Hits, error) {
	var segments []*segment
	for _, w := range v.windows {
		segments = append(segments, w.segments...)
	}
	parts, err := findAll(ctx, segments, plan, fetch)
	if err != nil {
		return nil, err
	}
	return &hits{parts: parts, total: total(parts)}, nil
}

func (v *view) Close() {
	if !v.closed.Swap(true) {
		v.free()
	}
}
