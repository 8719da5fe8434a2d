package recorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"annals/engine"
)

// gate is a Sink that says what it was given, and answers what it is told.
type gate struct {
	given  chan []*engine.Event
	answer chan error
}

func newGate() *gate { return &gate{make(chan []*engine.Event), make(chan error)} }

func (g *gate) Send(ctx context.Context, events []*engine.Event) error {
	select {
	case g.given <- events:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-g.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gated is a recorder before a gate, without pauses.
func gated(t *testing.T, o Options) (*Recorder, *gate) {
	g := newGate()
	o.Sink, o.Logger, o.BatchDelay = g, slog.New(slog.DiscardHandler), time.Nanosecond
	r := newRecorder(o)
	r.backoff = func(int) time.Duration { return 0 }
	go r.ship()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = r.Close(ctx)
	})
	return r, g
}

// post makes n write operations, one after the other; it returns at once if the recorder keeps its word.
func post(r *Recorder, n int) {
	h := r.Handler(http.NotFoundHandler())
	for i := range n {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", fmt.Sprintf("/%d", i), nil))
	}
}

func TestSendsAgainWhatIsLeft(t *testing.T) {
	r, g := gated(t, Options{BatchEvents: 3})
	post(r, 1)
	first := <-g.given
	post(r, 4)
	g.answer <- errors.New("network")
	if again := <-g.given; again[0] != first[0] {
		t.Error("another event")
	}
	g.answer <- nil
	batch := <-g.given
	if len(batch) != 3 {
		t.Fatalf("batch of %d", len(batch))
	}
	g.answer <- &Trouble{Again: batch[1:2], Refused: []Refusal{{batch[2], errors.New("conflict")}}}
	if again := <-g.given; len(again) != 1 || again[0] != batch[1] {
		t.Errorf("again %v", again)
	}
	g.answer <- nil
	<-g.given // the last, and the event about the refused one
	g.answer <- nil
	closed := make(chan error)
	go func() { closed <- r.Close(t.Context()) }()
	drain(g, closed, t)
	if s := r.Stats(); s.Recorded != 5 || s.Refused != 1 || s.Sent != 5 || s.Lost != 0 || s.Waiting != 0 {
		t.Errorf("%+v", s) // four of the five, and the event about the fifth
	}
}

// drain lets everything through until Close returns.
func drain(g *gate, closed chan error, t *testing.T) (all []*engine.Event) {
	t.Helper()
	for {
		select {
		case events := <-g.given:
			all = append(all, events...)
			g.answer <- nil
		case err := <-closed:
			if err != nil {
				t.Error(err)
			}
			return all
		}
	}
}

// TestFullBuffer: with the log away requests go on, the loss is told at once, and once there is room the log hears of it.
func TestFullBuffer(t *testing.T) {
	f := func(name string, o Options, fits int) {
		t.Helper()
		losses := make(chan Loss, 10)
		o.OnLoss = func(l Loss) { losses <- l }
		r, g := gated(t, o)
		post(r, 1)
		before := time.Now()
		batch := <-g.given // under way, and on the books
		post(r, fits+7-1)
		if l := <-losses; l.Over || l.Lost != 1 || l.From.Before(before) {
			t.Errorf("%s: first signal %+v", name, l)
		}
		if s := r.Stats(); s.Lost != 7 || s.Waiting != fits || s.Recorded != uint64(fits+7) {
			t.Errorf("%s: %+v", name, s)
		}
		g.answer <- nil
		closed := make(chan error)
		go func() { closed <- r.Close(t.Context()) }()
		all := append(batch, drain(g, closed, t)...)
		if l := <-losses; !l.Over || l.Lost != 7 {
			t.Errorf("%s: second signal %+v", name, l)
		}
		told := 0
		for _, e := range all {
			if e.Action == ActionLost {
				told++
				if !strings.Contains(string(e.Details), `"lost":7`) || e.Result != engine.Failure || e.Description == "" {
					t.Errorf("%s: %s", name, e.AppendJSON(nil))
				}
			}
		}
		if told != 1 || len(all) != fits+1 {
			t.Errorf("%s: %d events, %d about the loss", name, len(all), told)
		}
	}
	f("events", Options{MaxEvents: 5}, 5)
	r := newRecorder(Options{Sink: &memory{}})
	one := len(recordOne(r).event.AppendJSON(nil))
	f("bytes", Options{MaxBytes: 3*one + one/2}, 3)
}

// recordOne returns what the recorder makes of a request like post's.
func recordOne(r *Recorder) item {
	h := r.Handler(http.NotFoundHandler())
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/0", nil))
	return r.buffer.take(1, 1<<20)[0]
}

// TestRefusedLossIsNotTold: an event about a loss that the log refuses does not make another, for ever.
func TestRefusedLossIsNotTold(t *testing.T) {
	r, g := gated(t, Options{})
	post(r, 1)
	refuse := func() bool {
		batch := <-g.given
		g.answer <- &Trouble{Refused: []Refusal{{batch[0], errors.New("no")}}}
		return batch[0].Action == ActionLost
	}
	if refuse() || !refuse() {
		t.Error("order")
	}
	if err := r.Close(t.Context()); err != nil || r.Stats().Refused != 2 {
		t.Errorf("%v, %+v", err, r.Stats())
	}
}

func TestCloseGivesUp(t *testing.T) {
	r, g := gated(t, Options{})
	post(r, 3)
	<-g.given
	ctx, cancel := context.WithCancel(t.Context())
	closed := make(chan error)
	go func() { closed <- r.Close(ctx) }()
	cancel()
	if err := <-closed; err == nil || !strings.Contains(err.Error(), "3 events") || !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	post(r, 1)
	if s := r.Stats(); s.Lost != 1 || s.Waiting != 3 {
		t.Errorf("after Close: %+v", s)
	}
}

func TestBackoff(t *testing.T) {
	for attempt := range 100 {
		full := min(250*time.Millisecond<<min(attempt, 10), 30*time.Second)
		if d := backoff(attempt); d < full/2 || d > full {
			t.Errorf("attempt %d: %v", attempt, d)
		}
	}
}
