package engine

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

// FuzzEventKey: a key gives back what it was made of, keys sort by time, and different events have different keys.
func FuzzEventKey(f *testing.F) {
	uuid := "550e8400-e29b-41d4-a716-446655440000"
	f.Add(int64(0), "", "", int64(1), "a", "b")
	f.Add(int64(5), uuid, "acme", int64(5), strings.ReplaceAll(uuid, "-", ""), "acme")
	f.Add(int64(5), strings.ToUpper(uuid), "acme", int64(5), uuid, "acme")
	f.Add(int64(255), "a", "bc", int64(256), "ab", "c")
	f.Add(int64(1<<62), uuid+"x", "é", int64(1<<62), uuid[:35], "事件")
	f.Fuzz(func(t *testing.T, t1 int64, id1, tenant1 string, t2 int64, id2, tenant2 string) {
		for _, s := range []string{id1, tenant1, id2, tenant2} {
			if checkName("id", s, MaxIDBytes) != nil {
				return
			}
		}
		if t1 < 0 || t2 < 0 {
			return
		}
		a := appendEventKey(nil, time.Unix(0, t1), id1, tenant1)
		b := appendEventKey([]byte("x"), time.Unix(0, t2), id2, tenant2)[1:]
		at, id, tenant, err := splitEventKey(a)
		if err != nil || at.UnixNano() != t1 || id != id1 || tenant != tenant1 || eventKeyTime(a) != t1 {
			t.Fatalf("%d %q %q comes back as %v %q %q, %v", t1, id1, tenant1, at, id, tenant, err)
		}
		if c := cmp.Compare(t1, t2); c != 0 && bytes.Compare(a, b) != c {
			t.Fatalf("keys of %d and %d are not in the order of their times", t1, t2)
		}
		if same := t1 == t2 && id1 == id2 && tenant1 == tenant2; bytes.Equal(a, b) != same {
			t.Fatalf("keys of (%q %q) and (%q %q): equal %v", id1, tenant1, id2, tenant2, !same)
		}
		if !bytes.HasPrefix(a, timeKey(t1)) {
			t.Fatal("a time's key is not the beginning of its events' keys")
		}
	})
}

// FuzzSplitEventKey: any bytes are a key that was written so, or damage.
func FuzzSplitEventKey(f *testing.F) {
	f.Add(appendEventKey(nil, time.Unix(0, 7), "a", "b"))
	f.Add(appendEventKey(nil, time.Unix(0, 7), "550e8400-e29b-41d4-a716-446655440000", "b"))
	f.Add([]byte("e12345678\x03no end"))
	f.Add([]byte("e12345678\x01short"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, key []byte) {
		at, id, tenant, err := splitEventKey(key)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		if at.UnixNano() < 0 || id != strings.ToValidUTF8(id, "") {
			return // no event has such a key, and its hash will tell
		}
		if again := appendEventKey(nil, at, id, tenant); !bytes.Equal(key, again) && key[9] != idText {
			t.Fatalf("%x comes back as %x", key, again)
		}
	})
}

// FuzzStored: stored values and group heads come back, and any other bytes are split or damage, without a panic.
func FuzzStored(f *testing.F) {
	g := groupHead{first: 300, end: 1 << 40}
	f.Add(appendStored(nil, 300, 1, []byte(`,"action":"a"}`)))
	f.Add(g.append(nil))
	f.Add([]byte{storedVersion})
	f.Add(bytes.Repeat([]byte{0xff}, 30))
	f.Add(append([]byte{storedVersion}, bytes.Repeat([]byte{0x80}, 90)...))
	key := appendEventKey(nil, time.Unix(0, 7), "a", "b")
	f.Fuzz(func(t *testing.T, value []byte) {
		if s, err := splitStored(value); err == nil {
			// A longer spelling of the seq than needed is not what was written; its length tells.
			if again := appendStored(nil, s.seq, s.received, s.body); len(again) == len(value) && !bytes.Equal(again, value) {
				t.Fatalf("%x comes back as %x", value, again)
			}
		} else if !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
		if h, err := splitGroup(value); err == nil {
			if again := h.append(nil); len(again) == len(value) && !bytes.Equal(again, value) {
				t.Fatalf("%x comes back as %x", value, again)
			}
		} else if !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
		if e, err := decodeStored(key, value); err == nil {
			e.AppendJSON(nil)
		} else if !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
	})
}

func TestKeyFamilies(t *testing.T) {
	f := func(key []byte, want string) {
		t.Helper()
		if got := hex.EncodeToString(key); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f(seqPageKey(258*16+15), "730000000000000102")
	f(groupKey(258), "670000000000000102")
	f(appendEventKey(nil, time.Unix(0, 258), "a", "t"), "65000000000000010203610074")
	f(appendEventKey(nil, time.Unix(0, 258), "00112233-4455-6677-8899-aabbccddeeff", "t"), "6500000000000001020100112233445566778899aabbccddeeff74")
	f(appendEventKey(nil, time.Unix(0, 258), "00112233445566778899aabbccddeeff", "t"), "6500000000000001020200112233445566778899aabbccddeeff74")
	if seq, err := seqPageFirst(seqPageKey(1<<63 + 5)); err != nil || seq != 1<<63 {
		t.Errorf("seq %d, %v", seq, err)
	}
	for _, key := range []string{"s123", "sÿ2345678"} {
		if _, err := seqPageFirst([]byte(key)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %v", key, err)
		}
	}
}
