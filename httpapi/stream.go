package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/httpapi/reply"
)

const (
	streamChunkBytes = 32 << 10         // gathered while the log has more at once
	clientPatience   = 30 * time.Second // how long one write may wait for a client that does not read
)

// stream writes server-sent events to one client. The log's follower and the heart write in turns.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController

	mu   sync.Mutex // guards what follows, and the writing
	buf  []byte
	sent uint64 // events
	next uint64 // every event below it is sent or does not match
}

// openStream sends the header at once, so that the client knows it is connected before the first event.
func openStream(w http.ResponseWriter) *stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // keeps proxies in front from holding events back
	s := &stream{w: w, control: http.NewResponseController(w), buf: []byte(": connected\n\n")}
	w.WriteHeader(http.StatusOK)
	_ = s.flush() // a client that is gone shows at the next write
	return s
}

// send takes one event from the follower.
func (s *stream) send(e *engine.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = strconv.AppendUint(append(s.buf, "id: "...), e.Seq, 10)
	s.buf = e.AppendJSON(append(s.buf, "\ndata: "...))
	s.buf = append(s.buf, "\n\n"...)
	s.next = e.Seq + 1
	s.sent++
	if len(s.buf) < streamChunkBytes {
		return nil
	}
	return s.flush()
}

// idle hears from the follower that it has caught up.
func (s *stream) idle(next uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = next
	return s.flush()
}

// beat shows signs of life until the context ends, the server drains, the client is gone or its token is not valid any more. Each carries the seq reached, so
// that a client of a rare filter does not have the log read again when it reconnects.
func (s *stream) beat(ctx context.Context, drain <-chan struct{}, every time.Duration, valid func() bool) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-drain:
			return
		case <-ticker.C:
			if !valid() || s.heartbeat() != nil {
				return
			}
		}
	}
}

func (s *stream) heartbeat() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = append(s.buf, ": alive\n"...)
	if s.next > 0 {
		s.buf = append(strconv.AppendUint(append(s.buf, "id: "...), s.next-1, 10), '\n')
	}
	s.buf = append(s.buf, '\n')
	return s.flush()
}

// fail tells the client why the stream ends.
func (s *stream) fail(p *reply.Problem) {
	body, err := json.Marshal(p)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = append(append(append(s.buf, "event: error\ndata: "...), body...), "\n\n"...)
	_ = s.flush() // the stream ends either way
}

// flush needs mu, or that nobody else knows the stream yet.
func (s *stream) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(clientPatience)) // a writer without deadlines has no slow client
	_, err := s.w.Write(s.buf)
	s.buf = s.buf[:0]
	if err != nil {
		return err
	}
	return s.control.Flush()
}
