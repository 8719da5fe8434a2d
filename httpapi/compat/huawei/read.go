package huawei

import (
	"context"
	"errors"
	"slices"

	"annals/engine"
)

// errGone: a file has fewer events than its ID says, as retention has removed some of them.
var errGone = errors.New("the file's events are not in the log any more")

// read calls fn for the events of a file's half hour in the order of time: for the first so many that have arrived, whatever has come since.
func (h *Handler) read(ctx context.Context, i instance, f file, fn func(*engine.Event) error) error {
	late := errors.New("events have arrived since")
	q := i.query()
	q.From, q.To = f.half.begin(), f.half.end()
	err := h.log.Each(ctx, q, func(total uint64) error {
		switch {
		case total < f.events:
			return errGone
		case total > f.events:
			return late
		}
		return nil
	}, fn)
	if !errors.Is(err, late) {
		return err
	}
	last, err := h.arrival(ctx, q, f.events)
	if err != nil {
		return err
	}
	n := uint64(0)
	err = h.log.Each(ctx, q, nil, func(e *engine.Event) error {
		if e.Seq > last {
			return nil
		}
		n++
		return fn(e)
	})
	if err == nil && n != f.events {
		return errGone
	}
	return err
}

// arrival returns the seq of the n-th event to arrive among those that match.
func (h *Handler) arrival(ctx context.Context, q engine.Query, n uint64) (uint64, error) {
	var seqs []uint64
	err := h.log.Each(ctx, q, nil, func(e *engine.Event) error {
		seqs = append(seqs, e.Seq)
		return nil
	})
	if err == nil && uint64(len(seqs)) < n {
		err = errGone
	}
	if err != nil {
		return 0, err
	}
	slices.Sort(seqs)
	return seqs[n-1], nil
}
