package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// crashEvents is how many events the kill phase sends, or as many as the workload has when that is less.
const crashEvents = 200_000

// restart stops the server the clean way, starts it again, and asks the first questions.
func (r *run) restart(ctx context.Context) error {
	r.reportMemory()
	took, err := r.server.stop()
	r.server = nil
	if err != nil {
		return err
	}
	r.report.figure("clean stop", "ms", millis(took), nil)
	if err := r.serve(ctx); err != nil {
		return err
	}
	r.report.figure("start after clean stop", "ms", millis(r.server.started), atMost(2000))
	c := r.client(1)
	defer c.close()
	first, err := r.ask(ctx, c, questions[1])
	if err != nil {
		return err
	}
	r.report.figure("first search after start, at the client", "ms", millis(first.client), nil)
	return nil
}

// crash kills the server while events come in, starts it again and looks for every event that was acknowledged. Then it sends
// all of them again, as a client does that does not know what became of them, so that the log's content is known.
func (r *run) crash(ctx context.Context) error {
	from, to := r.state.Sent, r.state.Sent+min(crashEvents, r.events)
	acked, err := r.sendUntilKilled(ctx, from, to)
	if err != nil {
		return err
	}
	if err := r.serve(ctx); err != nil {
		return err
	}
	r.report.figure("start after kill during ingest", "ms", millis(r.server.started), atMost(10_000))
	c := r.client(burstConnections)
	defer c.close()
	if err := r.findAcknowledged(ctx, c, from, to, acked); err != nil {
		return err
	}
	again, err := c.ship(ctx, shipment{load: r.load, from: from, to: to, perRequest: batchEvents, connections: burstConnections})
	if err != nil {
		return err
	}
	if int(again.duplicate) < len(acked) {
		r.wrong("kill: %d events were acknowledged, but only %d are duplicates when sent again", len(acked), again.duplicate)
	}
	if err := r.sentUpTo(to); err != nil {
		return err
	}
	answer, err := c.search(ctx, url.Values{"q": {""}})
	if err != nil {
		return err
	}
	if answer.Total != uint64(to) {
		r.wrong("kill: total %d after all was sent again, right is %d", answer.Total, to)
	}
	return nil
}

// sendUntilKilled sends events and kills the server when about two thirds are acknowledged. It returns the numbers of those that were.
func (r *run) sendUntilKilled(ctx context.Context, from, to int) (map[int]bool, error) {
	var (
		mu    sync.Mutex
		acked = map[int]bool{}
	)
	c := r.client(burstConnections)
	defer c.close()
	r.reportMemory()
	enough := (to - from) * 2 / 3
	kill := sync.OnceFunc(r.server.kill)
	perRequest := min(batchEvents, (to-from)/100) // so that there are requests under way when a small run is killed
	_, err := c.ship(ctx, shipment{load: r.load, from: from, to: to, perRequest: perRequest, connections: burstConnections,
		acked: func(first, end int) {
			mu.Lock()
			defer mu.Unlock()
			for n := first; n < end; n++ {
				acked[n] = true
			}
			if len(acked) >= enough {
				go kill()
			}
		}})
	kill()
	r.server = nil
	if err == nil {
		return nil, fmt.Errorf("all %d events were acknowledged before the server was killed", to-from)
	}
	if len(acked) < enough {
		return nil, fmt.Errorf("only %d events were acknowledged before the server failed by itself: %w", len(acked), err)
	}
	return acked, nil
}

// findAcknowledged exports what came since the workload's end and checks that every acknowledged event is in it once and nothing
// that was not sent.
func (r *run) findAcknowledged(ctx context.Context, c *client, from, to int, acked map[int]bool) error {
	number := make(map[string]int, to-from)
	for n := from; n < to; n++ {
		f := r.load.facts(n)
		number[f.eventID()] = n
	}
	first := r.load.facts(from)
	params := url.Values{"format": {"ndjson"}, "from": {time.UnixMicro(first.micros).UTC().Format(time.RFC3339Nano)}}
	began := time.Now()
	res, err := c.do(ctx, http.MethodGet, "/api/v1/export?"+params.Encode(), "", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	seen := map[int]bool{}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("decode exported event: %w", err)
		}
		n, sent := number[e.ID]
		if !sent || seen[n] {
			r.wrong("kill: event %q (sent: %v) is exported once too often", e.ID, sent)
		}
		seen[n] = true
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read export: %w", err)
	}
	lost := 0
	for n := range acked {
		lost += oneIf(!seen[n])
	}
	if lost > 0 {
		r.wrong("kill: %d of %d acknowledged events are lost", lost, len(acked))
	}
	r.report.figure("acknowledged before the kill, all found", "events", float64(len(acked)-lost), nil)
	fmt.Fprintf(r.notes, "looked for %d events in %s\n", len(acked), time.Since(began).Round(time.Millisecond))
	return nil
}
