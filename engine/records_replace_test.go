package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
)

// TestReplaceRecords: all records of a kind change together or not at all, and none of another kind does.
func TestReplaceRecords(t *testing.T) {
	o := engine.Options{Dir: t.TempDir()}
	l := enginetest.OpenLog(t, o)
	r := l.Records()
	for i := range 50 {
		must(t, r.Put("user", fmt.Sprintf("u%02d", i), bytes.Repeat([]byte("x"), i*100)))
	}
	must(t, r.Put("token", "u00", []byte("other")))
	boom := errors.New("boom")
	err := r.Replace("user", func(key string, old []byte) ([]byte, error) {
		if key == "u30" {
			return nil, boom
		}
		return []byte("lost"), nil
	})
	if !errors.Is(err, boom) {
		t.Fatalf("replace: %v", err)
	}
	if got, err := r.Get("user", "u01"); err != nil || len(got) != 100 {
		t.Errorf("after a failure: %q, %v", got, err)
	}
	must(t, r.Replace("user", func(key string, old []byte) ([]byte, error) {
		if key == "u07" {
			return nil, nil
		}
		return fmt.Appendf(nil, "%s had %d", key, len(old)), nil
	}))
	must(t, r.Replace("none", func(string, []byte) ([]byte, error) { return nil, boom }))
	must(t, r.Verify())
	must(t, l.Close())
	r = enginetest.OpenLog(t, o).Records()
	n := 0
	must(t, r.Each("user", func(key string, value []byte) bool {
		var i int
		if _, err := fmt.Sscanf(key, "u%d", &i); err != nil || string(value) != fmt.Sprintf("%s had %d", key, i*100) {
			t.Errorf("%s is %q", key, value)
		}
		n++
		return true
	}))
	if _, err := r.Get("user", "u07"); n != 49 || !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("%d users, u07: %v", n, err)
	}
	if got, err := r.Get("token", "u00"); err != nil || string(got) != "other" {
		t.Errorf("another kind's: %q, %v", got, err)
	}
	if err := r.Replace("\x00", func(string, []byte) ([]byte, error) { return nil, nil }); err != nil {
		t.Errorf("the reserved kind has records: %v", err)
	}
	must(t, r.Verify())
}
