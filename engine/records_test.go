package engine_test

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
)

// TestRecords: records are kept by kind and key, across restarts and beside the log.
func TestRecords(t *testing.T) {
	o := engine.Options{Dir: t.TempDir()}
	l := enginetest.OpenLog(t, o)
	r := l.Records()
	get := func(kind, key, want string) {
		t.Helper()
		got, err := r.Get(kind, key)
		if want == "" && errors.Is(err, engine.ErrNotFound) {
			return
		}
		if err != nil || string(got) != want {
			t.Errorf("get %s/%s: %q %v, want %q", kind, key, got, err, want)
		}
	}
	get("user", "amy", "")
	value := []byte("one")
	must(t, r.Put("user", "amy", value))
	value[0] = 'x' // the store has its own copy
	get("user", "amy", "one")
	get("token", "amy", "")
	must(t, r.Put("user", "bob", []byte("two")))
	must(t, r.Put("user", "amy", []byte("three")))
	boom := errors.New("boom")
	err := r.Update("user", "amy", func(old []byte) ([]byte, error) { return []byte("lost"), boom })
	if !errors.Is(err, boom) {
		t.Errorf("update: %v", err)
	}
	must(t, r.Delete("user", "bob"))
	must(t, r.Delete("user", "nobody"))
	must(t, r.Put("user", "Zoë", []byte("four")))
	must(t, l.Close())
	l = enginetest.OpenLog(t, o)
	r = l.Records()
	get("user", "amy", "three")
	get("user", "bob", "")
	var keys []string
	must(t, r.Each("user", func(key string, _ []byte) bool { keys = append(keys, key); return true }))
	if !slices.Equal(keys, []string{"Zoë", "amy"}) {
		t.Errorf("keys are %q", keys)
	}
	n := 0
	must(t, r.Each("user", func(string, []byte) bool { n++; return false }))
	must(t, r.Each("none", func(string, []byte) bool { n++; return true }))
	if n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// TestRecordsUpdate: no change comes between what Update reads and what it writes.
func TestRecordsUpdate(t *testing.T) {
	r := enginetest.NewLog(t).Records()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				err := r.Update("count", "n", func(old []byte) ([]byte, error) { return append(old, '.'), nil })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := r.Get("count", "n")
	if err != nil || !bytes.Equal(got, bytes.Repeat([]byte("."), 40)) {
		t.Errorf("got %q, %v", got, err)
	}
}
