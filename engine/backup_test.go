package engine_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

func backup(t testing.TB, l *engine.Log, o engine.BackupOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.Backup(context.Background(), &b, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var someSpace = engine.RestoreOptions{MinFreeBytes: 1, Logger: enginetest.Quiet}

func restore(t testing.TB, data []byte, o engine.RestoreOptions) (dir string, report *engine.BackupReport) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "restored")
	report, err := engine.Restore(context.Background(), dir, bytes.NewReader(data), o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, report
}

// contents returns all events below the size, as JSON by seq.
func contents(t testing.TB, l *engine.Log, size uint64) map[uint64]string {
	t.Helper()
	all := map[uint64]string{}
	err := l.Each(context.Background(), engine.Query{Tenants: engine.Tenants{All: true}}, func(uint64) error { return nil }, func(e *engine.Event) error {
		if e.Seq < size {
			all[e.Seq] = string(e.AppendJSON(nil))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sameContents(t testing.TB, got, want map[uint64]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d", len(got), len(want))
	}
	for seq, text := range want {
		if got[seq] != text {
			t.Fatalf("event %d:\ngot  %s\nwant %s", seq, got[seq], text)
		}
	}
}

// TestBackupBesideWriters: a backup is the log as it was at one size, whatever is appended meanwhile.
func TestBackupBesideWriters(t *testing.T) {
	o := withIndex(t.TempDir())
	l := enginetest.OpenLog(t, o)
	enginetest.Append(t, l, enginetest.NewMaker("before", 1).Events(700)...)
	must(t, l.Records().Put("view", "mine", []byte("result:failure")))
	stop, begun := make(chan struct{}), make(chan struct{}, 64)
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			m := enginetest.NewMaker("beside", uint64(i))
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := l.Append(context.Background(), m.Events(1+m.IntN(40))); err != nil {
					t.Error(err)
					return
				}
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 8 {
		<-begun
	}
	var last, total uint64
	data := backup(t, l, engine.BackupOptions{WithKey: true, Progress: func(done, of uint64) { last, total = done, of }})
	close(stop)
	writers.Wait()
	if last != total || total < 700 || total >= l.Size() {
		t.Fatalf("backup of %d of %d events of a log of %d", last, total, l.Size())
	}
	checkRestored(t, l, data, total)
}

// checkRestored restores the backup of a log that has not lost its left part, and goes on with it.
func checkRestored(t *testing.T, l *engine.Log, data []byte, size uint64) {
	t.Helper()
	want := contents(t, l, size)
	dir, report := restore(t, data, someSpace)
	if report.Events != size || report.TreeSize != size || report.VerifierKey != l.VerifierKey() || !report.WithKey || report.Records != 1 {
		t.Fatalf("report: %+v", report)
	}
	restored := enginetest.OpenLog(t, withIndex(dir))
	if restored.Size() != size || restored.VerifierKey() != l.VerifierKey() {
		t.Fatalf("restored log has %d events, key %s", restored.Size(), restored.VerifierKey())
	}
	note, err := restored.Checkpoint()
	must(t, err)
	if _, root, err := engine.ParseCheckpoint(note, l.VerifierKey()); err != nil || fmt.Sprint(root) != fmt.Sprint(rootOf(t, report)) {
		t.Fatalf("checkpoint of the restored log: %v, %v", root, err)
	}
	enginetest.Verify(t, restored)
	sameContents(t, contents(t, restored, size), want)
	waitIndexed(t, restored)
	sameContents(t, contents(t, restored, size), want)
	if v, err := restored.Records().Get("view", "mine"); err != nil || string(v) != "result:failure" {
		t.Errorf("record: %q, %v", v, err)
	}
	checkOnceOnly(t, restored, want)
	enginetest.Append(t, restored, enginetest.NewMaker("after", 1).Events(600)...)
	if restored.Size() != size+600 {
		t.Errorf("size is %d, want %d", restored.Size(), size+600)
	}
	must(t, restored.Close())
	enginetest.Verify(t, enginetest.OpenLog(t, withIndex(dir)))
}

func rootOf(t *testing.T, report *engine.BackupReport) (root [32]byte) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(report.RootHash)
	if err != nil || copy(root[:], raw) != 32 {
		t.Fatalf("root hash %q", report.RootHash)
	}
	return root
}

// checkOnceOnly sends some events again.
func checkOnceOnly(t *testing.T, l *engine.Log, events map[uint64]string) {
	t.Helper()
	n := 0
	for seq, text := range events {
		e, err := engine.DecodeEvent([]byte(text))
		must(t, err)
		if e.Tenant == engine.ReservedTenant {
			continue
		}
		out, err := l.Append(context.Background(), []*engine.Event{e})
		if err != nil || out[0].Status != engine.Duplicate || out[0].Seq != seq {
			t.Errorf("event %d again: %+v, %v", seq, out, err)
		}
		if n++; n > 100 {
			return
		}
	}
}

// TestBackupAfterRetention: what retention removed stays removed, its IDs stay taken, and the tree goes on.
func TestBackupAfterRetention(t *testing.T) {
	c := newClock(enginetest.Day)
	l := enginetest.OpenLog(t, c.options(t.TempDir()))
	old := enginetest.NewMaker("old", 1).From(enginetest.Day).Events(600)
	enginetest.Append(t, l, old...)
	awaitSealed(t, l, 2)
	c.advance(800 * 24 * time.Hour)
	must(t, l.Retain())
	appendDay(t, l, c, 300)
	first := l.Stats().Windows[0].First
	if first == 0 {
		t.Fatal("retention removed nothing")
	}
	want := contents(t, l, l.Size())
	data := backup(t, l, engine.BackupOptions{})
	dir, report := restore(t, data, someSpace)
	if report.First != first || report.Events != l.Size()-first {
		t.Fatalf("report: %+v", report)
	}
	o := c.options(dir)
	restored := enginetest.OpenLog(t, o)
	sameContents(t, contents(t, restored, l.Size()), want)
	out, err := restored.Append(context.Background(), []*engine.Event{enginetest.Again(old[3])})
	if err != nil || out[0].Status != engine.Duplicate || out[0].Seq != 3 {
		t.Errorf("a removed event again: %+v, %v", out, err)
	}
	appendDay(t, restored, c, 300)
	if restored.VerifierKey() == l.VerifierKey() {
		t.Error("the restored log has the key, which was not in the backup")
	}
	kept, err := os.ReadFile(filepath.Join(dir, "restored-from"))
	if err != nil || !strings.HasPrefix(string(kept), l.VerifierKey()+"\n\n") {
		t.Errorf("restored-from: %q, %v", kept, err)
	}
	_, note, _ := strings.Cut(string(kept), "\n\n")
	if size, _, err := engine.ParseCheckpoint([]byte(note), l.VerifierKey()); err != nil || size != l.Size() {
		t.Errorf("checkpoint in restored-from: %d, %v", size, err)
	}
}

// TestRetentionWaitsForBackup: what a backup has begun with is there to its end.
func TestRetentionWaitsForBackup(t *testing.T) {
	c := newClock(enginetest.Day)
	l := enginetest.OpenLog(t, c.options(t.TempDir()))
	appendDay(t, l, c, 600)
	awaitSealed(t, l, 2)
	c.advance(800 * 24 * time.Hour)
	var b bytes.Buffer
	err := l.Backup(context.Background(), writerFunc(func(p []byte) (int, error) {
		must(t, l.Retain())
		return b.Write(p)
	}), engine.BackupOptions{})
	must(t, err)
	if first := l.Stats().Windows[0].First; first != 0 {
		t.Errorf("retention removed what lies before %d during a backup", first)
	}
	if _, report := restore(t, b.Bytes(), someSpace); report.Events < 600 {
		t.Errorf("report: %+v", report)
	}
	must(t, l.Retain())
	if l.Stats().Windows[0].First == 0 {
		t.Error("retention removes nothing after a backup")
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func smallLog(t *testing.T) *engine.Log {
	l := enginetest.OpenLog(t, engine.Options{Dir: t.TempDir(), WindowEvents: 256})
	m := enginetest.NewMaker("small", 1)
	for range 3 {
		enginetest.Append(t, l, m.Events(100)...)
	}
	must(t, l.Records().Put("view", "a", []byte("x")))
	return l
}

// TestBackupOfEmptyLog: there is a backup of everything.
func TestBackupOfEmptyLog(t *testing.T) {
	dir, report := restore(t, backup(t, enginetest.NewLog(t), engine.BackupOptions{WithKey: true}), someSpace)
	if report.Events != 0 {
		t.Fatalf("report: %+v", report)
	}
	enginetest.Append(t, enginetest.OpenLog(t, engine.Options{Dir: dir}), enginetest.NewMaker("x", 1).Events(10)...)
}

// TestRestoreWithKey: the signing key may come from elsewhere, and must be the log's.
func TestRestoreWithKey(t *testing.T) {
	source := t.TempDir()
	l := enginetest.OpenLog(t, engine.Options{Dir: source})
	enginetest.Append(t, l, enginetest.NewMaker("x", 1).Events(10)...)
	data := backup(t, l, engine.BackupOptions{})
	o := someSpace
	var err error
	o.Key, err = os.ReadFile(filepath.Join(source, "checkpoint.key"))
	must(t, err)
	dir, _ := restore(t, data, o)
	if restored := enginetest.OpenLog(t, engine.Options{Dir: dir}); restored.VerifierKey() != l.VerifierKey() {
		t.Error("the key is not the log's")
	}
	o.Key, err = os.ReadFile(filepath.Join(anotherLog(t), "checkpoint.key"))
	must(t, err)
	refused(t, data, o)
	o.Key = []byte("nonsense")
	refused(t, data, o)
}

func anotherLog(t *testing.T) string {
	dir := t.TempDir()
	enginetest.OpenLog(t, engine.Options{Dir: dir})
	return dir
}

// refused fails the test unless the restore fails and leaves nothing.
func refused(t *testing.T, data []byte, o engine.RestoreOptions) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "restored")
	if _, err := engine.Restore(context.Background(), dir, bytes.NewReader(data), o); err == nil {
		t.Error("the backup was restored")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the restore left something: %v", err)
	}
}

// TestRestoreTarget: only a directory of its own is taken, and what a dead restore left.
func TestRestoreTarget(t *testing.T) {
	data := backup(t, smallLog(t), engine.BackupOptions{WithKey: true})
	taken := t.TempDir()
	must(t, os.WriteFile(filepath.Join(taken, "file"), nil, 0o600))
	if _, err := engine.Restore(context.Background(), taken, bytes.NewReader(data), someSpace); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("restore beside a file: %v", err)
	}
	dead := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dead, "restoring", "windows"), 0o700))
	if _, err := engine.Open(engine.Options{Dir: dead}); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Errorf("open of what a dead restore left: %v", err)
	}
	if _, err := engine.Restore(context.Background(), dead, bytes.NewReader(data), someSpace); err != nil {
		t.Errorf("restore over what a dead restore left: %v", err)
	}
	if l := enginetest.OpenLog(t, engine.Options{Dir: dead}); l.Size() != 300 {
		t.Errorf("size is %d", l.Size())
	}
	if _, err := engine.Restore(context.Background(), dead, bytes.NewReader(data), someSpace); err == nil {
		t.Error("a log in use was restored over")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := engine.Restore(ctx, filepath.Join(t.TempDir(), "x"), bytes.NewReader(data), someSpace); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled restore: %v", err)
	}
}

// TestBackupDamaged: no byte can be missing or changed, no frame moved.
func TestBackupDamaged(t *testing.T) {
	l := enginetest.NewLog(t)
	for range 3 {
		enginetest.Append(t, l, &engine.Event{Action: "a"}, &engine.Event{Action: "b"})
	}
	must(t, l.Records().Put("view", "a", []byte("x")))
	data := backup(t, l, engine.BackupOptions{WithKey: true})
	for i := range data {
		spoilt(t, fmt.Sprintf("cut at byte %d", i), data[:i])
		bad := slices.Clone(data)
		bad[i] ^= 1 << (i % 8)
		spoilt(t, fmt.Sprintf("byte %d flipped", i), bad)
	}
	spoilt(t, "one byte more", append(slices.Clone(data), 0))
	spoilt(t, "twice", append(slices.Clone(data), data...))
	for _, i := range []int{3, len(data) / 3, len(data) - 3} {
		refused(t, data[:i], someSpace)
	}
	data = backup(t, smallLog(t), engine.BackupOptions{WithKey: true})
	report, err := engine.VerifyBackup(context.Background(), bytes.NewReader(data), nil)
	if err != nil || report.Events != 300 || report.Windows != 2 {
		t.Fatalf("report: %+v, %v", report, err)
	}
	frames := framesOf(data)
	for i := range frames {
		spoilt(t, fmt.Sprintf("without frame %d", i), joined(data, slices.Delete(slices.Clone(frames), i, i+1)))
		spoilt(t, fmt.Sprintf("frame %d twice", i), joined(data, slices.Insert(slices.Clone(frames), i, frames[i])))
		for j := range i {
			swapped := slices.Clone(frames)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			spoilt(t, fmt.Sprintf("frames %d and %d swapped", i, j), joined(data, swapped))
		}
	}
}

func spoilt(t *testing.T, name string, bad []byte) {
	t.Helper()
	if _, err := engine.VerifyBackup(context.Background(), bytes.NewReader(bad), nil); err == nil {
		t.Errorf("%s: the backup passes", name)
	}
}

// framesOf splits a backup as FORMAT.md draws it.
func framesOf(data []byte) (frames [][]byte) {
	for rest := data[8:]; len(rest) > 0; {
		n := 5 + int(binary.LittleEndian.Uint32(rest[1:])) + 8
		frames, rest = append(frames, rest[:n]), rest[n:]
	}
	return frames
}

func joined(data []byte, frames [][]byte) []byte {
	return slices.Concat(slices.Clone(data[:8]), slices.Concat(frames...))
}

// TestBackupFails: a backup that nobody takes, one that nobody waits for, and one of a damaged log, say so.
func TestBackupFails(t *testing.T) {
	l := smallLog(t)
	if err := l.Backup(context.Background(), &fullWriter{room: 1000}, engine.BackupOptions{}); !errors.Is(err, errFull) {
		t.Errorf("backup to a full disk: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.Backup(ctx, &bytes.Buffer{}, engine.BackupOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled backup: %v", err)
	}
	must(t, l.Close())
	if err := l.Backup(context.Background(), &bytes.Buffer{}, engine.BackupOptions{}); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("backup of a closed log: %v", err)
	}
}

var errFull = errors.New("full")

type fullWriter struct{ room int }

func (w *fullWriter) Write(b []byte) (int, error) {
	if w.room -= len(b); w.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}
