package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// stream reads one connection until it ends, which is always an error.
func (t *tail) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	quiet := time.AfterFunc(quietFor, cancel)
	defer quiet.Stop()
	values := url.Values{"from": {strconv.FormatUint(t.next, 10)}}
	for name, value := range map[string]string{"q": t.query, "tz": t.zoneName()} {
		if value != "" {
			values.Set(name, value)
		}
	}
	r, err := t.request(ctx, http.MethodGet, "/tail", values, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/event-stream")
	resp, err := t.do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		return &problem{Detail: fmt.Sprintf("%s answers with %q instead of a stream of events", t.base, kind)}
	}
	return t.unreachable(ctx, readMessages(&wakefulReader{resp.Body, quiet}, t.take))
}

// take handles one message: an event, a sign of life with the place reached, or the server's reason to end.
func (t *tail) take(m message) error {
	switch {
	case m.name == "error":
		p := new(problem)
		if err := json.Unmarshal(m.data, p); err != nil {
			return fmt.Errorf("read the stream: %w", err)
		}
		return p
	case m.name != "":
		return nil
	}
	seq, err := strconv.ParseUint(m.id, 10, 63)
	if err != nil {
		return nil
	}
	if m.data != nil && seq >= t.next && !t.shown[seq] {
		e := new(engine.Event)
		if err := json.Unmarshal(m.data, e); err != nil {
			return fmt.Errorf("read event %d of the stream: %w", seq, err)
		}
		if err := t.print(m.data, e); err != nil {
			return errPrint{err}
		}
	}
	delete(t.shown, seq)
	t.next = max(t.next, seq+1)
	return nil
}

// wakefulReader puts off a timer whenever something is read.
type wakefulReader struct {
	r     io.Reader
	timer *time.Timer
}

// Read implements io.Reader.
func (w *wakefulReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.timer.Reset(quietFor)
	}
	return n, err
}
