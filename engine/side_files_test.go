package engine_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
)

// TestSideFilesOfDamagedWindow: a sealed window's ids file of another version is made again; where its store is damaged, a good one goes on saying
// which IDs are taken, though another side file is lost.
func TestSideFilesOfDamagedWindow(t *testing.T) {
	dir := t.TempDir()
	l := enginetest.OpenLog(t, withIndex(dir))
	events := enginetest.NewMaker("version", 1).Events(600)
	enginetest.Append(t, l, events...)
	awaitSealed(t, l, 2)
	must(t, l.Close())
	windows := []string{filepath.Join(dir, "windows/00000000000000000000"), filepath.Join(dir, "windows/00000000000000000256")}
	for _, w := range windows {
		must(t, os.Remove(filepath.Join(w, "tenants")))
	}
	must(t, os.WriteFile(filepath.Join(windows[0], "ids"), []byte("ANLIDS\x00\x01 and what an older program wrote behind it"), 0o600))
	tables, err := filepath.Glob(filepath.Join(windows[1], "log/*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	must(t, os.Remove(tables[0]))

	l = enginetest.OpenLog(t, withIndex(dir))
	if err := l.Ready(); !errors.Is(err, engine.ErrDamaged) || errors.Is(err, engine.ErrFailed) {
		t.Fatalf("ready: %v", err)
	}
	if data, err := os.ReadFile(filepath.Join(windows[0], "ids")); err != nil || !bytes.HasPrefix(data, []byte("ANLIDS\x00\x02")) {
		t.Errorf("the whole window's ids file begins with %q; %v", data[:8], err)
	}
	for _, i := range []int{0, 255, 599} {
		if e, err := l.Get(context.Background(), all, events[i].ID); err != nil || e.Seq != uint64(i) {
			t.Errorf("get event %d: %v", i, err)
		}
		if o, err := l.Append(context.Background(), []*engine.Event{enginetest.Again(events[i])}); err != nil || o[0].Status != engine.Duplicate {
			t.Errorf("event %d again: %+v %v", i, o, err)
		}
	}
	before := l.Size()
	if o, err := l.Append(context.Background(), []*engine.Event{enginetest.Again(events[256])}); l.Size() != before {
		t.Errorf("an event of the damaged window again: %+v %v", o, err)
	}
}
