package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// However groups cut the seqs, the newest version of each page has all of its keys.
func TestSeqPager(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		var s seqPager
		pages, want := map[string][]byte{}, [][]byte{}
		start := uint64(r.IntN(4)) * 256
		for next := start; len(want) < 100; {
			keys := make([][]byte, 1+r.IntN(40)*r.IntN(2))
			for i := range keys {
				keys[i] = fmt.Appendf(nil, "%09d%s", next+uint64(i), make([]byte, r.IntN(200)))
			}
			failed, err := s.entries(next, keys, func([]byte, []byte) error { return errors.New("no") })
			if err == nil || !bytes.Equal(failed.page, s.page) {
				t.Fatalf("after a failure: %v, %q", err, failed.page)
			}
			s, err = s.entries(next, keys, func(key, page []byte) error {
				pages[string(key)] = bytes.Clone(page)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want, next = append(want, keys...), next+uint64(len(keys))
		}
		for i, key := range want {
			seq, found := start+uint64(i), false
			err := splitSeqPage(seqPageKey(seq), pages[string(seqPageKey(seq))], func(at uint64, got []byte) error {
				found = found || at == seq && bytes.Equal(got, key)
				return nil
			})
			if err != nil || !found {
				t.Fatalf("seq %d: found %v, %v", seq, found, err)
			}
		}
	}
}

func FuzzSplitSeqPage(f *testing.F) {
	var s seqPager
	_, err := s.entries(32, [][]byte{[]byte("12345678\x01a"), []byte("12345679\x01b")}, func(key, page []byte) error {
		f.Add(key, page)
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("s12345678"), bytes.Repeat([]byte{0}, 40))
	f.Fuzz(func(t *testing.T, key, page []byte) {
		n := 0
		err := splitSeqPage(key, page, func(seq uint64, key []byte) error {
			if n++; n > seqPageEvents || len(key) < 9 {
				t.Errorf("key %d of the page is %q", n, key)
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("%v is not damage", err)
		}
	})
}
