package engine_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"

	"github.com/cespare/xxhash/v2"
)

// TestIDsVersion: a sealed window's ids file of the version before is made again; where its store is damaged, it goes on saying which IDs are
// taken.
func TestIDsVersion(t *testing.T) {
	dir := t.TempDir()
	l := enginetest.OpenLog(t, withIndex(dir))
	events := enginetest.NewMaker("version", 1).Events(600)
	enginetest.Append(t, l, events...)
	awaitSealed(t, l, 2)
	must(t, l.Close())
	windows := []string{filepath.Join(dir, "windows/00000000000000000000"), filepath.Join(dir, "windows/00000000000000000256")}
	for _, w := range windows {
		asBefore(t, filepath.Join(w, "ids"))
		must(t, os.Remove(filepath.Join(w, "tenants")))
	}
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

// asBefore writes an ids file as the version before did: without names, in the order of the pairs.
func asBefore(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	count, blocks := binary.LittleEndian.Uint64(data[8:]), binary.LittleEndian.Uint64(data[16:])
	pairs := data[24+64*blocks+4*count:]
	seqs := pairs[8*count:]
	order := make([]int, count)
	for i := range order {
		order[i] = i
	}
	pair := func(i int) uint64 { return binary.LittleEndian.Uint64(pairs[8*i:]) }
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(pair(a), pair(b)) })
	out := append([]byte("ANLIDS\x00\x01"), data[8:24+64*blocks]...)
	for _, i := range order {
		out = binary.LittleEndian.AppendUint64(out, pair(i))
	}
	for _, i := range order {
		out = append(out, seqs[4*i:4*i+4]...)
	}
	must(t, os.WriteFile(path, binary.LittleEndian.AppendUint64(out, xxhash.Sum64(out)), 0o600))
}
