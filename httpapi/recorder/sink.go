package recorder

import (
	"context"
	"fmt"
	"time"

	"annals/engine"
)

// Sink is where events go. Send returns nil when the log has all of them. A *Trouble tells them apart; after any other error, all
// are sent again. It may see an event again that it has taken, must not change or keep any, and returns soon after ctx has ended.
type Sink interface {
	Send(ctx context.Context, events []*engine.Event) error
}

// Direct is a Sink for a program that has the log itself.
type Direct func(ctx context.Context, events []*engine.Event) error

// Send implements Sink.
func (d Direct) Send(ctx context.Context, events []*engine.Event) error { return d(ctx, events) }

// Trouble says which events did not get into the log. Those in neither list did.
type Trouble struct {
	Again   []*engine.Event // may go in later
	Refused []Refusal       // never will
	After   time.Duration   // no sooner is the next try worth while; 0: as the recorder sees fit
	Err     error           // why Again
}

// Refusal is an event that the log will not take.
type Refusal struct {
	Event *engine.Event
	Err   error
}

func (t *Trouble) Error() string {
	switch {
	case t.Err != nil:
		return fmt.Sprintf("%d events did not go in yet: %v", len(t.Again), t.Err)
	case len(t.Refused) > 0:
		return fmt.Sprintf("%d events were refused, the first: %v", len(t.Refused), t.Refused[0].Err)
	}
	return fmt.Sprintf("%d events did not go in yet", len(t.Again))
}

func (t *Trouble) Unwrap() error { return t.Err }
