package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/gzip"
)

// The bounds of one request, well below the server's.
const (
	batchEvents = 1000
	batchBytes  = 4 << 20
)

// batch is what one request carries: events as lines of JSON, and where each came from.
type batch struct {
	body    []byte
	ends    []int // where each event's line ends in body
	entries []entry
}

// entry is where an event came from.
type entry struct {
	report *fileReport
	n      int // the how manieth record of its file, from 1
	id     string
}

func (b *batch) full(more int) bool {
	return len(b.entries) >= batchEvents || len(b.entries) > 0 && len(b.body)+more+1 > batchBytes
}

func (b *batch) add(line []byte, from entry) {
	b.body = append(append(b.body, line...), '\n')
	b.ends = append(b.ends, len(b.body))
	b.entries = append(b.entries, from)
}

// line returns the i-th event, without the end of its line.
func (b *batch) line(i int) []byte {
	from := 0
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.body[from : b.ends[i]-1]
}

// halves splits a batch of two or more events.
func (b *batch) halves() (first, second *batch) {
	n := len(b.entries) / 2
	cut := b.ends[n-1]
	second = &batch{body: b.body[cut:], entries: b.entries[n:]}
	for _, end := range b.ends[n:] {
		second.ends = append(second.ends, end-cut)
	}
	return &batch{body: b.body[:cut], ends: b.ends[:n], entries: b.entries[:n]}, second
}

// sender sends batches until the server has answered for every event. Events carry their IDs, so a batch whose answer was lost
// is sent again without doubling anything.
type sender struct {
	*connection
	patience time.Duration
	progress *progress
	answered atomic.Bool // some answer has come: a later silence is worth waiting out
}

// item is the server's word on one event.
type item struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Error  *struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"error"`
}

// send returns when every event of the batch is accounted for in its file's report, or with why the import cannot go on.
func (s *sender) send(ctx context.Context, b *batch) error {
	var silentSince time.Time
	for attempt := 0; ; attempt++ {
		err := s.post(ctx, b)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if u, ok := errors.AsType[*unsettled](err); ok {
			b = u.rest
		}
		wait, again := s.retry(err, attempt)
		if !again {
			return s.narrow(ctx, b, err)
		}
		if silentSince.IsZero() {
			silentSince = time.Now()
		}
		if time.Since(silentSince)+wait > s.patience {
			return fmt.Errorf("gave up after %s: %w", s.patience, err)
		}
		s.progress.note(brief(err) + "; trying again")
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// retry says whether trying again may help, and how long to wait: what the server asked for, else twice as long each
// time, with some chance so that senders spread.
func (s *sender) retry(err error, attempt int) (time.Duration, bool) {
	wait := min(250*time.Millisecond<<min(attempt, 10), 15*time.Second)
	wait = wait/2 + rand.N(wait)
	if p, ok := errors.AsType[*problem](err); ok {
		s.answered.Store(true)
		if p.retryAfter > 0 {
			wait = p.retryAfter
		}
		switch p.Status {
		case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return wait, true
		}
		return 0, false
	}
	if _, ok := errors.AsType[*unsettled](err); ok || errors.Is(err, context.DeadlineExceeded) {
		return wait, true
	}
	if _, ok := errors.AsType[*connectError](err); ok {
		return wait, s.answered.Load() || broken(err)
	}
	return 0, false
}

// broken reports whether there was a connection and it broke. A server that cannot be reached at all is rather a wrong address
// than one that is away for a moment, unless it has answered before.
func broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// narrow handles a request that was refused as a whole because of what it carries: it is halved until the refusal is about one
// event, which is rejected. Other refusals (no token, disk full) end the import.
func (s *sender) narrow(ctx context.Context, b *batch, err error) error {
	p, ok := errors.AsType[*problem](err)
	if !ok {
		return err
	}
	switch p.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
	default:
		return err
	}
	if len(b.entries) == 1 {
		e := b.entries[0]
		e.report.reject(e.place(), p.Error())
		return nil
	}
	first, second := b.halves()
	if err := s.send(ctx, first); err != nil {
		return err
	}
	return s.send(ctx, second)
}

// post sends the batch once. A nil error means that the server answered for each of its events and the reports have it.
func (s *sender) post(ctx context.Context, b *batch) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	r, err := s.eventsRequest(ctx, b.body)
	if err != nil {
		return err
	}
	resp, err := s.http.Do(r)
	if err != nil {
		return s.unreachable(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil {
		return s.unreachable(ctx, err)
	}
	var answer struct {
		Items []item `json:"items"`
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") && json.Unmarshal(body, &answer) == nil && len(answer.Items) == len(b.entries) {
		s.answered.Store(true)
		return s.settle(b, answer.Items)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		resp.Body = io.NopCloser(bytes.NewReader(body))
		return s.refused(resp)
	}
	return fmt.Errorf("%s answers %d events with %d outcomes", s.base, len(b.entries), len(answer.Items))
}

func (s *sender) eventsRequest(ctx context.Context, body []byte) (*http.Request, error) {
	encoding := ""
	if !loopback(s.base) {
		var packed bytes.Buffer
		z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
		if err != nil {
			return nil, fmt.Errorf("compress events: %w", err)
		}
		if _, err := z.Write(body); err != nil {
			return nil, fmt.Errorf("compress events: %w", err)
		}
		if err := z.Close(); err != nil {
			return nil, fmt.Errorf("compress events: %w", err)
		}
		body, encoding = packed.Bytes(), "gzip"
	}
	r, err := s.request(ctx, http.MethodPost, "/events", nil, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	return r, nil
}

// unsettled says that the server has answered for a batch but for some events, which it cannot tell about now.
type unsettled struct {
	rest   *batch // those
	reason string // of the first
}

func (u *unsettled) Error() string {
	n := uint64(len(u.rest.entries))
	return fmt.Sprintf("%s %s did not go in yet, the first: %s", grouped(n), plural(n, "event"), u.reason)
}

// settle books the outcome of every event with its file. Those that are to be sent again are in an *unsettled.
func (s *sender) settle(b *batch, items []item) error {
	for _, it := range items {
		switch it.Status {
		case "created", "duplicate", "conflict", "invalid", "unavailable":
		default:
			return fmt.Errorf("%s answers with an outcome of an event that is not known: %q", s.base, it.Status)
		}
	}
	again := &unsettled{rest: &batch{}}
	for i, e := range b.entries {
		switch items[i].Status {
		case "created":
			e.report.add(outcomes{created: 1})
		case "duplicate":
			e.report.add(outcomes{duplicate: 1})
		case "unavailable":
			if len(again.rest.entries) == 0 {
				again.reason = fmt.Sprintf("%s: %s", e.place(), items[i].reason())
			}
			again.rest.add(b.line(i), e)
		default:
			e.report.reject(e.place(), items[i].reason())
		}
	}
	s.progress.events(len(items) - len(again.rest.entries))
	if len(again.rest.entries) > 0 {
		return again
	}
	return nil
}

func (e entry) place() string { return fmt.Sprintf("record %d (id %s)", e.n, e.id) }

func (it item) reason() string {
	if it.Error == nil {
		return it.Status
	}
	if it.Error.Field != "" && !strings.HasPrefix(it.Error.Message, it.Error.Field) {
		return it.Error.Field + ": " + it.Error.Message
	}
	return it.Error.Message
}
