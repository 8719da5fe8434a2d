package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const batchEvents = 1000

// A client speaks the native API over up to a given number of connections.
type client struct {
	base, token string
	http        *http.Client
}

func newClient(base, token string, connections int) *client {
	t := &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, DisableCompression: true}
	return &client{base: base, token: token, http: &http.Client{Transport: t}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// do sends a request and returns a 2xx answer, whose body the caller closes.
func (c *client) do(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("make request %s: %w", path, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		res.Body.Close()
		return nil, fmt.Errorf("%s %s answered %s: %s", method, path, res.Status, text)
	}
	return res, nil
}

// spent is how long a request took: at the client until its answer was read, and in the server, as the answer's Server-Timing says.
type spent struct {
	client, server time.Duration
	told           bool // the server said
}

// get reads an answer of the API into v.
func (c *client) get(ctx context.Context, path string, params url.Values, v any) (spent, error) {
	began := time.Now()
	res, err := c.do(ctx, http.MethodGet, path+"?"+params.Encode(), "", nil)
	if err != nil {
		return spent{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	took := spent{client: time.Since(began)}
	if err != nil {
		return took, fmt.Errorf("read answer of %s: %w", path, err)
	}
	if _, value, ok := strings.Cut(res.Header.Get("Server-Timing"), "dur="); ok {
		ms, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return took, fmt.Errorf("read Server-Timing of %s: %w", path, err)
		}
		took.server, took.told = time.Duration(ms*float64(time.Millisecond)), true
	}
	if err := json.Unmarshal(text, v); err != nil {
		return took, fmt.Errorf("decode answer of %s: %w", path, err)
	}
	return took, nil
}

// ingested is what the server says of the events of a request.
type ingested struct {
	Created   int            `json:"created"`
	Duplicate int            `json:"duplicate"`
	Rejected  int            `json:"rejected"`
	Items     jsontext.Value `json:"items"`
}

// post sends events and returns what became of them.
func (c *client) post(ctx context.Context, contentType string, body []byte) (ingested, error) {
	var in ingested
	answer, err := c.do(ctx, http.MethodPost, "/api/v1/events", contentType, bytes.NewReader(body))
	if err != nil {
		return in, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return in, fmt.Errorf("read answer to events: %w", err)
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return in, fmt.Errorf("decode answer to events: %w", err)
	}
	if in.Rejected > 0 {
		return in, fmt.Errorf("%d events refused: %.600s", in.Rejected, in.Items)
	}
	return in, nil
}

// A shipment is a stretch of a workload to be sent.
type shipment struct {
	load        workload
	from, to    int
	perRequest  int
	connections int
	body        func(first, end int) []byte // the ready body of events [first, end); nil: encoded when sent
	acked       func(first, end int)        // called when the server has acknowledged them; may be nil
}

// delivered is what came of a shipment.
type delivered struct {
	created, duplicate int64
	latency            []time.Duration // of each request
	took               time.Duration
}

// ship sends the shipment, each connection taking the next request in order, and stops at the first failure.
func (c *client) ship(ctx context.Context, s shipment) (delivered, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		next    atomic.Int64
		mu      sync.Mutex
		all     delivered
		senders sync.WaitGroup
	)
	next.Store(int64(s.from))
	began := time.Now()
	for range s.connections {
		senders.Go(func() {
			mine, err := c.send(ctx, s, &next)
			mu.Lock()
			defer mu.Unlock()
			all.created += mine.created
			all.duplicate += mine.duplicate
			all.latency = append(all.latency, mine.latency...)
			if err != nil {
				cancel(err)
			}
		})
	}
	senders.Wait()
	all.took = time.Since(began)
	return all, context.Cause(ctx)
}

// send is one connection's part of a shipment.
func (c *client) send(ctx context.Context, s shipment, next *atomic.Int64) (delivered, error) {
	var mine delivered
	contentType := "application/x-ndjson"
	if s.perRequest == 1 {
		contentType = "application/json"
	}
	if s.body == nil {
		var buf []byte
		s.body = func(first, end int) []byte {
			buf = s.load.appendBatch(buf[:0], first, end)
			return buf
		}
	}
	for ctx.Err() == nil {
		first := int(next.Add(int64(s.perRequest))) - s.perRequest
		if first >= s.to {
			break
		}
		end := min(first+s.perRequest, s.to)
		body := s.body(first, end)
		began := time.Now()
		in, err := c.post(ctx, contentType, body)
		if err != nil {
			return mine, fmt.Errorf("send events %d to %d: %w", first, end-1, err)
		}
		mine.latency = append(mine.latency, time.Since(began))
		mine.created += int64(in.Created)
		mine.duplicate += int64(in.Duplicate)
		if in.Created+in.Duplicate != end-first {
			return mine, fmt.Errorf("send events %d to %d: server counts %d created, %d duplicate", first, end-1, in.Created, in.Duplicate)
		}
		if s.acked != nil {
			s.acked(first, end)
		}
	}
	return mine, nil
}
