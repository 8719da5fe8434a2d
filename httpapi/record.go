package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/recorder"
	"annals/httpapi/reply"
)

// AppendFunc appends events to a log, as (*engine.Log).Append does.
type AppendFunc func(context.Context, []*engine.Event) ([]engine.Outcome, error)

// newRecorder returns the recorder of the server's own write operations: its events are of the reserved tenant and go straight into the log,
// through an append that takes that tenant.
func newRecorder(into AppendFunc, logger *slog.Logger, now func() time.Time) *recorder.Recorder {
	return recorder.New(recorder.Options{
		Sink: into.sink(), Tenant: engine.ReservedTenant, Module: "annals", Logger: logger, Now: now,
		Actor:     func(r *http.Request) engine.Actor { return auth.From(r.Context()).Actor() },
		ClientIP:  func(r *http.Request) string { return reply.Client(r.Context()).String() },
		RequestID: func(r *http.Request, _ http.Header) string { return reply.RequestID(r.Context()) },
	})
}

// recordThing says in the server's own log what the write operation behind ctx was about, which its path does not say.
func recordThing(ctx context.Context, kind, id, name string) {
	recorder.Edit(ctx, func(e *engine.Event) { e.Resources = []engine.Resource{{Type: kind, ID: id, Name: name}} })
}

// sink is a log as the end of a recorder. When the log takes nothing now, all is tried again: with copies, because the log may have kept
// what it was given, though its answer was lost.
func (into AppendFunc) sink() recorder.Direct {
	return func(ctx context.Context, events []*engine.Event) error {
		copies := make([]*engine.Event, len(events))
		for i, e := range events {
			c := *e
			c.Details = slices.Clone(e.Details)
			copies[i] = &c
		}
		outcomes, err := into(ctx, copies)
		if err != nil {
			return err
		}
		t := &recorder.Trouble{}
		for i, o := range outcomes {
			switch o.Status {
			case engine.Created, engine.Duplicate:
			case engine.Unavailable:
				t.Again, t.Err = append(t.Again, events[i]), o.Err
			default:
				t.Refused = append(t.Refused, recorder.Refusal{Event: events[i], Err: o.Err})
			}
		}
		if len(t.Again)+len(t.Refused) == 0 {
			return nil
		}
		return t
	}
}
