package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// Retain removes the oldest windows in which every event is older than the retention, by event time and by arrival. Before a window goes,
// an event of the reserved tenant says so, durably: its range, count and root. It does nothing when the retention is 0 or a backup is being made.
func (l *Log) Retain() error {
	if l.o.Retention <= 0 {
		return nil
	}
	l.retaining.Lock()
	defer l.retaining.Unlock()
	if !l.keep.TryLock() { // only a backup has it
		return nil
	}
	defer l.keep.Unlock()
	cutoff := l.o.Now().Add(-l.o.Retention).UnixNano()
	for {
		windows := l.list()
		w := windows[0]
		w.mu.Lock()
		expired := w.sealed && w.damage == "" && w.meta.maxTime < cutoff && w.meta.received < cutoff
		w.mu.Unlock()
		if !expired {
			return nil
		}
		if err := l.traceRetention(w); err != nil {
			return fmt.Errorf("record retention of window %d: %w", w.first, err)
		}
		if err := l.dropOldest(w); err != nil {
			return fmt.Errorf("drop window %d: %w", w.first, err)
		}
		l.o.Logger.Info("retention removed a window", "first", w.first, "end", w.end.Load())
	}
}

// Retention is the age at which windows are removed; 0: they are kept for ever.
func (l *Log) Retention() time.Duration { return l.o.Retention }

// traceRetention appends the event that tells lawful expiry from tampering. Its ID comes from the window, so that a crash before the
// removal does not leave two.
func (l *Log) traceRetention(w *window) error {
	info := w.info()
	details, err := json.Marshal(map[string]any{
		"first_seq": info.First, "end_seq": info.End, "events": info.End - info.First, "bytes": info.Bytes,
		"min_time": info.MinTime, "max_time": info.MaxTime,
		"root_hash": encodeHash(w.meta.root), "tree_size": info.End, "retention": l.o.Retention.String(),
	})
	if err != nil {
		return err
	}
	write := true
	e := &Event{
		ID: fmt.Sprintf("retention-%d-%d", info.First, info.End), Tenant: ReservedTenant, Actor: Actor{Name: "annals", Type: "system"},
		Action: "retention.run", Operation: OpDelete, Module: "retention", Write: &write,
		Resources:   []Resource{{Type: "window", ID: fmt.Sprint(info.First)}},
		Description: fmt.Sprintf("removed %d events, seq %d to %d", info.End-info.First, info.First, info.End), Details: details,
	}
	outcomes, err := l.append(context.Background(), []*Event{e}, house)
	if err != nil {
		return err
	}
	// A conflict is the trace of an earlier run whose settings differed: the removal is on record.
	if o := outcomes[0]; o.Err != nil && !errors.Is(o.Err, ErrConflict) {
		return o.Err
	}
	return nil
}

// dropOldest takes the oldest window out of the index, the list and the manifest, and then off the disk. A crash before the manifest is
// written leaves the window for the next run, one after it a directory that the next start removes. The index comes first: until
// the list follows, searches read the window from the log; the reverse would give them hits that cannot be read.
func (l *Log) dropOldest(w *window) error {
	if err := l.keepExpiredIDs(w); err != nil {
		return err
	}
	edge := l.dropped.Clone()
	for _, t := range w.tiles {
		if err := edge.AppendTile(t); err != nil {
			return err
		}
	}
	if l.o.Index != nil {
		if err := l.o.Index.Drop(w.first); err != nil {
			return err
		}
	}
	l.mu.Lock()
	l.windows, l.dropped = slices.Clone(l.windows[1:]), edge
	l.mu.Unlock()
	if err := l.saveManifest(); err != nil {
		return err
	}
	tenants, err := readTenants(filepath.Join(w.dir, tenantsName))
	if err != nil { // they stay in the list of tenants until the next start
		l.o.Logger.Warn("read a removed window's tenants", "err", err)
	}
	l.tenants.remove(tenants)
	err = w.remove()
	l.indexed.notify() // who waits for its events to be indexed waits in vain
	return err
}
