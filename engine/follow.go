package engine

import (
	"context"
	"errors"
	"time"
)

// Follow calls fn, in seq order, for every durable event with seq >= from that who may see and where (nil: every event) matches, and then
// waits for more, until ctx ends or fn fails; that error is returned. Idle is called (if not nil) whenever it has caught up, with the
// next seq to come. Events that retention has removed are passed over; at events that are lost it ends with ErrDamaged and says which. Fn may
// keep the event and sets the pace: what it has not taken yet stays in the log.
func (l *Log) Follow(ctx context.Context, who Tenants, where Expr, from uint64, fn func(*Event) error, idle func(next uint64) error) error {
	// Without a look-up an ID is compared with each event's, so that one that is still to come is found too.
	matcher := NewMatcher(Compile(where, who, time.Time{}, time.Time{}, nil))
	for next := from; ; {
		published := l.publish.wait()
		if first := l.list()[0].first; next < first {
			next = first
		}
		end := l.Size()
		for next < end {
			to := min(end, next+1024)
			err := l.readRange(ctx, next, to, func(e *Event) error {
				if next = e.Seq + 1; !matcher.Match(e) {
					return nil
				}
				return fn(e)
			})
			if errors.Is(err, errDropped) {
				next = max(next, l.list()[0].first)
				continue
			}
			if err != nil {
				return err
			}
		}
		if err := l.endServable(); err != nil {
			return err
		}
		if idle != nil {
			if err := idle(max(next, end)); err != nil {
				return err
			}
		}
		select {
		case <-published:
		case <-l.stop:
			return ErrClosed
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// endServable returns why nothing will come behind the last event: the newest window is damaged, and may have had more.
func (l *Log) endServable() error {
	windows := l.list()
	return windows[len(windows)-1].servable()
}
