package engine

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestExpiredIDs: of a removed window each ID is known, with its seq, and no other, even one with the same hashes.
func TestExpiredIDs(t *testing.T) {
	l, w := sealedLog(t, 256)
	if err := l.keepExpiredIDs(w); err != nil {
		t.Fatal(err)
	}
	tenant := tenantOf(t, l, "e-7")
	for seq, id := range []string{"e-0", "e-1", "e-2"} {
		if got, ok := l.findExpired(newIDKey(tenant, id), tenant, id); !ok || got != uint64(seq) {
			t.Errorf("%s is at %d, %v", id, got, ok)
		}
	}
	for _, other := range []struct{ hash, tenant, id string }{
		{"e-1000", tenant, "e-1000"}, {"e-7", tenant, "e-1000"}, {"e-7", "another", "e-7"}, {"e-7", "", tenant + "\x00e-7"},
	} {
		if seq, ok := l.findExpired(newIDKey(tenant, other.hash), other.tenant, other.id); ok {
			t.Errorf("%+v passes for the event at %d", other, seq)
		}
	}
}

func tenantOf(t *testing.T, l *Log, id string) string {
	t.Helper()
	e, err := l.Get(t.Context(), Tenants{All: true}, id)
	if err != nil {
		t.Fatal(err)
	}
	return e.Tenant
}

// TestExpiredHashTwice: IDs that share their hashes are told apart.
func TestExpiredHashTwice(t *testing.T) {
	path, salt := filepath.Join(t.TempDir(), "ids"), make([]byte, saltBytes)
	var ids []expiredID
	for i, id := range []string{"a", "b", "c"} {
		ids = append(ids, expiredID{idEntry{idKey{pair: 42}, uint32(2 - i)}, expiredDigest(salt, "t", id)})
	}
	if err := writeExpiredIDs(path, salt, ids); err != nil {
		t.Fatal(err)
	}
	x, err := openExpiredIDs(path, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	for id, want := range map[string]uint64{"a": 102, "b": 101, "c": 100} {
		if seq, ok := x.find(idKey{pair: 42}, "t", id); !ok || seq != want {
			t.Errorf("%s is at %d, %v; want %d", id, seq, ok, want)
		}
	}
	if seq, ok := x.find(idKey{pair: 42}, "t", "d"); ok {
		t.Errorf("d passes for the event at %d", seq)
	}
}

// TestExpiredDamaged: whatever byte is changed and wherever the file ends, it is refused.
func TestExpiredDamaged(t *testing.T) {
	path, salt := filepath.Join(t.TempDir(), "ids"), make([]byte, saltBytes)
	if err := writeExpiredIDs(path, salt, []expiredID{{idEntry{idKey{pair: 1}, 0}, expiredDigest(salt, "t", "a")}, {idEntry{idKey{pair: 2}, 1}, expiredDigest(salt, "t", "b")}}); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, i int, bad []byte) {
		t.Helper()
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if x, err := openExpiredIDs(path, 0); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s %d: %v, %v", what, i, x, err)
		}
	}
	for i := range good {
		refused("cut at", i, good[:i])
		bad := append([]byte(nil), good...)
		bad[i] ^= 1 << (i % 8)
		refused("flipped", i, bad)
	}
}
