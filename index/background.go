package index

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"
)

const (
	// Of flushBytes of segments in memory the oldest are written, as one segment of flushChunk. Those of wholeDocs events and above are
	// written as they are.
	flushBytes = 88 << 20
	flushChunk = 44 << 20
	wholeDocs  = 20_000
	// flushAge is how long a segment stays in memory only.
	flushAge = 30 * time.Second
	// settle is how long a window must have been quiet for its segments to be merged as soon as they can be, and a sealed one's to one segment.
	settle = time.Second

	minRetry, maxRetry = time.Second, 30 * time.Second
)

var errStopped = errors.New("merge was stopped")

// job is a piece of background work on one window: to make one segment of a run, or, without a run, to write the manifest.
type job struct {
	w      *window
	g      *generation
	run    []*segment
	toFile bool
}

// background does one job after the other until the index is closed and everything is on disk. One goroutine merges, so
// that ingest keeps the other processor.
func (x *Index) background() {
	defer close(x.done)
	timer := time.NewTicker(settle)
	defer timer.Stop()
	wait := minRetry
	x.mu.Lock()
	defer x.mu.Unlock()
	for {
		j := x.pick(time.Now())
		if j == nil && x.closing {
			return
		}
		if j == nil || time.Now().Before(x.retryAt) {
			if time.Since(x.lastAdd) > 2*settle && x.adding.TryLock() {
				x.builders = [2]builder{} // their buffers are worth keeping from one batch to the next, not for hours
				x.adding.Unlock()
			}
			x.mu.Unlock()
			select {
			case <-x.wake:
			case <-timer.C:
			}
			x.mu.Lock()
			continue
		}
		err := x.do(j)
		switch {
		case err == nil:
			wait, x.failure = minRetry, nil
		case !errors.Is(err, errStopped):
			x.failure = err
			x.failed++
			x.retryAt = time.Now().Add(wait)
			wait = min(2*wait, maxRetry)
			x.logger.Error("index stays in memory; will try again", "dir", j.w.dir, "error", err)
			if x.closing {
				return
			}
		}
		x.notify()
	}
}

// pick returns what is to be done next: manifests, then what Add could wait for, then merges, the smallest first. The lock must be held.
func (x *Index) pick(now time.Time) *job {
	for _, w := range x.windows {
		if w.dirty {
			return &job{w: w}
		}
	}
	if j := x.pickWrite(now); j != nil || x.closing {
		return j
	}
	for _, size := range ladder {
		for _, w := range x.windows {
			for _, g := range w.generations() {
				if run := g.pickRun(size, now.Sub(w.lastAdd) <= settle && x.flushes == 0); run != nil {
					return x.mergeJob(w, g, run)
				}
			}
		}
	}
	for _, w := range x.windows {
		quiet := x.flushes > 0 || now.Sub(w.lastAdd) > settle
		if run := w.live.segments; w.sealed && quiet && w.fresh == nil && len(run) > 1 && idle(run) {
			return &job{w: w, g: w.live, run: slices.Clone(run), toFile: true}
		}
	}
	return nil
}

// pickWrite returns what should go from memory to disk by now: single large segments at once, small ones together when they are
// old or many.
func (x *Index) pickWrite(now time.Time) *job {
	full := x.inMemory() >= flushBytes
	var best *job
	for _, w := range x.windows {
		for _, g := range w.generations() {
			if run := g.longestRun(func(s *segment) bool { return s.path == "" && s.docs >= wholeDocs }); len(run) > 0 {
				return &job{w: w, g: g, run: run[:1], toFile: true}
			}
			run := oldest(g.longestRun(func(s *segment) bool { return s.path == "" }))
			due := full || x.closing || x.flushes > 0 || len(run) > 0 && now.Sub(run[0].born) > flushAge
			if len(run) > 0 && due && (best == nil || len(run) > len(best.run)) {
				best = &job{w: w, g: g, run: run, toFile: true}
			}
		}
	}
	return best
}

// oldest returns as many of a run's segments as become one of flushChunk.
func oldest(run []*segment) []*segment {
	size := 0
	for i, s := range run {
		if size += len(s.data); size > flushChunk {
			return run[:i+1]
		}
	}
	return run
}

func (x *Index) mergeJob(w *window, g *generation, run []*segment) *job {
	size := 0
	for _, s := range run {
		size += len(s.data)
	}
	return &job{w: w, g: g, run: run, toFile: size >= flushChunk || !allInMemory(run)}
}

func idle(run []*segment) bool {
	return !slices.ContainsFunc(run, func(s *segment) bool { return s.busy })
}

// do does a job. The lock must be held; it is released meanwhile.
func (x *Index) do(j *job) error {
	x.working = j.w
	grab(j.run)
	defer func() {
		letGo(j.run)
		x.working = nil
	}()
	if len(j.run) == 0 {
		return x.doManifest(j.w)
	}
	x.mu.Unlock()
	merged, err := x.makeSegment(j)
	x.mu.Lock()
	if err != nil {
		return err
	}
	x.swap(j.w, j.g, j.run, merged)
	return nil
}

// doManifest writes the manifest and then gives up the files that it has ceased to name. A crash before leaves the old manifest
// with all of its files, a crash after it left-overs that the next OpenWindow removes.
func (x *Index) doManifest(w *window) error {
	entries, retired := w.entries(), w.retired
	w.dirty, w.retired = false, nil
	x.mu.Unlock()
	err := x.disk.writeManifest(w.dir, entries)
	x.mu.Lock()
	if err != nil {
		w.dirty, w.retired = true, append(retired, w.retired...)
		return err
	}
	for _, s := range retired {
		s.doomed.Store(true)
		s.free()
	}
	return nil
}

// makeSegment makes one segment of a run, without the lock.
func (x *Index) makeSegment(j *job) (*segment, error) {
	stop := func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		return j.w.dropped || x.closing && len(j.run) > 1 && !slices.ContainsFunc(j.run, func(s *segment) bool { return s.path == "" })
	}
	if !j.toFile {
		return mergeInMemory(j.run, stop)
	}
	first, end := j.run[0].first, j.run[len(j.run)-1].end
	path := filepath.Join(j.w.dir, segmentName(first, end, rand.Uint64()))
	err := x.disk.writeFile(path, func(w io.Writer) error {
		if len(j.run) == 1 {
			_, err := w.Write(j.run[0].data)
			return err
		}
		return merge(w, j.run, stop)
	})
	if err != nil {
		return nil, fmt.Errorf("write index segment: %w", errors.Join(err, x.disk.remove(path)))
	}
	s, err := x.disk.mapSegment(path, false)
	if err != nil {
		return nil, fmt.Errorf("open index segment: %w", errors.Join(err, x.disk.remove(path)))
	}
	return s, nil
}
