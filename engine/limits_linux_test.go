package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"

	"golang.org/x/sys/unix"
)

func init() {
	children["file size"] = func(dir, arg string) error { return appendUnderLimit(dir, arg, unix.RLIMIT_FSIZE, 64<<10) }
	children["open files"] = func(dir, arg string) error { return appendUnderLimit(dir, arg, unix.RLIMIT_NOFILE, 40) }
	children["open under few files"] = openUnderFewFiles
	children["guarded disk"] = appendUnderGuard
	children["full disk"] = func(dir, arg string) error { return appendUnderLimit(dir, arg, unix.RLIMIT_CPU, unix.RLIM_INFINITY) }
}

// appendUnderLimit appends some events, then limits itself and appends until that fails or kills.
func appendUnderLimit(dir, arg string, resource int, limit uint64) error {
	round, err := strconv.ParseUint(arg, 10, 64)
	if err != nil {
		return err
	}
	l, err := engine.Open(withIndex(dir))
	if err != nil {
		return err
	}
	m := enginetest.NewMaker("limit", round)
	for n := 0; ; n++ {
		if n == 20 {
			if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
				return err
			}
		}
		events := m.Events(1 + m.IntN(40))
		outcomes, err := l.Append(context.Background(), events)
		if err != nil {
			return err
		}
		acknowledged(events, outcomes)
	}
}

// appendUnderGuard appends large events that do not compress as fast as it can, until that fails.
func appendUnderGuard(dir, arg string) error {
	wanted, err := strconv.ParseUint(arg, 10, 64)
	if err != nil {
		return err
	}
	o := withIndex(dir)
	o.MinFreeBytes = wanted
	l, err := engine.Open(o)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(wanted, uint64(l.Size())))
	for {
		var text strings.Builder
		for text.Len() < 250<<10 {
			fmt.Fprintf(&text, "%x ", r.Uint64())
		}
		events := make([]*engine.Event, 16)
		for i := range events {
			events[i] = &engine.Event{ID: fmt.Sprintf("%x", r.Uint64()), Time: enginetest.Day, Action: "a", Description: text.String()[i:]}
		}
		outcomes, err := l.Append(context.Background(), events)
		if err != nil {
			return errors.Join(err, l.Close())
		}
		acknowledged(events, outcomes)
	}
}

// openUnderFewFiles opens a log with room for hardly any file.
func openUnderFewFiles(dir, arg string) error {
	limit, err := strconv.ParseUint(arg, 10, 64)
	if err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	l, err := engine.Open(withIndex(dir))
	if err != nil {
		return err
	}
	_, err = l.Append(context.Background(), []*engine.Event{{Action: "x"}})
	return errors.Join(err, l.Ready(), l.Close())
}

// end reads all that a child says, notes what it acknowledged and returns why it ended: its own error or how it died.
func (c *child) end(t *testing.T, acked map[string]ack) string {
	t.Helper()
	reason := ""
	for line := range c.lines {
		if strings.HasPrefix(line, "ack ") {
			noteAck(t, acked, line)
		} else {
			reason += line + "\n"
		}
	}
	if err := c.cmd.Wait(); err == nil {
		t.Fatalf("the child ended well: %s", reason)
	}
	return reason + c.stderr.String()
}

// TestProcessLimits runs a process against its limits. Whether it dies or refuses, nothing that it acknowledged is lost.
func TestProcessLimits(t *testing.T) {
	for _, c := range []struct{ name, says string }{
		{"file size", "file too large|SIGXFSZ"},
		{"open files", "file descriptors free|too many open files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, acked := t.TempDir(), map[string]ack{}
			for round := range 2 {
				reason := startChild(t, c.name, dir, strconv.Itoa(round)).end(t, acked)
				if !containsAny(reason, c.says) {
					t.Errorf("round %d: the reason does not tell %s: %.2000s", round, c.says, reason)
				}
				checkAfterCrash(t, dir, acked)
			}
			if len(acked) < 100 {
				t.Errorf("only %d events were acknowledged", len(acked))
			}
		})
	}
}

func containsAny(s, words string) bool {
	for _, w := range strings.Split(words, "|") {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// TestOpenUnderFewFiles: a start that lacks descriptors says so and touches nothing.
func TestOpenUnderFewFiles(t *testing.T) {
	dir, acked := t.TempDir(), map[string]ack{}
	l := enginetest.OpenLog(t, withIndex(dir))
	events := enginetest.NewMaker("few", 1).Events(900)
	enginetest.Append(t, l, events...)
	for _, e := range events {
		acked[e.ID] = ack{e.Seq, fmt.Sprintf("%x", contentOf(e))}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []string{"12", "20", "30", "50", "70"} {
		reason := startChild(t, "open under few files", dir, limit).end(t, acked)
		if !containsAny(reason, "file descriptors free|too many open files") || strings.Contains(reason, "damaged") {
			t.Errorf("with %s files: %.1000s", limit, reason)
		}
	}
	checkAfterCrash(t, dir, acked)
}

// TestFullDisk fills a small file system. Where none can be mounted, TestDiskGuard's fake is what there is.
func TestFullDisk(t *testing.T) {
	dir, acked := filepath.Join(t.TempDir(), "full"), map[string]ack{}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=6m"); err != nil {
		t.Logf("no file system can be mounted here: %v", err)
		return
	}
	defer func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	for round := range 2 {
		reason := startChild(t, "full disk", dir, strconv.Itoa(round)).end(t, acked)
		t.Logf("%.200s", reason)
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=200m"); err != nil {
			t.Fatal(err)
		}
		checkAfterCrash(t, dir, acked)
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, fmt.Sprintf("size=%d", used(t, dir)+4<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if len(acked) < 100 {
		t.Errorf("only %d events were acknowledged", len(acked))
	}
}

// TestGuardedDisk writes to a small file system as fast as it can: the guard refuses before the disk is full. Where none can be mounted,
// TestGuardIsNotOutrun's fake is what there is.
func TestGuardedDisk(t *testing.T) {
	dir, acked := filepath.Join(t.TempDir(), "small"), map[string]ack{}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=160m"); err != nil {
		t.Logf("no file system can be mounted here: %v", err)
		return
	}
	defer func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	reason := startChild(t, "guarded disk", dir, fmt.Sprint(64<<20)).end(t, acked)
	if !strings.Contains(reason, "disk nearly full") || strings.Contains(reason, "SIGBUS") {
		t.Errorf("the end: %.1000s", reason)
	}
	checkAfterCrash(t, dir, acked)
	if len(acked) < 16 {
		t.Errorf("only %d events were acknowledged", len(acked))
	}
}

// used returns how many bytes of a file system are taken.
func used(t *testing.T, dir string) uint64 {
	t.Helper()
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	return (s.Blocks - s.Bfree) * uint64(s.Bsize)
}
