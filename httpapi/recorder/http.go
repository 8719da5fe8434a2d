package recorder

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"annals/engine"
)

// HTTP is the Sink that sends events to a server's POST /api/v1/events, as gzipped lines of JSON.
type HTTP struct {
	url, token string
	client     *http.Client
}

// requestTimeout is how long one delivery may take.
const requestTimeout = time.Minute

// NewHTTP returns the Sink of a server, named by its base URL. The token needs the right to write, and goes to no other
// address: redirects are not followed. A nil client is http.DefaultClient; give one for a private CA or a client certificate.
func NewHTTP(base, token string, client *http.Client) (*HTTP, error) {
	u, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil {
		return nil, fmt.Errorf("recorder: server address: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("recorder: server address %q: want https://HOST:PORT", base)
	}
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &HTTP{url: u.String() + "/api/v1/events", token: token, client: &own}, nil
}

// Send implements Sink.
func (h *HTTP) Send(ctx context.Context, events []*engine.Event) error {
	err := h.post(ctx, events)
	refusal, ok := errors.AsType[*refusedWhole](err)
	if !ok {
		return err
	}
	// Something in the batch is at fault, or its size. It is halved until the refusal is about one event.
	if len(events) == 1 {
		return &Trouble{Refused: []Refusal{{events[0], refusal}}}
	}
	first, second := events[:len(events)/2], events[len(events)/2:]
	return merge(first, h.Send(ctx, first), second, h.Send(ctx, second))
}

// refusedWhole is an answer that refuses a request for what it carries.
type refusedWhole struct{ error }

// merge makes the outcomes of two halves one.
func merge(first []*engine.Event, err1 error, second []*engine.Event, err2 error) error {
	all := &Trouble{}
	for i, err := range []error{err1, err2} {
		half := [][]*engine.Event{first, second}[i]
		t, ok := errors.AsType[*Trouble](err)
		switch {
		case err == nil:
			continue
		case !ok:
			t = &Trouble{Again: half, Err: err}
		}
		all.Again, all.Refused = append(all.Again, t.Again...), append(all.Refused, t.Refused...)
		all.After = max(all.After, t.After)
		all.Err = errors.Join(all.Err, t.Err)
	}
	if len(all.Again)+len(all.Refused) == 0 {
		return nil
	}
	return all
}

// post sends one request.
func (h *HTTP) post(ctx context.Context, events []*engine.Event) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	body, err := pack(events)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+h.token)
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("Content-Encoding", "gzip")
	r.Header.Set("User-Agent", "annals-recorder")
	resp, err := h.client.Do(r)
	if err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return outcomes(events, resp, answer)
}

func pack(events []*engine.Event) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("pack events: %w", err)
	}
	var line []byte
	for _, e := range events {
		line = append(e.AppendJSON(line[:0]), '\n')
		if _, err := z.Write(line); err != nil {
			return nil, fmt.Errorf("pack events: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack events: %w", err)
	}
	return out.Bytes(), nil
}

// answerItem is the server's word on one event.
type answerItem struct {
	Status string `json:"status"`
	Error  struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"error"`
}

// outcomes reads an answer. Only an outcome for every event counts as delivery: whatever else may sit at the address and answer
// 200, a proxy's page say, has taken nothing in.
func outcomes(events []*engine.Event, resp *http.Response, body []byte) error {
	var answer struct {
		Items  []answerItem `json:"items"`
		Detail string       `json:"detail"`
	}
	unread := json.Unmarshal(body, &answer)
	t := &Trouble{After: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	if unread == nil && len(answer.Items) == len(events) {
		return t.items(events, answer.Items)
	}
	t.Err = fmt.Errorf("%s answers %s: %s", resp.Request.URL.Host, resp.Status, cut(answer.Detail, maxNameBytes))
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return &refusedWhole{t.Err}
	}
	t.Again = events
	return t
}

// items takes in the outcome of every event.
func (t *Trouble) items(events []*engine.Event, items []answerItem) error {
	for i, it := range items {
		switch it.Status {
		case "created", "duplicate":
		case "conflict", "invalid":
			t.Refused = append(t.Refused, Refusal{events[i], fmt.Errorf("%s: %s: %s", it.Status, it.Error.Field, it.Error.Message)})
		default:
			t.Again = append(t.Again, events[i])
			t.Err = fmt.Errorf("%s: %s", it.Status, it.Error.Message)
		}
	}
	if len(t.Again)+len(t.Refused) == 0 {
		return nil
	}
	return t
}

// maxRetryAfter keeps a server's mistake from silencing a service for long.
const maxRetryAfter = 5 * time.Minute

// retryAfter reads the header: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, min(at.Sub(now), maxRetryAfter))
	}
	return 0
}
