package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/recorder"
	"annals/httpapi/reply"
)

// AppendFunc appends events to a log, as (*engine.Log).Append does.
type AppendFunc func(context.Context, []*engine.Event) ([]engine.Outcome, error)

// NewRecorder returns the recorder of the server's own write operations: its events are of the reserved tenant and go straight into the log,
// through an append that takes that tenant. Close it before the log.
func NewRecorder(into AppendFunc, logger *slog.Logger) *recorder.Recorder {
	return recorder.New(recorder.Options{
		Sink: into.sink(), Tenant: engine.ReservedTenant, Module: "annals", Logger: logger,
		Actor:     func(r *http.Request) engine.Actor { return auth.From(r.Context()).Actor() },
		ClientIP:  func(r *http.Request) string { return reply.Client(r.Context()).String() },
		RequestID: func(r *http.Request, _ http.Header) string { return reply.RequestID(r.Context()) },
	})
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

// ownRecords are routes whose operations are not recorded as requests: events that come in are the log itself, and not once more an event
// about it; what people do to their own sessions and accounts auth records, which knows who it was; preferences stay in the browser.
var ownRecords = []string{"/api/v1/events", "/api/v1/session", "/api/v1/session/totp", "/api/v1/sessions", "/api/v1/account/password",
	"/api/v1/account/totp", "/api/v1/setup", "/api/v1/setup/look",
	"/sign-in", "/sign-in/second-factor", "/sign-out", "/setup", "/settings/account/password", "/settings/account/second-factor",
	"/settings/account/second-factor/confirm", "/settings/account/second-factor/remove", "/settings/account/sign-out-everywhere", "/preferences"}

// record has a route's write operations recorded.
func (a *API) record(rt route, next http.Handler) http.Handler {
	if a.recorder == nil || slices.Contains(ownRecords, rt.path) {
		return next
	}
	return a.recorder.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder.Edit(r.Context(), func(e *engine.Event) { e.Action = rt.method + " " + rt.path })
		next.ServeHTTP(w, r)
	}))
}
