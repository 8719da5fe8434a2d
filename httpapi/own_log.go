package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/client_golang/prometheus"

	"annals/engine"
	"annals/httpapi/recorder"
	"annals/httpapi/reply"
)

// OwnLog is the server's log of itself: who asked what, what was refused, who changed what and how the server runs, as events of the reserved
// tenant. Nobody waits for it: events go through the bounded buffer of a recorder into the log, and what does not fit there while the log
// takes nothing is lost, counted and told. A crash loses what was not yet written: the last second, and the counts of folds under way.
//
// Reading order: own_names.go is the list of actions, own_reads.go how a request becomes an event, own_fold.go how many become two,
// own_refusals.go what was not let in.
type OwnLog struct {
	recorder *recorder.Recorder
	now      func() time.Time
	folds    folds
	started  time.Time     // when Start was called; zero: it was not
	patience time.Duration // closePatience, outside of tests

	stop, stopped chan struct{}
}

// OwnLogOptions configure an OwnLog. Append is required.
type OwnLogOptions struct {
	Append AppendFunc       // (*engine.Log).AppendOwn
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: slog.Default()
}

// sweepPause is how late a fold may be written after its minute.
const sweepPause = 5 * time.Second

// NewOwnLog begins the server's own log. Close it before the log that it appends to.
func NewOwnLog(o OwnLogOptions) *OwnLog {
	if o.Now == nil {
		o.Now = time.Now
	}
	own := &OwnLog{recorder: newRecorder(o.Append, o.Logger, o.Now), now: o.Now, folds: newFolds(), patience: closePatience, stop: make(chan struct{}), stopped: make(chan struct{})}
	go own.sweepAlways()
	return own
}

func (o *OwnLog) sweepAlways() {
	defer close(o.stopped)
	ticker := time.NewTicker(sweepPause)
	defer ticker.Stop()
	for {
		select {
		case <-o.stop:
			return
		case <-ticker.C:
			o.put(o.folds.sweep(o.now()))
		}
	}
}

func (o *OwnLog) put(events []*engine.Event) {
	for _, e := range events {
		o.recorder.Put(e)
	}
}

// serverActor is who does what nobody asked for.
var serverActor = engine.Actor{Name: "annals", Type: "system"}

// Start tells that the server starts with the settings, which must hold no secret, on a log of the size.
func (o *OwnLog) Start(version string, settings map[string]string, size uint64) {
	o.started = o.now()
	o.recorder.Put(&engine.Event{Time: o.started, Actor: serverActor, Action: actionStart,
		Description: fmt.Sprintf("version %s starts on a log of %d events", version, size),
		Details:     detailsOf(map[string]any{"version": version, "settings": settings, "size": size})})
}

// Record takes an event that is no request: auth's, of who signed in or failed to. Time and source are filled in from ctx. Failures
// that are the same are folded, so that guessing does not fill the log.
func (o *OwnLog) Record(ctx context.Context, e *engine.Event) {
	e.Time = o.now()
	if reply.Client(ctx).IsValid() {
		e.Source = noteOf(ctx).source(ctx)
	}
	t := told{Own: e.Details, figures: figures{RequestID: reply.RequestID(ctx), Count: 1}}
	if e.Result != engine.Failure && e.Error == nil {
		e.Details = detailsOf(t)
		o.recorder.Put(e)
		return
	}
	key := foldKey{action: e.Action, from: reply.Network(reply.Client(ctx)), about: bounded(e.Actor.Type + "\x00" + e.Actor.ID + "\x00" + e.Actor.Name), code: codeOf(e.Error)}
	o.fold(key, e.Time, t.figures, func() (*engine.Event, told) { return e, t })
}

// closePatience is how long a stop waits for a log that takes nothing.
const closePatience = 5 * time.Second

// Close tells that the server stops, and delivers what waits, unless the log does not take it for some time: then it says how much is lost.
func (o *OwnLog) Close() error {
	close(o.stop)
	<-o.stopped
	o.put(o.folds.close())
	if !o.started.IsZero() {
		now := o.now()
		o.recorder.Put(&engine.Event{Time: now, Actor: serverActor, Action: actionStop, Description: "an orderly stop",
			Details: detailsOf(map[string]any{"uptime_s": now.Sub(o.started).Seconds()})})
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.patience)
	defer cancel()
	if err := o.recorder.Close(ctx); err != nil {
		return fmt.Errorf("close the server's own log: %w", err)
	}
	return nil
}

// collectors are the figures of the server's own log: that it loses events must not be known from itself only.
func (o *OwnLog) collectors() []prometheus.Collector {
	figure := func(outcome string, value func(recorder.Stats) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "annals_own_events_total", ConstLabels: prometheus.Labels{"outcome": outcome},
			Help: "Events of the server's own log, by what became of them: written, lost because the log took nothing for too long, or refused by it."},
			func() float64 { return float64(value(o.recorder.Stats())) })
	}
	return []prometheus.Collector{
		figure("written", func(s recorder.Stats) uint64 { return s.Sent }),
		figure("lost", func(s recorder.Stats) uint64 { return s.Lost }),
		figure("refused", func(s recorder.Stats) uint64 { return s.Refused }),
	}
}

// detailsOf makes the details of an event.
func detailsOf(v any) jsontext.Value {
	text, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil { // a name that is there twice
		text, _ = json.Marshal(map[string]string{"not_recorded": err.Error()})
	}
	return text
}
