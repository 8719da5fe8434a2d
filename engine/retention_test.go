package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// clock is a clock that a test moves.
type clock struct{ at atomic.Int64 }

func newClock(t time.Time) *clock {
	c := new(clock)
	c.at.Store(t.UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }
func (c *clock) options(dir string) engine.Options {
	o := withIndex(dir)
	o.Retention, o.Now = 30*24*time.Hour, c.now
	return o
}

// appendDay appends n events of the clock's day, one by one second apart.
func appendDay(t *testing.T, l *engine.Log, c *clock, n int) {
	t.Helper()
	events := make([]*engine.Event, n)
	for i := range events {
		events[i] = &engine.Event{Time: c.now().Add(time.Duration(i) * time.Second), Action: "daily", Tenant: "acme"}
	}
	enginetest.Append(t, l, events...)
}

func awaitSealed(t *testing.T, l *engine.Log, n int) {
	t.Helper()
	enginetest.Eventually(t, "windows are sealed", func() bool {
		sealed := 0
		for _, w := range l.Stats().Windows {
			if w.State == "sealed" {
				sealed++
			}
		}
		return sealed >= n
	})
}

// TestRetention: whole windows go, a trace stays, the tree goes on, and all of it holds after a restart.
func TestRetention(t *testing.T) {
	dir, c := t.TempDir(), newClock(enginetest.Day)
	l := enginetest.OpenLog(t, c.options(dir))
	appendDay(t, l, c, 600) // windows 0, 256 and a part of 512
	awaitSealed(t, l, 2)
	roots := map[uint64]string{}
	for i := range 2 {
		roots[uint64(i)*256] = manifestRoot(t, dir, i)
	}
	c.advance(20 * 24 * time.Hour)
	appendDay(t, l, c, 200) // the rest of 512, and 768
	awaitSealed(t, l, 3)
	must(t, l.Retain())
	if n := l.Stats().Events; n != 800 {
		t.Fatalf("%d events are left before any is old enough", n)
	}
	c.advance(15 * 24 * time.Hour) // window 512 has events of the later day
	must(t, l.Retain())
	must(t, l.Retain())
	checkRetained(t, l, roots)
	must(t, l.Close())
	l = enginetest.OpenLog(t, c.options(dir))
	checkRetained(t, l, roots)
	before, err := l.Checkpoint()
	must(t, err)
	appendDay(t, l, c, 1)
	after, err := l.Checkpoint()
	must(t, err)
	size, _, err := engine.ParseCheckpoint(before, l.VerifierKey())
	next, _, err2 := engine.ParseCheckpoint(after, l.VerifierKey())
	if err != nil || err2 != nil || size != 802 || next != 803 {
		t.Errorf("checkpoints of %d and %d events; %v %v", size, next, err, err2)
	}
}

func manifestRoot(t *testing.T, dir string, window int) string {
	t.Helper()
	var m struct{ Windows []struct{ Root string } }
	enginetest.Eventually(t, "the manifest names a window's root", func() bool {
		data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		must(t, err)
		must(t, json.Unmarshal(data, &m))
		return m.Windows[window].Root != ""
	})
	return m.Windows[window].Root
}

// checkRetained expects that the windows 0 and 256 are gone, with a trace each, and that all else is there.
func checkRetained(t *testing.T, l *engine.Log, roots map[uint64]string) {
	t.Helper()
	enginetest.Verify(t, l)
	must(t, l.Ready())
	if s := l.Stats(); s.Events != 800-512+2 || s.Windows[0].First != 512 || s.Size != 802 {
		t.Errorf("%d events from seq %d are left in a log of %d", s.Events, s.Windows[0].First, s.Size)
	}
	r := enginetest.Search(t, l, engine.Query{Tenants: engine.Tenants{Names: []string{engine.ReservedTenant}}})
	if r.Total != 2 {
		t.Fatalf("%d traces, want 2", r.Total)
	}
	for _, e := range r.Events {
		var d struct {
			FirstSeq uint64 `json:"first_seq"`
			EndSeq   uint64 `json:"end_seq"`
			Events   uint64 `json:"events"`
			RootHash string `json:"root_hash"`
			TreeSize uint64 `json:"tree_size"`
		}
		must(t, json.Unmarshal(e.Details, &d))
		if d.EndSeq != d.FirstSeq+256 || d.Events != 256 || d.RootHash != roots[d.FirstSeq] || d.RootHash == "" || d.TreeSize != d.EndSeq {
			t.Errorf("trace: %+v, roots are %v", d, roots)
		}
	}
	if r := enginetest.Search(t, l, engine.Query{Tenants: all}); r.Total != 290 {
		t.Errorf("search finds %d events, want 290", r.Total)
	}
}

// TestRetentionCrash dies between the trace and the removal: the removal is done at the next start, and there is one trace.
func TestRetentionCrash(t *testing.T) {
	dir, c := t.TempDir(), newClock(enginetest.Day)
	l := enginetest.OpenLog(t, c.options(dir))
	appendDay(t, l, c, 300)
	awaitSealed(t, l, 1)
	manifestRoot(t, dir, 0)
	manifest, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	must(t, err)
	window := filepath.Join(dir, "windows", fmt.Sprintf("%020d", 0))
	kept := filepath.Join(t.TempDir(), "window")
	must(t, os.CopyFS(kept, os.DirFS(window)))
	c.advance(40 * 24 * time.Hour)
	must(t, l.Retain())
	must(t, l.Close())
	must(t, os.CopyFS(window, os.DirFS(kept)))
	must(t, os.WriteFile(filepath.Join(dir, "manifest.json"), manifest, 0o600))

	l = enginetest.OpenLog(t, c.options(dir))
	must(t, l.Ready())
	must(t, l.Retain())
	enginetest.Verify(t, l)
	if r := search(t, l, "retention.run"); r.Total != 1 || l.Stats().Events != 300-256+1 {
		t.Errorf("%d traces and %d events", r.Total, l.Stats().Events)
	}
	if _, err := os.Stat(window); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the window's directory is still there: %v", err)
	}
}

// TestReadsDuringRetention: while windows go, no read fails, and every answer is one of before or after.
func TestReadsDuringRetention(t *testing.T) {
	c := newClock(enginetest.Day)
	l := enginetest.OpenLog(t, c.options(t.TempDir()))
	appendDay(t, l, c, 12*256)
	awaitSealed(t, l, 11)
	waitIndexed(t, l)
	var ids []string
	for _, e := range enginetest.Search(t, l, engine.Query{Tenants: all, Limit: 1000}).Events {
		ids = append(ids, e.ID)
	}
	ctx := context.Background()
	q := engine.Query{Tenants: all, Where: engine.Word{Text: "daily"}, Limit: 3}
	byColumn := q
	byColumn.Sort = "id"
	reads := map[string]func(i int) error{
		"search":           func(int) error { _, err := l.Search(ctx, q); return err },
		"search by column": func(int) error { _, err := l.Search(ctx, byColumn); return err },
		"histogram":        func(int) error { _, _, err := l.Histogram(ctx, q, 9); return err },
		"facets":           func(int) error { _, _, err := l.Facets(ctx, q, []string{"resource", "user"}, 3); return err },
		"verify": func(int) error {
			r, err := l.Verify(ctx, nil)
			if err == nil && len(r.Problems) > 0 {
				err = errors.New(r.Problems[0])
			}
			return err
		},
		"get": func(i int) error {
			if _, err := l.Get(ctx, all, ids[i%len(ids)]); !errors.Is(err, engine.ErrNotFound) {
				return err
			}
			return nil
		},
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for name, read := range reads {
		wg.Go(func() {
			for i := 0; ; i++ {
				if err := read(i); err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	c.advance(40 * 24 * time.Hour)
	must(t, l.Retain())
	close(done)
	wg.Wait()
	if n := l.Stats().Events; n > 400 {
		t.Errorf("%d events are left", n)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestExpiredIDsLost: when the IDs of a removed window are damaged or gone, the log says so; a bad one lets nobody take the good ones' IDs.
func TestExpiredIDsLost(t *testing.T) {
	dir, c := t.TempDir(), newClock(enginetest.Day)
	l := enginetest.OpenLog(t, c.options(dir))
	events := enginetest.NewMaker("lost", 1).From(enginetest.Day).Events(900)
	enginetest.Append(t, l, events...)
	awaitSealed(t, l, 3)
	c.advance(800 * 24 * time.Hour)
	must(t, l.Retain())
	must(t, l.Close())
	files, err := filepath.Glob(filepath.Join(dir, "expired", "*"))
	must(t, err)
	if len(files) != 3 {
		t.Fatalf("the expired files are %v", files)
	}
	for name, harm := range map[string]func(path string) error{
		"flipped": func(path string) error { return flipBit(path, 0.5) },
		"cut":     func(path string) error { return cutOff(path, 0.5) },
		"empty":   func(path string) error { return os.Truncate(path, 0) },
		"gone":    os.Remove,
	} {
		for i, file := range files {
			copied := filepath.Join(t.TempDir(), "log")
			copyDir(t, copied, dir)
			must(t, harm(filepath.Join(copied, "expired", filepath.Base(file))))
			l, err := engine.Open(c.options(copied))
			must(t, err)
			if err := l.Ready(); !errors.Is(err, engine.ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprintf("%020d", 256*i)) {
				t.Errorf("%s, file %d: ready: %v", name, i, err)
			}
			if err := l.Backup(context.Background(), io.Discard, engine.BackupOptions{}); !errors.Is(err, engine.ErrDamaged) {
				t.Errorf("%s, file %d: backup: %v", name, i, err)
			}
			good := (i + 1) % 3 * 256
			outcomes, err := l.Append(context.Background(), []*engine.Event{enginetest.Again(events[good])})
			if err != nil || outcomes[0].Status != engine.Duplicate || outcomes[0].Seq != uint64(good) {
				t.Errorf("%s, file %d: event %d again: %+v %v", name, i, good, outcomes, err)
			}
			must(t, l.Close())
		}
	}
}
