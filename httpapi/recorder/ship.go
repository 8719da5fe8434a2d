package recorder

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"annals/engine"
)

// batchBytes bounds one delivery, well below what the log takes.
const batchBytes = 4 << 20

// ship delivers until the recorder is closed and empty, or Close gives up.
func (r *Recorder) ship() {
	defer close(r.done)
	for r.await() {
		r.deliver(r.buffer.take(r.o.BatchEvents, batchBytes))
	}
}

// await returns true when there is something to deliver: a whole batch, or less that has waited long enough.
func (r *Recorder) await() bool {
	n, full := r.buffer.waiting(r.o.BatchEvents)
	for ; n == 0; n, full = r.buffer.waiting(r.o.BatchEvents) {
		select {
		case <-r.buffer.wake:
		case <-r.ctx.Done():
			return false
		case <-r.closing: // nothing comes in any more
			n, _ = r.buffer.waiting(1)
			return n > 0
		}
	}
	timer := time.NewTimer(r.o.BatchDelay)
	defer timer.Stop()
	for ; !full; _, full = r.buffer.waiting(r.o.BatchEvents) {
		select {
		case <-r.buffer.wake:
		case <-timer.C:
			return true
		case <-r.closing:
			return r.ctx.Err() == nil
		}
	}
	return r.ctx.Err() == nil
}

// deliver tries until every event of the batch is in the log or refused for good, or Close gives up.
func (r *Recorder) deliver(batch []item) {
	for attempt := 0; ; attempt++ {
		var after time.Duration
		err := r.o.Sink.Send(r.ctx, eventsOf(batch))
		batch, after = r.sort(batch, err)
		if len(batch) == 0 {
			if attempt > 0 {
				r.o.Logger.Info("recorder: events are delivered again")
			}
			return
		}
		if attempt == 0 {
			r.o.Logger.Warn("recorder: events cannot be delivered, trying again", "events", len(batch), "error", err)
		}
		if !r.pause(max(after, r.backoff(attempt))) {
			return
		}
	}
}

// sort settles what is in the log or never will be, and returns the rest.
func (r *Recorder) sort(batch []item, err error) (again []item, after time.Duration) {
	trouble, known := errors.AsType[*Trouble](err)
	if err != nil && !known {
		return batch, 0
	}
	if !known {
		trouble = &Trouble{}
	}
	left := map[*engine.Event]bool{}
	for _, e := range trouble.Again {
		left[e] = true
	}
	refused := map[*engine.Event]error{}
	for _, f := range trouble.Refused {
		refused[f.Event] = f.Err
	}
	var done []item
	for _, it := range batch {
		if left[it.event] {
			again = append(again, it)
			continue
		}
		done = append(done, it)
		if why := refused[it.event]; why != nil {
			r.o.Logger.Error("recorder: the log refused an event", "id", it.event.ID, "action", it.event.Action, "error", why)
			r.buffer.refuse(it, why)
			continue
		}
		r.sent.Add(1)
	}
	r.buffer.settle(done)
	return again, trouble.After
}

// closingPause is the longest pause once the recorder is to close: there is not much time left.
const closingPause = 500 * time.Millisecond

// pause returns false when Close has given up. Close itself ends the pause.
func (r *Recorder) pause(d time.Duration) bool {
	closing := r.closing
	select {
	case <-r.closing:
		closing, d = nil, min(d, closingPause)
	default:
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-closing:
	case <-r.ctx.Done():
	}
	return r.ctx.Err() == nil
}

// backoff doubles up to half a minute, with some chance so that services spread.
func backoff(attempt int) time.Duration {
	d := min(250*time.Millisecond<<min(attempt, 10), 30*time.Second)
	return d/2 + rand.N(d/2+1)
}

func eventsOf(batch []item) []*engine.Event {
	events := make([]*engine.Event, len(batch))
	for i, it := range batch {
		events[i] = it.event
	}
	return events
}

// ActionLost is the action of the event that says how many others did not get into the log.
const ActionLost = "recorder.lost"

// lossItem makes the event about a loss.
func (r *Recorder) lossItem(loss Loss) item {
	write := false
	details, _ := json.Marshal(map[string]any{"lost": loss.Lost, "refused": loss.Refused, "from": loss.From.UTC(), "to": loss.To.UTC()}) // always can be
	e := &engine.Event{Tenant: r.o.Tenant, Module: r.o.Module, Action: ActionLost, Operation: engine.OpOther, Write: &write, Details: details,
		Actor: engine.Actor{Name: "recorder", Type: "service"}, Result: engine.Failure, Error: &engine.EventError{Code: "lost", Message: loss.Reason},
		Description: fmt.Sprintf("%d events of write operations are missing: %d found the recorder's buffer full, %d were refused",
			loss.Lost+loss.Refused, loss.Lost, loss.Refused)}
	it, err := r.seal(e, r.o.Now())
	if err != nil { // only a tenant that no event can have: then no event gets here
		r.o.Logger.Error("recorder: event about lost events", "error", err)
	}
	it.loss = true
	return it
}

// tell passes a loss on. It is called with the buffer locked, so neither the log nor the service may be waited for.
func (r *Recorder) tell(loss Loss) {
	go func() {
		message := "recorder: events are being lost"
		if loss.Over {
			message = "recorder: events were lost"
		}
		r.o.Logger.Error(message, "lost", loss.Lost, "refused", loss.Refused, "from", loss.From, "to", loss.To, "reason", loss.Reason)
		if r.o.OnLoss != nil {
			r.safely("OnLoss", func() { r.o.OnLoss(loss) })
		}
	}()
}
