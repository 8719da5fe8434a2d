package auth

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"annals/httpapi/reply"
)

// someCredentials makes three and returns their secrets.
func (d *doors) someCredentials(t testing.TB) map[string]Secret {
	t.Helper()
	all := map[string]Secret{}
	for range 3 {
		made, secret := d.credential(t, CredentialWish{Kind: Huawei})
		all[made.ID] = secret
	}
	return all
}

func (d *doors) wantSecrets(t testing.TB, all map[string]Secret) {
	t.Helper()
	for id, secret := range all {
		d.wantSecret(t, CredentialInfo{ID: id, Kind: Huawei}, secret)
	}
}

// sealedUnder returns the IDs of the keys that the records on disk are sealed under.
func (d *doors) sealedUnder(t testing.TB) map[string]int {
	t.Helper()
	n := map[string]int{}
	err := d.log.Records().Each(secretKind, func(_ string, sealed []byte) bool {
		n[keyName(sealedBy(sealed))]++
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (d *doors) keyFiles(t testing.TB) string {
	t.Helper()
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), MasterKeyFile) {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " ")
}

func TestRotateMasterKey(t *testing.T) {
	d := openDoors(t)
	all := d.someCredentials(t)
	before, _ := os.ReadFile(filepath.Join(d.dir, MasterKeyFile))
	first, err := d.RotateMasterKey()
	if err != nil || first.Secrets != 3 || first.ID == first.Previous {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := d.RotateMasterKey()
	if err != nil || second.Previous != first.ID {
		t.Fatalf("%+v, %v", second, err)
	}
	d.wantSecrets(t, all)
	if got := d.sealedUnder(t); len(got) != 1 || got[second.ID] != 3 {
		t.Errorf("sealed under %v, want %s", got, second.ID)
	}
	if after, _ := os.ReadFile(filepath.Join(d.dir, MasterKeyFile)); bytes.Equal(before, after) || d.keyFiles(t) != MasterKeyFile {
		t.Errorf("the file is the same, or there are others: %s", d.keyFiles(t))
	}
	d.reopen(t)
	d.wantSecrets(t, all)
	made, secret := d.credential(t, CredentialWish{Kind: Huawei})
	d.wantSecret(t, made, secret)
}

// TestCrashInRotation dies after every step, before and after it is on disk: the next start has every secret, under one key, and no
// other key is left.
func TestCrashInRotation(t *testing.T) {
	steps := map[string]func(s *secrets) error{
		"nothing":         func(*secrets) error { return nil },
		"half a next key": func(s *secrets) error { return os.WriteFile(s.source.nextPath()+".123.tmp", []byte("01"), 0o600) },
		"the next key":    func(s *secrets) error { _, err := s.prepareNext(); return err },
		"secrets sealed": func(s *secrets) error {
			next, err := s.prepareNext()
			return errors.Join(err, s.reseal(next))
		},
		"the key's place": func(s *secrets) error {
			next, err := s.prepareNext()
			return errors.Join(err, s.reseal(next), s.source.adoptNext())
		},
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			d := openDoors(t)
			all := d.someCredentials(t)
			if err := step(d.secrets); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				d.reopen(t)
				d.wantSecrets(t, all)
				if got := d.sealedUnder(t); len(got) != 1 {
					t.Errorf("sealed under %v", got)
				}
				if got := strings.TrimSuffix(d.keyFiles(t), " "+MasterKeyFile+".next.123.tmp"); got != MasterKeyFile {
					t.Errorf("key files: %s", got)
				}
			}
			if _, err := d.RotateMasterKey(); err != nil {
				t.Error(err)
			}
			d.wantSecrets(t, all)
		})
	}
}

// A crash in the start that mends a crash is mended by the next.
func TestCrashInRecovery(t *testing.T) {
	d := openDoors(t)
	all := d.someCredentials(t)
	if _, err := d.secrets.prepareNext(); err != nil {
		t.Fatal(err)
	}
	s, err := openSecrets(d.log.Records(), d.dir, MasterKey{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.load(), s.reseal(s.keys[1])); err != nil {
		t.Fatal(err)
	}
	d.reopen(t)
	d.wantSecrets(t, all)
	if d.keyFiles(t) != MasterKeyFile || len(d.sealedUnder(t)) != 1 {
		t.Errorf("key files %s, sealed under %v", d.keyFiles(t), d.sealedUnder(t))
	}
}

// A rotation that fails leaves everything readable, goes on sealing, and is taken up by the next.
func TestFailedRotation(t *testing.T) {
	d := openDoors(t)
	all := d.someCredentials(t)
	path := filepath.Join(d.dir, MasterKeyFile)
	if _, err := d.secrets.prepareNext(); err != nil {
		t.Fatal(err)
	}
	// The key's place is taken by a directory that is not empty: the last step fails.
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block := func() {
		t.Helper()
		if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700), os.WriteFile(filepath.Join(path, "x"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	next, err := d.secrets.prepareNext()
	if err != nil {
		t.Fatal(err)
	}
	block()
	if err := d.secrets.reseal(next); err != nil {
		t.Fatal(err)
	}
	if err := d.secrets.finish(); err == nil || !strings.Contains(err.Error(), MasterKeyFile+".next") {
		t.Fatalf("finish: %v", err)
	}
	d.wantSecrets(t, all)
	made, secret := d.credential(t, CredentialWish{Kind: Huawei})
	all[made.ID] = secret
	if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, kept, 0o600)); err != nil {
		t.Fatal(err)
	}
	done, err := d.RotateMasterKey()
	if err != nil || done.ID != keyName(next.id) || d.keyFiles(t) != MasterKeyFile {
		t.Errorf("taken up: %+v, %v; %s", done, err, d.keyFiles(t))
	}
	d.reopen(t)
	d.wantSecrets(t, all)
}

// TestRotationRefused: what would lose a key or a secret is not begun.
func TestRotationRefused(t *testing.T) {
	d := openDoors(t)
	f := func(want string) {
		t.Helper()
		_, err := d.RotateMasterKey()
		if p, _ := errors.AsType[*reply.Problem](err); p == nil || p.Status != 409 || !strings.Contains(p.Detail, want) {
			t.Errorf("%v, want a conflict: %s", err, want)
		}
	}
	f("there is no master key yet")
	all := d.someCredentials(t)
	path := filepath.Join(d.dir, MasterKeyFile)
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	writeKey(t, path, 0o600)
	f("the file has another master key")
	d.wantSecrets(t, all)
	if err := os.WriteFile(path, key, 0o600); err != nil {
		t.Fatal(err)
	}
	d.masterKey = MasterKey{Text: NewSecret(string(key))}
	d.reopen(t)
	f("ANNALS_MASTER_KEY_NEXT")
	d.wantSecrets(t, all)
	if d.keyFiles(t) != MasterKeyFile {
		t.Error(d.keyFiles(t))
	}
}

// A key in the environment is changed at a start, as often as that is cut short, and then the new one is enough.
func TestRotateKeyOfEnvironment(t *testing.T) {
	d := openDoors(t)
	old, next := newKeyText(), newKeyText()
	d.masterKey = MasterKey{Text: NewSecret(old)}
	d.reopen(t)
	all := d.someCredentials(t)
	d.masterKey = MasterKey{Text: NewSecret(old), Next: NewSecret(next)}
	for range 2 {
		var said bytes.Buffer
		d.logTo(&said)
		d.reopen(t)
		d.wantSecrets(t, all)
		if !strings.Contains(said.String(), "give it as ANNALS_MASTER_KEY") {
			t.Errorf("the log says %q", said.String())
		}
		if strings.Contains(said.String(), strings.TrimSpace(next)) || strings.Contains(said.String(), strings.TrimSpace(old)) {
			t.Error("the log has a key")
		}
	}
	made, secret := d.credential(t, CredentialWish{Kind: Huawei})
	all[made.ID] = secret
	d.masterKey = MasterKey{Text: NewSecret(next)}
	d.reopen(t)
	d.wantSecrets(t, all)
	if d.keyFiles(t) != "" {
		t.Errorf("there is a key file: %s", d.keyFiles(t))
	}
	d.masterKey = MasterKey{Text: NewSecret(old)}
	d.reopen(t)
	if _, err := d.Credential(Huawei, made.ID); err == nil {
		t.Error("the old key still opens")
	}
}

// A rotation replaces the file that a link names, and not the link.
func TestRotateLinkedKeyFile(t *testing.T) {
	d := openDoors(t)
	real, link := filepath.Join(t.TempDir(), "key"), filepath.Join(d.dir, "link")
	writeKey(t, real, 0o600)
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	d.masterKey = MasterKey{File: link}
	d.reopen(t)
	all := d.someCredentials(t)
	if _, err := d.RotateMasterKey(); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != real {
		t.Errorf("the link: %q, %v", to, err)
	}
	d.reopen(t)
	d.wantSecrets(t, all)
}

// TestConcurrentRotation is for the race detector, and for what is sealed while the key changes: nothing is sealed under one that goes away.
func TestConcurrentRotation(t *testing.T) {
	d := openDoors(t)
	all := d.someCredentials(t)
	var wg sync.WaitGroup
	made := make([]map[string]Secret, 3)
	for i := range made {
		made[i] = map[string]Secret{}
		wg.Go(func() {
			for n := range 8 {
				c, secret, err := d.MakeCredential(root, CredentialWish{Huawei, Wish{Name: fmt.Sprint(n), Grants: someGrants}})
				if err != nil {
					t.Error(err)
				}
				if n == 3 {
					if _, err := d.RevokeCredential(root, c.ID); err != nil {
						t.Error(err)
					}
					continue
				}
				made[i][c.ID] = secret
				d.Credentials(root)
			}
		})
	}
	wg.Go(func() {
		for range 6 {
			if _, err := d.RotateMasterKey(); err != nil {
				t.Error(err)
			}
			for id := range all {
				if _, err := d.Credential(Huawei, id); err != nil {
					t.Error(err)
				}
			}
		}
	})
	wg.Wait()
	for range 2 {
		d.wantSecrets(t, all)
		for _, some := range made {
			d.wantSecrets(t, some)
		}
		if got := d.sealedUnder(t); len(got) != 1 {
			t.Errorf("sealed under %v", got)
		}
		d.reopen(t)
	}
}
