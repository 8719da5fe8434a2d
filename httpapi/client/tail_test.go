package client_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A tail whose connection keeps breaking shows every event once, in the order of arrival.
func TestTailResumesWithoutGapsOrRepeats(t *testing.T) {
	const total = 400
	f := newFake(t)
	for i := range 20 {
		f.put(event(i, ""))
	}
	var tails atomic.Int32
	f.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/tail") {
			return false
		}
		if tails.Add(1)%5 == 4 {
			problem(w, 503, `"detail":"starting"`)
			return true
		}
		// The connection breaks after some bytes, now and then in the middle of an event.
		f.tail(&breaking{w, 700 + 331*int(tails.Load())}, r)
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c := newCLI(t, f.URL)
	var stdout, stderr lockedBuffer
	done := make(chan result)
	go func() { done <- c.runWith(ctx, &stdout, &stderr, "tail", "--json", "-n", "5") }()
	for i := 20; i < total; i++ {
		f.put(event(i, ""))
		time.Sleep(time.Millisecond / 2)
	}
	last := fmt.Sprintf(`"seq":%d}`, total-1)
	for !strings.Contains(stdout.String(), last) && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	if got := <-done; got.status != 130 {
		t.Errorf("status %d, want 130: %s", got.status, got.stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if len(lines) < total-20 {
		t.Fatalf("%d lines, want %d or more\n%s", len(lines), total-20, stderr.String())
	}
	first := total - len(lines)
	for i, line := range lines {
		if !strings.Contains(line, fmt.Sprintf(`"seq":%d}`, first+i)) {
			t.Fatalf("line %d is not event %d: %s", i, first+i, line)
		}
	}
	if !strings.Contains(stderr.String(), "going on from event") || tails.Load() < 5 {
		t.Errorf("the connection broke only %d times", tails.Load())
	}
}

// breaking is a writer whose connection breaks after some bytes.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func (b *breaking) Write(p []byte) (int, error) {
	if len(p) > b.left {
		_, _ = b.ResponseWriter.Write(p[:b.left])
		_ = http.NewResponseController(b.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}

func TestTailShowsTheNewestFirst(t *testing.T) {
	f := newFake(t)
	for i := range 30 {
		f.put(event(i, ""))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := newCLI(t, f.URL)
	var stdout, stderr lockedBuffer
	done := make(chan result)
	go func() { done <- c.runWith(ctx, &stdout, &stderr, "tail", "--utc", "-n", "2", "amy") }()
	wait := func(text string) {
		for !strings.Contains(stdout.String(), text) && ctx.Err() == nil {
			time.Sleep(2 * time.Millisecond)
		}
	}
	wait("07:00:29")
	f.put(`{"id":"other","time":"2026-11-23T09:00:00Z","action":"x","actor":{"name":"bob"}}`)
	f.put(event(59, ""))
	wait("07:00:59")
	cancel()
	<-done
	want := "TIME (UTC)           USER  RESULT   PROJECT  MODULE  OPERATION  ACTION        WHAT\n"
	for _, second := range []string{"28", "29", "59"} {
		want += "2026-11-23 07:00:" + second + "  amy   success                   other      order.create\n"
	}
	if stdout.String() != want {
		t.Errorf("tail:\n%s\nwant:\n%s", stdout.String(), want)
	}
}

func TestTailRefused(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	if got := c.run("tail", "user:amy", "bad:x"); got.status != 1 || !strings.Contains(got.stderr, "column 10: there is no field bad\n  user:amy bad:x\n           ^") {
		t.Errorf("query error: %+v", got)
	}
	f.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/tail") {
			problem(w, 400, `"field":"from","detail":"from is 9, beyond the end of the log, whose next event is 0"`)
			return true
		}
		return false
	}
	if got := c.run("tail", "--from", "9"); got.status != 1 || !strings.Contains(got.stderr, "beyond the end of the log") {
		t.Errorf("refused: %+v", got)
	}
}
