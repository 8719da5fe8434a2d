package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// someRecords are enough for a tree of several levels, a kind that is small and one with a record of several pages.
func someRecords() (all []savedRecord) {
	for i := range 3000 {
		all = append(all, savedRecord{[]byte("token"), fmt.Appendf(nil, "key-%04d", i), bytes.Repeat([]byte{byte(i)}, 10+i%50)})
	}
	return append(all, savedRecord{[]byte("user"), []byte("amy"), []byte("admin")}, savedRecord{[]byte("user"), []byte("bob"), []byte{}},
		savedRecord{[]byte("view"), []byte("large"), bytes.Repeat([]byte("0123456789"), 2000)})
}

var quietly = slog.New(slog.DiscardHandler)

// recordsFile makes a store that has grown and shrunk, so that it has free pages, and returns its bytes.
func recordsFile(t *testing.T, all []savedRecord) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), recordsName)
	r, err := openRecords(path, true, quietly)
	if err != nil {
		t.Fatal(err)
	}
	more := append([]savedRecord{{[]byte("view"), []byte("gone"), make([]byte, 30_000)}}, all...)
	if err := errors.Join(r.load(more), r.Delete("view", "gone"), r.Put("user", "amy", []byte("admin")), r.close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tryRecords opens a store of the bytes and uses it in every way. Whatever it answers must be right; damage reports that it says so.
func tryRecords(t *testing.T, what string, data []byte, all []savedRecord) (damage error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), recordsName)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := openRecords(path, false, quietly)
	if err != nil {
		t.Fatalf("%s: open: %v", what, err)
	}
	defer func() {
		if err := r.close(); err != nil {
			t.Errorf("%s: close: %v", what, err)
		}
	}()
	damage = r.err()
	for name, err := range map[string]error{"read all": readAll(r, all), "put": r.Put("user", "new", []byte("x")), "verify": r.Verify()} {
		switch {
		case err == nil && damage != nil:
			t.Errorf("%s: %s passes, opening said %v", what, name, damage)
		case err != nil && damage == nil:
			t.Errorf("%s: opening passed, %s: %v", what, name, err)
		case err != nil && !errors.Is(err, ErrDamaged):
			t.Errorf("%s: %s: %v", what, name, err)
		}
	}
	return damage
}

// readAll fails unless the records are there, and no others.
func readAll(r *Records, all []savedRecord) error {
	n := 0
	for _, kind := range []string{"token", "user", "view"} {
		if err := r.Each(kind, func(string, []byte) bool { n++; return true }); err != nil {
			return err
		}
	}
	if n != len(all) {
		return fmt.Errorf("%d of %d records", n, len(all))
	}
	for i := 0; i < len(all); i += 1 + i/20 {
		if v, err := r.Get(string(all[i].kind), string(all[i].key)); err != nil || !bytes.Equal(v, all[i].value) {
			return fmt.Errorf("record %s/%s is %.20q: %w", all[i].kind, all[i].key, v, err)
		}
	}
	return nil
}

// TestRecordsDamage flips bits of a records file and cuts it: either that is found when it is opened, or it is of no importance, and all
// records are there.
func TestRecordsDamage(t *testing.T) {
	all := someRecords()
	good := recordsFile(t, all)
	if err := tryRecords(t, "sound", good, all); err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	r := rand.New(rand.NewPCG(8, 8))
	at := []int{}
	for p := 0; p < len(good); p += page { // each header, and where elements begin
		for range 3 {
			at = append(at, p+r.IntN(pageHeaderBytes), p+pageHeaderBytes+r.IntN(64))
		}
	}
	for range 200 {
		at = append(at, r.IntN(len(good)))
	}
	found := 0
	for _, i := range at {
		bad := bytes.Clone(good)
		bit := r.IntN(8)
		bad[i] ^= 1 << bit
		if tryRecords(t, fmt.Sprintf("bit %d of byte %d", bit, i), bad, all) != nil {
			found++
		}
	}
	if found < len(at)/3 {
		t.Errorf("%d of %d flips were found", found, len(at))
	}
	for _, n := range []int{0, 1, 100, page - 1, page, 2*page - 1, 2 * page, 3 * page, 4*page + 7, len(good) / 2, len(good) * 3 / 4} {
		if tryRecords(t, fmt.Sprintf("cut at %d", n), good[:n], all) == nil {
			t.Errorf("cut at %d: it passes", n)
		}
	}
	for _, n := range []int{2 * page, 5 * page, len(good) / 2} {
		bad := bytes.Clone(good)
		clear(bad[n : n+page])
		tryRecords(t, fmt.Sprintf("a page of zeros at %d", n), bad, all)
	}
}

// TestRecordsMissing: a log that was there has records; one that begins has none yet.
func TestRecordsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), recordsName)
	r, err := openRecords(path, false, quietly)
	if err != nil || !errors.Is(r.err(), ErrDamaged) || !strings.Contains(r.err().Error(), "missing") {
		t.Fatalf("open: %v, %v", err, r)
	}
	if _, err := r.Get("user", "amy"); !errors.Is(err, ErrDamaged) {
		t.Errorf("get: %v", err)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path+".tmp", []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err = openRecords(path, true, quietly); err != nil || r.err() != nil {
		t.Fatalf("open: %v, %v", err, r)
	}
	if err := errors.Join(r.Put("user", "amy", []byte("x")), r.close()); err != nil {
		t.Error(err)
	}
	if err := r.Put("user", "amy", []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("put after close: %v", err)
	}
}

// TestRecordsDamageBelow damages the file of an open store: what is read of it then is an error and not another record, nor the end of the process.
func TestRecordsDamageBelow(t *testing.T) {
	all := someRecords()
	good := recordsFile(t, all)
	value := bytes.Index(good, bytes.Repeat([]byte{byte(57)}, 17)) // of key-0057, or an old copy
	for name, harm := range map[string]func(f *os.File) error{
		"value": func(f *os.File) error {
			for at := value; at >= 0; { // every copy
				if _, err := f.WriteAt([]byte{99}, int64(at)); err != nil {
					return err
				}
				next := bytes.Index(good[at+1:], bytes.Repeat([]byte{byte(57)}, 17))
				if at += 1 + next; next < 0 {
					break
				}
			}
			return nil
		},
		"cut": func(f *os.File) error { return f.Truncate(int64(2 * os.Getpagesize())) },
		"leads far away": func(f *os.File) error { // pages of every branch
			for p := 0; p < len(good); p += os.Getpagesize() {
				if binary.NativeEndian.Uint16(good[p+8:]) == pageBranch {
					for i := range int(binary.NativeEndian.Uint16(good[p+10:])) {
						if _, err := f.WriteAt([]byte{0, 0, 0, 0, 1, 0, 0, 0}, int64(p+pageHeaderBytes+i*pageElementBytes+8)); err != nil {
							return err
						}
					}
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), recordsName)
			if err := os.WriteFile(path, good, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := openRecords(path, false, quietly)
			if err != nil || r.err() != nil {
				t.Fatal(err, r.err())
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err == nil {
				err = errors.Join(harm(f), f.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
			if v, err := r.Get("token", "key-0057"); !errors.Is(err, ErrDamaged) {
				t.Errorf("get: %q, %v", v, err)
			}
			if err := r.Put("token", "key-0057", []byte("x")); !errors.Is(err, ErrDamaged) {
				t.Errorf("put: %v", err)
			}
			if err := r.Verify(); !errors.Is(err, ErrDamaged) {
				t.Errorf("verify: %v", err)
			}
			if err := r.close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// TestRecordsPanicOfCaller: a mistake of who changes a record is no damage, and leaves all as it was.
func TestRecordsPanicOfCaller(t *testing.T) {
	r, err := openRecords(filepath.Join(t.TempDir(), recordsName), true, quietly)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	func() {
		defer func() {
			if p := recover(); p != "mistake" {
				t.Errorf("recovered %v", p)
			}
		}()
		_ = r.Update("user", "amy", func([]byte) ([]byte, error) { panic("mistake") })
	}()
	if err := r.Put("user", "amy", []byte("x")); err != nil {
		t.Error(err)
	}
	if err := r.Put(sumKind, sumKey, []byte("x")); err == nil {
		t.Error("the sum can be written over")
	}
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
}

// TestLogWithDamagedRecords: the log goes on without its records, and says so.
func TestLogWithDamagedRecords(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"gone":  os.Remove,
		"empty": func(path string) error { return os.Truncate(path, 0) },
		"flipped": func(path string) error {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			data[bytes.Index(data, []byte("a secret value"))] ^= 1
			return os.WriteFile(path, data, 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Dir: t.TempDir(), MinFreeBytes: 1, Logger: quietly}
			l, err := Open(o)
			if err != nil {
				t.Fatal(err)
			}
			appendNumbered(t, l, 0, 10)
			path := filepath.Join(o.Dir, recordsName)
			if err := errors.Join(l.Records().Put("user", "amy", []byte("a secret value")), l.Close(), harm(path)); err != nil {
				t.Fatal(err)
			}
			if l, err = Open(o); err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			appendNumbered(t, l, 10, 20)
			_, getErr := l.Records().Get("user", "amy")
			report, verifyErr := l.Verify(t.Context(), nil)
			for what, err := range map[string]error{"get": getErr, "put": l.Records().Put("user", "bob", nil), "ready": l.Ready(),
				"each":   l.Records().Each("user", func(string, []byte) bool { return true }),
				"backup": l.Backup(t.Context(), io.Discard, BackupOptions{})} {
				if !errors.Is(err, ErrDamaged) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if verifyErr != nil || len(report.Problems) != 1 || !strings.Contains(report.Problems[0], "record") {
				t.Errorf("verify: %+v, %v", report, verifyErr)
			}
		})
	}
}
