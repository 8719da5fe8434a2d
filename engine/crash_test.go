package engine_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// contentOf hashes what an event says: all of it but what the log adds.
func contentOf(e *engine.Event) [sha256.Size]byte {
	c := *e
	c.Seq, c.Received = 0, time.Time{}
	return sha256.Sum256(c.AppendJSON(nil))
}

// TestCrash kills a process that appends, at random moments, and looks after each time at what it left.
func TestCrash(t *testing.T) {
	rounds := 27
	if testing.Short() {
		rounds = 8
	}
	r := rand.New(rand.NewPCG(uint64(os.Getpid()), 1))
	var dir string
	var acked map[string]ack
	for round := range rounds {
		if round%9 == 0 { // as a log grows, looking after all of it takes long
			dir, acked = t.TempDir(), map[string]ack{}
		}
		c := startChild(t, "append", dir, strconv.Itoa(round))
		before := len(acked)
		c.killAfterAck(t, acked, time.Duration(2+r.IntN(400))*time.Millisecond)
		checkAfterCrash(t, dir, acked)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
		t.Logf("round %d: %d acknowledged", round, len(acked)-before)
	}
}

// appendUntilKilled is the child: several goroutines append singles and batches, and every acknowledged event is said. Some events are
// sent twice, some again that an earlier round may have sent.
func appendUntilKilled(dir, round string) error {
	l, err := engine.Open(withIndex(dir))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(round)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for worker := range errs {
		wg.Go(func() {
			m := enginetest.NewMaker(fmt.Sprintf("r%d-%d", n-n%3, worker), uint64(n-n%3)) // three rounds say the same
			for {
				events := m.Events(1)
				if worker > 1 {
					events = append(events, m.Events(m.IntN(enginetest.Pick(m.Rand, 80, 80, 80, 2000)))...)
					events = append(events, enginetest.Again(events[0]))
				}
				outcomes, err := l.Append(context.Background(), events)
				if err != nil {
					errs[worker] = err
					return
				}
				acknowledged(events, outcomes)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

type ack struct {
	seq    uint64
	digest string
}

// killAfterAck lets the child go on for some time after its first acknowledgement, kills it and notes what it had acknowledged.
func (c *child) killAfterAck(t *testing.T, acked map[string]ack, after time.Duration) {
	t.Helper()
	first := true
	for line := range c.lines {
		if first {
			first = false
			time.AfterFunc(after, func() { c.cmd.Process.Signal(syscall.SIGKILL) })
		}
		noteAck(t, acked, line)
	}
	err := c.cmd.Wait()
	if s, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !s.Signaled() || s.Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended by itself: %v\n%s", err, c.stderr.String())
	}
}

// noteAck reads a line that acknowledged has written. An event that is acknowledged twice must be the same both times.
func noteAck(t *testing.T, acked map[string]ack, line string) {
	t.Helper()
	part := strings.SplitN(line, " ", 4)
	if len(part) != 4 || part[0] != "ack" {
		t.Fatalf("the child says %q", line)
	}
	seq, err := strconv.ParseUint(part[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	now := ack{seq, part[2]}
	if old, known := acked[part[3]]; known && old != now {
		t.Fatalf("event %q was acknowledged as %v and as %v", part[3], old, now)
	}
	acked[part[3]] = now
}

// checkAfterCrash opens what a dead process left: every acknowledged event is there once, found, and verified.
func checkAfterCrash(t *testing.T, dir string, acked map[string]ack) {
	t.Helper()
	l, err := engine.Open(withIndex(dir))
	if err != nil {
		t.Fatalf("open after the crash: %v", err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	if err := l.Ready(); err != nil {
		t.Fatalf("ready after the crash: %v", err)
	}
	enginetest.Verify(t, l)
	checkAcked(t, l, acked)
	waitIndexed(t, l)
	checkAcked(t, l, acked)
}

// checkAcked looks for the acknowledged events by ID, by search and by walking all.
func checkAcked(t *testing.T, l *engine.Log, acked map[string]ack) {
	t.Helper()
	ctx := context.Background()
	seen := map[string]bool{}
	var total, n uint64
	err := l.Each(ctx, engine.Query{Tenants: all}, func(t uint64) error { total = t; return nil }, func(e *engine.Event) error {
		if n++; seen[e.ID] {
			t.Errorf("event %q is there twice", e.ID)
		}
		seen[e.ID] = true
		if a, ok := acked[e.ID]; ok && (a.seq != e.Seq || a.digest != fmt.Sprintf("%x", contentOf(e))) {
			t.Errorf("event %q is not what was acknowledged", e.ID)
		}
		return nil
	})
	if err != nil || total != l.Size() || n != total {
		t.Fatalf("each: %d events of %d in a log of %d; %v", n, total, l.Size(), err)
	}
	some := 0
	for id, a := range acked {
		if !seen[id] {
			t.Errorf("acknowledged event %q (seq %d) is lost", id, a.seq)
		}
		if some++; some > 60 {
			continue
		}
		if e, err := l.Get(ctx, all, id); err != nil || e.Seq != a.seq {
			t.Errorf("get %q: %v", id, err)
		}
		q := engine.Query{Tenants: all, Where: engine.Field{Name: "id", Values: []engine.Value{{Text: id}}}}
		if r := enginetest.Search(t, l, q); r.Total != 1 || r.Events[0].ID != id {
			t.Errorf("search for %q finds %d events", id, r.Total)
		}
	}
}
