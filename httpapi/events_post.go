package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// postEvents answers POST /api/v1/events: 201 when every event is in, 207 when some are, and a problem document when
// none is: 503 when some of them may go in later, else 422. What it calls in is on disk.
func (a *API) postEvents(w http.ResponseWriter, r *http.Request) error {
	b, err := a.receive(w, r)
	if err != nil {
		p := reply.ProblemOf(err)
		a.metrics.refused.WithLabelValues(p.Code()).Inc()
		noteOf(r.Context()).refuseWhole(p)
		return err
	}
	tally := a.count(b.outcomes)
	if tally.rejected() > 0 {
		noteOf(r.Context()).refuseEvents(b.outcomes, tally)
	}
	if tally.in() == 0 {
		return a.refuseAll(w, r, b, tally)
	}
	status := http.StatusCreated
	if tally.rejected() > 0 {
		status = http.StatusMultiStatus
	}
	if err := notLookedUp(b.outcomes); err != nil {
		reply.Keep(r, err)
	}
	buf := buffers.Get().(*[]byte)
	*buf = appendOutcomes(append((*buf)[:0], '{'), tally, b.outcomes)
	reply.Body(w, status, "application/json", append(*buf, '\n'))
	buffers.Put(buf)
	return nil
}

// receive reads the batch and appends what can be.
func (a *API) receive(w http.ResponseWriter, r *http.Request) (*batch, error) {
	b, err := readBatch(w, r)
	if err != nil || len(b.events) == 0 {
		return b, err
	}
	outcomes, err := a.log.Append(r.Context(), b.events)
	if err != nil {
		return nil, err
	}
	b.settle(outcomes)
	return b, nil
}

// bodies hold requests until their events are decoded, which keeps nothing of them.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxKeptBody is how large a body's buffer may be and still be used again.
const maxKeptBody = 4 << 20

func readBatch(w http.ResponseWriter, r *http.Request) (*batch, error) {
	body := bodies.Get().(*bytes.Buffer)
	body.Reset()
	defer func() {
		if body.Cap() <= maxKeptBody {
			bodies.Put(body)
		}
	}()
	if err := readInto(body, w, r, engine.MaxRequestBytes); err != nil {
		return nil, err
	}
	return decodeBatch(body.Bytes(), r.Header.Get("Content-Type"), auth.From(r.Context()))
}

// refuseAll answers with a problem that also holds the members of an ordinary answer, so that each event's reason is told.
func (a *API) refuseAll(w http.ResponseWriter, r *http.Request, b *batch, t tally) error {
	p := reply.Fill(r, reply.NoEvents("every event was refused; the items say why"))
	if err := notLookedUp(b.outcomes); err != nil {
		p = reply.Fill(r, fmt.Errorf("%w: %w", reply.Unavailable("no event went in, and some may later: send the request again; the items say which"), err))
	}
	var field *engine.FieldError
	if len(b.outcomes) == 1 && errors.As(b.outcomes[0].Err, &field) {
		p.Field, p.Detail = field.Field, field.Error()
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	body = append(body[:len(body)-1], ',')
	reply.Body(w, p.Status, "application/problem+json", append(appendOutcomes(body, t, b.outcomes), '\n'))
	return nil
}

// notLookedUp returns why events are unavailable, for the operator; nil when none is.
func notLookedUp(outcomes []engine.Outcome) (err error) {
	n := 0
	for _, o := range outcomes {
		if o.Status == engine.Unavailable {
			if n++; n == 1 {
				err = o.Err
			}
		}
	}
	if n > 1 {
		err = fmt.Errorf("%d events, the first: %w", n, err)
	}
	return err
}

// tally counts outcomes by status.
type tally struct{ created, duplicate, conflict, invalid, unavailable uint64 }

func (t tally) in() uint64       { return t.created + t.duplicate }
func (t tally) rejected() uint64 { return t.conflict + t.invalid + t.unavailable }

func (a *API) count(outcomes []engine.Outcome) (t tally) {
	for _, o := range outcomes {
		switch o.Status {
		case engine.Created:
			t.created++
		case engine.Duplicate:
			t.duplicate++
		case engine.Conflict:
			t.conflict++
		case engine.Unavailable:
			t.unavailable++
		default:
			t.invalid++
		}
	}
	m := a.metrics
	m.events.WithLabelValues(string(engine.Created)).Add(float64(t.created))
	m.events.WithLabelValues(string(engine.Duplicate)).Add(float64(t.duplicate))
	m.rejected.WithLabelValues(string(engine.Conflict)).Add(float64(t.conflict))
	m.rejected.WithLabelValues(string(engine.Invalid)).Add(float64(t.invalid))
	m.rejected.WithLabelValues(string(engine.Unavailable)).Add(float64(t.unavailable))
	return t
}

// appendOutcomes appends the members of the answer and the closing brace; the caller has opened the object.
func appendOutcomes(b []byte, t tally, outcomes []engine.Outcome) []byte {
	b = strconv.AppendUint(append(b, `"created":`...), t.created, 10)
	b = strconv.AppendUint(append(b, `,"duplicate":`...), t.duplicate, 10)
	b = strconv.AppendUint(append(b, `,"rejected":`...), t.rejected(), 10)
	b = append(b, `,"items":[`...)
	for i, o := range outcomes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendOutcome(b, o)
	}
	return append(b, "]}"...)
}

func appendOutcome(b []byte, o engine.Outcome) []byte {
	b = appendQuoted(append(b, `{"id":`...), o.ID)
	if o.Status == engine.Created || o.Status == engine.Duplicate {
		b = strconv.AppendUint(append(b, `,"seq":`...), o.Seq, 10)
	}
	b = append(append(append(b, `,"status":"`...), o.Status...), '"')
	if o.Err != nil {
		field, message := mistake(o)
		b = appendQuoted(append(b, `,"error":{"field":`...), field)
		b = appendQuoted(append(b, `,"message":`...), message)
		b = append(b, '}')
	}
	return append(b, '}')
}

// mistake says which member is wrong and why.
func mistake(o engine.Outcome) (field, message string) {
	if f, ok := errors.AsType[*engine.FieldError](o.Err); ok {
		return f.Field, f.Message
	}
	switch o.Status {
	case engine.Conflict:
		return "id", o.Err.Error()
	case engine.Unavailable: // the cause is the operator's
		return "id", "whether it is taken cannot be told now; the event did not go in, send it again"
	}
	return "event", o.Err.Error()
}
