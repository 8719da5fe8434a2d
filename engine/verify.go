package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"annals/engine/merkle"
)

// VerifyReport says what a verification read and found.
type VerifyReport struct {
	Events     uint64   `json:"events"` // read and hashed
	Windows    int      `json:"windows"`
	TreeSize   uint64   `json:"tree_size"`
	RootHash   string   `json:"root_hash"` // base64
	Problems   []string `json:"problems"`  // empty: every hash matches
	TookMillis int64    `json:"took_ms"`
}

// Verify recomputes every hash from the stored events and holds it against the roots in the group heads, the manifest and the last
// signed checkpoint, and checks the records. Progress (may be nil) is told how many of how many events were read. A damaged log is in the report, not
// an error. It reads beside the writers, in short steps, up to the size at its beginning.
func (l *Log) Verify(ctx context.Context, progress func(done, total uint64)) (*VerifyReport, error) {
	begun := time.Now()
	l.checkpoint.mu.Lock()
	cpSize, cpRoot := l.checkpoint.size, l.checkpoint.root
	l.checkpoint.mu.Unlock()
	l.mu.RLock()
	windows, edge := l.windows, l.dropped.Clone()
	l.mu.RUnlock()
	v := &verification{ctx: ctx, edge: edge, progress: progress, report: &VerifyReport{Problems: []string{}}, cpSize: cpSize, cpRoot: cpRoot}
	for _, w := range windows {
		v.total += w.end.Load() - w.first
	}
	for _, w := range windows {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("verify: %w", context.Cause(ctx))
		}
		if err := v.window(w); err != nil {
			return nil, fmt.Errorf("verify: %w", err)
		}
	}
	if err := l.records.Verify(); errors.Is(err, ErrClosed) {
		return nil, fmt.Errorf("verify: %w", err)
	} else if err != nil {
		v.problem("%v", err)
	}
	if cpSize > v.edge.Size {
		v.problem("the signed checkpoint says %d events, the log has %d", cpSize, v.edge.Size)
	}
	r := v.report
	r.TreeSize, r.RootHash, r.TookMillis = v.edge.Size, encodeHash(v.edge.Root()), time.Since(begun).Milliseconds()
	return r, nil
}

type verification struct {
	ctx         context.Context
	report      *VerifyReport
	edge        merkle.Edge
	done, total uint64
	progress    func(done, total uint64)
	cpSize      uint64
	cpRoot      merkle.Hash
}

func (v *verification) problem(format string, args ...any) {
	v.report.Problems = append(v.report.Problems, fmt.Sprintf(format, args...))
}

// window fails only when the log is closed meanwhile, which is no problem of the window's.
func (v *verification) window(w *window) error {
	w.mu.Lock()
	end, root, sealed, damage := w.end.Load(), w.meta.root, w.sealed, w.damage
	w.mu.Unlock()
	name := fmt.Sprintf("window %020d (seq %d to %d)", w.first, w.first, end)
	if damage != "" {
		v.problem("%s: %s", name, damage)
	}
	before := v.edge.Clone()
	r, err := w.recompute(v.edge.Clone(), end, v.cpSize, func(n uint64) {
		if v.done += n; v.progress != nil {
			v.progress(v.done, v.total)
		}
	})
	if errors.Is(err, errDropped) {
		err = v.passOver(w)
		if err == nil {
			return nil
		}
	}
	if errors.Is(err, ErrClosed) {
		return err
	}
	if err != nil {
		v.problem("%s: %v", name, err)
		v.goOnBehind(w, before, end, root)
		return nil
	}
	for _, p := range r.problems {
		v.problem("%s: %s", name, p)
	}
	if r.end != end {
		v.problem("%s: the store ends at seq %d", name, r.end)
	}
	if r.edge.Size == end && r.edge.Root() != root && r.edge.Size > w.first {
		v.problem("%s: root of the tree with %d leaves is %v, the %s says %v", name, end, r.edge.Root(), map[bool]string{true: "manifest", false: "log"}[sealed], root)
	}
	if v.cpSize > w.first && v.cpSize <= end && r.watched != v.cpRoot {
		v.problem("%s: root of the tree with %d leaves is %v, the signed checkpoint says %v", name, v.cpSize, r.watched, v.cpRoot)
	}
	if v.edge = r.edge; r.edge.Root() != root {
		v.goOnBehind(w, before, end, root)
	}
	v.report.Events += r.end - w.first
	v.report.Windows++
	return nil
}

// goOnBehind goes on behind a damaged window with what its tiles say, if that is what the manifest says: the windows behind it are then held against their own
// hashes, not against its damage.
func (v *verification) goOnBehind(w *window, before merkle.Edge, end uint64, root merkle.Hash) {
	for _, t := range w.tiles {
		if before.AppendTile(t) != nil {
			return
		}
	}
	if before.Size == end && before.Root() == root {
		v.edge = before
	}
}

// passOver goes on behind a window that retention has removed meanwhile: its tiles stand for it in the tree.
func (v *verification) passOver(w *window) error {
	for _, t := range w.tiles {
		if err := v.edge.AppendTile(t); err != nil {
			return err
		}
	}
	return nil
}
