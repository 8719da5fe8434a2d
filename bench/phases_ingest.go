package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync/atomic"
	"time"
)

const (
	burstEvents       = 500_000
	burstConnections  = 4
	singleEvents      = 50_000
	singleConnections = 64
	indexPatience     = time.Hour
)

// The share of the workload that each ingesting phase sends ends at these events.
func (r *run) burstEnd() int     { return min(burstEvents, r.sustainedEnd()) }
func (r *run) sustainedEnd() int { return r.events - min(singleEvents, r.events/10) }

// burst sends the first events as fast as they are taken, from ready bodies, while another connection searches.
func (r *run) burst(ctx context.Context) error {
	if r.state.Sent > 0 {
		return errors.New("the log already holds events")
	}
	bodies := make([][]byte, 0, burstEvents/batchEvents)
	for first := 0; first < r.burstEnd(); first += batchEvents {
		bodies = append(bodies, r.load.appendBatch(make([]byte, 0, 700*batchEvents), first, min(first+batchEvents, r.burstEnd())))
	}
	var sent, acked atomic.Int64
	c := r.client(burstConnections)
	defer c.close()
	r.server.memory.label("ingesting")
	defer r.server.memory.label("")
	meanwhile := r.searchMeanwhile(ctx, &sent, &acked)
	done, err := c.ship(ctx, shipment{load: r.load, to: r.burstEnd(), perRequest: batchEvents, connections: burstConnections,
		body: func(first, end int) []byte {
			sent.Add(int64(end - first))
			return bodies[first/batchEvents]
		},
		acked: func(first, end int) { acked.Add(int64(end - first)) },
	})
	searches, searchErr := meanwhile()
	if err := errors.Join(err, searchErr); err != nil {
		return err
	}
	r.ingestTook = done.took
	r.report.figure("ingest burst", "events/s", float64(r.burstEnd())/done.took.Seconds(), atLeast(60_000))
	r.report.times("ingest burst, request of 1,000", done.latency, nil)
	r.report.times("search during the burst, at the client", searches, nil)
	r.report.figure("search during the burst, longest", "ms", millis(slices.Max(searches)), atMost(1000))
	return r.sentUpTo(r.burstEnd())
}

// searchMeanwhile searches until the function it returns is called, which gives how long each search took. The newest page's
// total must count at least the events acknowledged before it was asked for, and at most those sent when it came.
func (r *run) searchMeanwhile(ctx context.Context, sent, acked *atomic.Int64) func() ([]time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	var all []time.Duration
	result := make(chan error, 1)
	c := r.client(1)
	go func() {
		for k := 0; len(all) == 0 || ctx.Err() == nil; k++ {
			q := questions[k%4]
			least := acked.Load()
			answer, err := c.search(context.WithoutCancel(ctx), url.Values{"q": {q.q}, "limit": {"50"}})
			if err != nil {
				result <- fmt.Errorf("search during the burst: %w", err)
				return
			}
			all = append(all, answer.took.client)
			if most := sent.Load(); q.q == "" && (int64(answer.Total) < least || int64(answer.Total) > most) {
				r.wrong("newest page during the burst: total %d, but %d events were acknowledged and %d sent", answer.Total, least, most)
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
		result <- nil
	}()
	return func() ([]time.Duration, error) {
		cancel()
		defer c.close()
		err := <-result
		return all, err
	}
}

// sustained sends the rest but for the last, then waits until all that was sent since the burst began is indexed.
func (r *run) sustained(ctx context.Context) error {
	if r.state.Sent != r.burstEnd() {
		return fmt.Errorf("the log holds %d events, not the burst's %d", r.state.Sent, r.burstEnd())
	}
	c := r.client(burstConnections)
	defer c.close()
	r.server.memory.label("ingesting")
	defer r.server.memory.label("")
	began := time.Now()
	done, err := c.ship(ctx, shipment{load: r.load, from: r.burstEnd(), to: r.sustainedEnd(), perRequest: batchEvents,
		connections: burstConnections})
	if err != nil {
		return err
	}
	lag, err := c.awaitIndexed(ctx)
	if err != nil {
		return err
	}
	counted := r.sustainedEnd() - r.burstEnd()
	if r.ingestTook > 0 {
		counted = r.sustainedEnd()
	}
	took := time.Since(began) + r.ingestTook
	r.report.figure("ingest sustained, until all is indexed", "events/s", float64(counted)/took.Seconds(), atLeast(25_000))
	r.report.times("ingest sustained, request of 1,000", done.latency, nil)
	r.report.figure("index behind the last event", "ms", millis(lag), nil)
	return r.sentUpTo(r.sustainedEnd())
}

// single sends the last events one a request.
func (r *run) single(ctx context.Context) error {
	if r.state.Sent != r.sustainedEnd() {
		return fmt.Errorf("the log holds %d events, not %d", r.state.Sent, r.sustainedEnd())
	}
	c := r.client(singleConnections)
	defer c.close()
	r.server.memory.label("ingesting")
	defer r.server.memory.label("")
	done, err := c.ship(ctx, shipment{load: r.load, from: r.sustainedEnd(), to: r.events, perRequest: 1, connections: singleConnections})
	if err != nil {
		return err
	}
	r.report.figure("single-event requests", "events/s", float64(len(done.latency))/done.took.Seconds(), atLeast(5000))
	r.report.times("single-event request", done.latency, nil)
	if _, err := c.awaitIndexed(ctx); err != nil {
		return err
	}
	return r.sentUpTo(r.events)
}

func (r *run) sentUpTo(end int) error {
	r.state.Sent = end
	return r.saveState()
}

// awaitIndexed returns when the index has all of the log, and how long that took.
func (c *client) awaitIndexed(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	for time.Since(began) < indexPatience {
		var stats struct {
			Size    uint64 `json:"size"`
			Indexed uint64 `json:"indexed"`
		}
		if _, err := c.get(ctx, "/api/v1/stats", nil, &stats); err != nil {
			return 0, err
		}
		if stats.Indexed >= stats.Size && stats.Size > 0 {
			return time.Since(began), nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return 0, fmt.Errorf("index is behind for more than %s", indexPatience)
}
