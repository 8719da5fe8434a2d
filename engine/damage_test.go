package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
)

// patient is a log directory that damage is done to, a copy for each trial.
type patient struct {
	closed, crashed string // the directory after a clean close, and as a crash would leave it
	model           enginetest.Model
}

// newPatient makes a log of two sealed windows and one that grows.
func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{closed: t.TempDir(), crashed: filepath.Join(t.TempDir(), "log")}
	l := enginetest.OpenLog(t, withIndex(p.closed))
	m := enginetest.NewMaker("patient", 3)
	for range 6 {
		events := m.Events(100)
		enginetest.Append(t, l, events...)
		p.model.Add(events...)
	}
	awaitSealed(t, l, 2)
	manifestRoot(t, p.closed, 1)
	waitIndexed(t, l)
	enginetest.Eventually(t, "the checkpoint covers all events", func() bool {
		signed, err := os.ReadFile(filepath.Join(p.closed, "checkpoint"))
		size, _, err2 := engine.ParseCheckpoint(signed, l.VerifierKey())
		return err == nil && err2 == nil && size == 600
	})
	copyDir(t, p.crashed, p.closed)
	must(t, l.Close())
	return p
}

// copyDir copies a directory and leaves the holes of its files holes.
func copyDir(t *testing.T, to, from string) {
	t.Helper()
	must(t, filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, path[len(from):])
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		filled := len(bytes.TrimRight(data, "\x00"))
		if err := os.WriteFile(target, data[:filled], 0o600); err != nil {
			return err
		}
		return os.Truncate(target, int64(len(data)))
	}))
}

const (
	repaired = "repaired" // all is served and right, as if nothing had been
	named    = "named"    // it is found, and said where
	either   = "either"   // a bit that may not matter
)

// TestDamage flips bits in, cuts off and removes one file after the other. Each is found and named, or made again from the log; wrong or
// missing events are never served as if they were right.
func TestDamage(t *testing.T) {
	p := newPatient(t)
	sealed, open := "windows/00000000000000000256/", "windows/00000000000000000512/"
	for _, c := range []struct {
		name, dir, file     string
		flip, cut, vanished string // what becomes of it; "" is not tried
		names               string // what a report must match
	}{
		{"sealed table", p.closed, sealed + "log/*.sst", either, named, named, `window 0*256 \(seq 256 to 512\)`},
		{"sealed store's manifest", p.closed, sealed + "log/MANIFEST", either, either, named, `window 0*256 \(seq 256 to 512\)`},
		{"sealed window", p.closed, sealed, "", "", named, `window 0*256 \(seq 256 to 512\)`},
		{"IDs", p.closed, sealed + "ids", repaired, repaired, repaired, ""},
		{"tiles", p.closed, sealed + "tiles", repaired, repaired, repaired, ""},
		{"tenants", p.closed, sealed + "tenants", repaired, repaired, repaired, ""},
		{"index segment", p.closed, sealed + "index/*.seg", repaired, repaired, repaired, ""},
		{"index manifest", p.closed, sealed + "index/segments", repaired, repaired, repaired, ""},
		{"index", p.closed, sealed + "index", "", "", repaired, ""},
		{"open table", p.closed, open + "log/*.sst", either, named, named, `window 0*512 \(seq 512 to \d+\)`},
		{"open window", p.closed, open, "", "", named, `window 0*512 \(seq 512 to \d+\)|seq 512 to 600`},
		{"log that was not closed", p.crashed, open + "log/*.mem", either, named, named, `window 0*512 \(seq 512 to \d+\)`},
		{"manifest", p.closed, "manifest.json", either, named, named, "manifest"},
		{"checkpoint", p.closed, "checkpoint", named, named, "", "checkpoint"},
		{"key", p.closed, "checkpoint.key", named, named, named, "checkpoint"},
		{"records", p.closed, "records.db", either, named, named, "record"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(len(c.name)), 9))
			f := func(what, want string, change func(path string) error) {
				if want == "" {
					return
				}
				dir := filepath.Join(t.TempDir(), "log")
				copyDir(t, dir, c.dir)
				paths, err := filepath.Glob(filepath.Join(dir, c.file))
				if err != nil || len(paths) == 0 {
					t.Fatalf("%s is not there", c.file)
				}
				must(t, change(paths[r.IntN(len(paths))]))
				got, report := p.examine(t, dir)
				if want != either && got != want {
					t.Errorf("%s: %s, want %s; %v", what, got, want, report)
				}
				if got == named && !regexp.MustCompile(c.names).MatchString(report.Error()) {
					t.Errorf("%s: the report does not name %s: %v", what, c.names, report)
				}
			}
			flips := 6
			if testing.Short() {
				flips = 3
			}
			for range flips {
				at := r.Float64()
				f(fmt.Sprintf("flip at %.6f", at), c.flip, func(path string) error { return flipBit(path, at) })
			}
			for range 2 {
				at := 0.9 * r.Float64()
				f(fmt.Sprintf("cut at %.6f", at), c.cut, func(path string) error { return cutOff(path, at) })
			}
			f("vanished", c.vanished, os.RemoveAll)
		})
	}
}

// TestLostManifest: a log of one window needs no manifest; one of several is refused without it, and left as it is.
func TestLostManifest(t *testing.T) {
	dir := t.TempDir()
	manifest := filepath.Join(dir, "manifest.json")
	l := enginetest.OpenLog(t, withIndex(dir))
	m := enginetest.NewMaker("lost", 1)
	enginetest.Append(t, l, m.Events(100)...)
	must(t, l.Close())
	must(t, os.Remove(manifest))
	l = enginetest.OpenLog(t, withIndex(dir))
	must(t, l.Ready())
	if r := search(t, l, ""); r.Total != 100 {
		t.Errorf("%d of 100 events are left", r.Total)
	}
	enginetest.Append(t, l, m.Events(500)...)
	must(t, l.Close())
	must(t, os.Rename(manifest, manifest+".lost"))
	if _, err := engine.Open(withIndex(dir)); !errors.Is(err, engine.ErrDamaged) {
		t.Fatalf("open without a manifest: %v", err)
	}
	must(t, os.Rename(manifest+".lost", manifest))
	l = enginetest.OpenLog(t, withIndex(dir))
	must(t, l.Ready())
	if r := search(t, l, ""); r.Total != 600 {
		t.Errorf("%d of 600 events are left", r.Total)
	}
}

// flipBit flips a bit of what a file holds, its hole at the end left out.
func flipBit(path string, at float64) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	filled := len(bytes.TrimRight(data, "\x00"))
	data[int(at*float64(filled))] ^= 1 << (filled % 8)
	return os.WriteFile(path, data, 0o600)
}

// cutOff cuts a file within what it holds.
func cutOff(path string, at float64) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, int64(at*float64(len(bytes.TrimRight(data, "\x00")))))
}

// examine opens a damaged log and reads all of it in several ways. What is served must be right, whatever else is reported.
func (p *patient) examine(t *testing.T, dir string) (string, error) {
	t.Helper()
	l, err := engine.Open(withIndex(dir))
	if err != nil {
		return named, err
	}
	defer l.Close()
	report := l.Ready()
	v, err := l.Verify(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range v.Problems {
		report = errors.Join(report, errors.New(problem))
	}
	n := 0
	err = l.Each(context.Background(), engine.Query{Tenants: all}, nil, func(e *engine.Event) error {
		if n++; !bytes.Equal(e.AppendJSON(nil), p.model.Events[e.Seq].AppendJSON(nil)) {
			t.Errorf("event %d is served as %.300s\nit was %.300s", e.Seq, e.AppendJSON(nil), p.model.Events[e.Seq].AppendJSON(nil))
		}
		return nil
	})
	report = errors.Join(report, err)
	if err == nil && n != len(p.model.Events) {
		t.Errorf("%d of %d events are served without an error; the report is %v", n, len(p.model.Events), report)
	}
	if report != nil {
		return named, report
	}
	p.model.Check(t, l, engine.Query{Tenants: all, Where: engine.Word{Text: "timeout"}, Limit: 100})
	for _, e := range p.model.Events {
		if got, err := l.Get(context.Background(), all, e.ID); err != nil || got.Seq != e.Seq {
			t.Errorf("get %q: %v", e.ID, err)
		}
	}
	return repaired, nil
}

// TestDamagedWindowStaysTaken: when a window's events and side files are damaged together, its event IDs must not be given away again.
func TestDamagedWindowStaysTaken(t *testing.T) {
	p := newPatient(t)
	for _, file := range []string{"ids", "tiles"} {
		t.Run(file, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "log")
			copyDir(t, dir, p.closed)
			window := filepath.Join(dir, "windows", fmt.Sprintf("%020d", 256))
			tables, err := filepath.Glob(filepath.Join(window, "log", "*.sst"))
			must(t, err)
			must(t, flipBit(tables[0], 0.3))
			must(t, flipBit(filepath.Join(window, file), 0.9))
			l, err := engine.Open(withIndex(dir))
			must(t, err)
			defer l.Close()
			if err := l.Ready(); !errors.Is(err, engine.ErrDamaged) {
				t.Errorf("ready: %v", err)
			}
			outcomes, err := l.Append(context.Background(), []*engine.Event{enginetest.Again(p.model.Events[300])})
			if err == nil && outcomes[0].Status == engine.Created {
				t.Error("an event of the damaged window was created again")
			}
			if _, err := l.Search(context.Background(), engine.Query{Tenants: all}); !errors.Is(err, engine.ErrDamaged) {
				t.Errorf("search: %v", err)
			}
		})
	}
}
