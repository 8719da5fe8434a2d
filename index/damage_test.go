package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"annals/engine"

	"github.com/cespare/xxhash/v2"
)

// written makes a window of n events on disk, in two segments, and returns its model.
func written(t *testing.T, dir string, n int) *model {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	m := &model{}
	x := New(Options{})
	if _, err := x.OpenWindow(dir, 0, 0, false); err != nil {
		t.Fatal(err)
	}
	for half := range 2 {
		var events []*engine.Event
		for i := range n / 2 {
			events = append(events, randomEvent(r, uint64(half*n/2+i)))
		}
		m.add(events...)
		if err := x.Add(context.Background(), 0, events); err != nil {
			t.Fatal(err)
		}
		if err := x.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	return m
}

// rebuilt opens the window, wants it to lack the events from next on, feeds them and asks.
func rebuilt(t *testing.T, dir string, m *model, next, damaged uint64) {
	t.Helper()
	x := New(Options{})
	defer x.Close()
	got, err := x.OpenWindow(dir, 0, uint64(len(m.events)), true)
	if err != nil || got != next {
		t.Fatalf("OpenWindow = %d, %v, want %d", got, err, next)
	}
	if n := x.Stats().Rebuilds; n != damaged {
		t.Errorf("%d rebuilds, want %d", n, damaged)
	}
	if err := x.Add(context.Background(), 0, m.events[next:]); err != nil {
		t.Fatal(err)
	}
	if err := x.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	v := x.View()
	defer v.Close()
	r := rand.New(rand.NewPCG(3, 4))
	for range 10 {
		m.check(t, r, v, m.randomPlan(r, 2))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("files are %v, %v; want a manifest and one segment", files, err)
	}
}

func segmentFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix))
	if err != nil || len(files) == 0 {
		t.Fatalf("segment files: %v, %v", files, err)
	}
	return files
}

func edit(t *testing.T, path string, fn func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, fn(b), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDamage(t *testing.T) {
	const events = 300
	damage := map[string]func(t *testing.T, dir string){
		"flipped bit": func(t *testing.T, dir string) {
			edit(t, segmentFiles(t, dir)[1], func(b []byte) []byte { b[len(b)/2] ^= 4; return b })
		},
		"flipped bit at the end": func(t *testing.T, dir string) {
			edit(t, segmentFiles(t, dir)[0], func(b []byte) []byte { b[len(b)-40] ^= 1; return b })
		},
		"truncated": func(t *testing.T, dir string) {
			edit(t, segmentFiles(t, dir)[0], func(b []byte) []byte { return b[:len(b)-100] })
		},
		"empty": func(t *testing.T, dir string) {
			edit(t, segmentFiles(t, dir)[0], func(b []byte) []byte { return nil })
		},
		"missing": func(t *testing.T, dir string) {
			if err := os.Remove(segmentFiles(t, dir)[0]); err != nil {
				t.Fatal(err)
			}
		},
		"older version": func(t *testing.T, dir string) {
			edit(t, segmentFiles(t, dir)[0], func(b []byte) []byte {
				binary.LittleEndian.PutUint64(b[len(b)-footerBytes:], formatVersion-1)
				return signFooter(b)
			})
		},
		"other terms": func(t *testing.T, dir string) {
			edit(t, segmentFiles(t, dir)[0], func(b []byte) []byte {
				b[len(b)-footerBytes+8*8]++
				return signFooter(b)
			})
		},
		"another segment's bytes": func(t *testing.T, dir string) {
			files := segmentFiles(t, dir)
			b, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			edit(t, files[1], func([]byte) []byte { return b })
		},
		"truncated manifest": func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, manifestName), func(b []byte) []byte { return b[:len(b)-30] })
		},
		"flipped manifest": func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, manifestName), func(b []byte) []byte { b[25] ^= 1; return b })
		},
		"manifest of another version": func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, manifestName), func(b []byte) []byte { return bytes.Replace(b, []byte("index 1"), []byte("index 2"), 1) })
		},
		"manifest that leads elsewhere": func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, manifestName), func(b []byte) []byte {
				return encodeManifest([]manifestEntry{{"../x" + segmentSuffix, 0, events}})
			})
		},
		"manifest with a gap": func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, manifestName), func(b []byte) []byte {
				entries, err := decodeManifest(b)
				if err != nil {
					t.Fatal(err)
				}
				return encodeManifest(entries[1:])
			})
		},
	}
	for name, do := range damage {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			m := written(t, dir, events)
			do(t, dir)
			rebuilt(t, dir, m, 0, 1)
		})
	}
}

func signFooter(b []byte) []byte {
	body := b[len(b)-footerBytes : len(b)-len(magic)-8]
	binary.LittleEndian.PutUint64(b[len(b)-len(magic)-8:], xxhash.Sum64(body))
	return b
}

func TestLeftOvers(t *testing.T) {
	dir := t.TempDir()
	m := written(t, dir, 200)
	for _, name := range []string{"0-7-0123456789abcdef.seg", "segments.tmp", "0-7-0123456789abcdef.seg.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rebuilt(t, dir, m, 200, 0)
}

func TestMissingManifest(t *testing.T) {
	dir := t.TempDir()
	m := written(t, dir, 200)
	if err := os.Remove(filepath.Join(dir, manifestName)); err != nil {
		t.Fatal(err)
	}
	rebuilt(t, dir, m, 0, 0)
}

func TestAheadOfTheLog(t *testing.T) {
	dir := t.TempDir()
	m := written(t, dir, 200)
	m.events, m.terms = m.events[:150], m.terms[:150]
	rebuilt(t, dir, m, 0, 1)
}

// TestOpenFaults: an error that says nothing about the files, such as too many open files, fails the opening and leaves a good index as it is.
func TestOpenFaults(t *testing.T) {
	for _, fault := range []error{syscall.EMFILE, syscall.EIO, syscall.ENOMEM, syscall.EACCES} {
		for _, step := range []string{"read", "open", "map"} {
			for _, what := range []string{segmentSuffix, manifestName} {
				if what == manifestName && step != "read" {
					continue
				}
				dir := t.TempDir()
				m := written(t, dir, 200)
				x := New(Options{Logger: quiet})
				x.disk.fault = func(s, path string) error {
					if s == step && strings.HasSuffix(path, what) {
						return fault
					}
					return nil
				}
				if next, err := x.OpenWindow(dir, 0, 200, true); !errors.Is(err, fault) {
					t.Errorf("%s %s: OpenWindow = %d, %v, want %v", step, what, next, err, fault)
				}
				if err := x.Close(); err != nil {
					t.Error(err)
				}
				rebuilt(t, dir, m, 200, 0)
			}
		}
	}
}

// TestFaults fails each step of writing, once before it is done and once after. The events stay searchable, and are on disk
// once the fault is over.
func TestFaults(t *testing.T) {
	errFault := errors.New("fault")
	for _, step := range []string{"create", "write", "sync", "rename", "sync directory", "map"} {
		for _, when := range []string{"", " done"} {
			for _, what := range []string{segmentSuffix, manifestName} {
				if step == "map" && what == manifestName {
					continue
				}
				t.Run(strings.ReplaceAll(step+when+" "+what, " ", "-"), func(t *testing.T) {
					t.Parallel()
					x := New(Options{Logger: quiet})
					failing := true
					x.disk.fault = func(s, path string) error {
						x.mu.Lock()
						defer x.mu.Unlock()
						if failing && s == step+when && strings.Contains(filepath.Base(path), what) {
							return errFault
						}
						return nil
					}
					testFault(t, x, errFault, func() {
						x.mu.Lock()
						failing = false
						x.mu.Unlock()
					})
				})
			}
		}
	}
}

func testFault(t *testing.T, x *Index, fault error, mend func()) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	m := &model{}
	if _, err := x.OpenWindow(dir, 0, 0, false); err != nil {
		t.Fatal(err)
	}
	ask := func() {
		t.Helper()
		v := x.View()
		defer v.Close()
		for range 5 {
			m.check(t, r, v, m.randomPlan(r, 2))
		}
	}
	for range 3 {
		var events []*engine.Event
		for range 50 {
			events = append(events, randomEvent(r, uint64(len(m.events)+len(events))))
		}
		m.add(events...)
		if err := x.Add(context.Background(), 0, events); err != nil {
			t.Fatal(err)
		}
		if err := x.Flush(context.Background()); !errors.Is(err, fault) {
			t.Fatalf("Flush = %v, want the fault", err)
		}
		if err := x.Stats().Failure; !errors.Is(err, fault) {
			t.Fatalf("Stats().Failure = %v, want the fault", err)
		}
		ask()
	}
	mend()
	if err := x.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	ask()
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	rebuilt(t, dir, m, 150, 0)
}
