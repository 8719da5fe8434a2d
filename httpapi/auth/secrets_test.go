package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/reply"
)

var rawKey = slices.Concat([]byte("not all of these bytes are text"), []byte{0})

func TestParseMasterKey(t *testing.T) {
	want := newMasterKey(rawKey).id
	f := func(text string, ok bool) {
		t.Helper()
		key, err := parseMasterKey([]byte(text))
		if (err == nil) != ok || ok && key.id != want {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && len(text) > 8 && strings.Contains(err.Error(), text[:8]) {
			t.Errorf("%q is shown in %v", text, err)
		}
	}
	f(string(rawKey), true)
	f(hex.EncodeToString(rawKey), true)
	f(strings.ToUpper(hex.EncodeToString(rawKey))+"\r\n", true)
	f(" "+base64.StdEncoding.EncodeToString(rawKey)+"\n", true)
	f(base64.RawStdEncoding.EncodeToString(rawKey), true)
	f("", false)
	f("\n", false)
	f(string(rawKey)+"\n", false)
	f(string(rawKey[1:]), false)
	f(hex.EncodeToString(rawKey[1:]), false)
	f(hex.EncodeToString(rawKey)[1:]+"x", false)
	f(strings.Repeat("correct horse battery staple", 2)[:32], false) // text, and no random bytes
	f(strings.Repeat("0123456789abcdef", 2), false)
	f(strings.Repeat("/", 42)+"/", false) // base64 with bits that mean nothing
}

// FuzzParseMasterKey: whatever a file has, the parser takes it for one key or refuses it, and what it takes has 32 bytes in one of the spellings.
func FuzzParseMasterKey(f *testing.F) {
	f.Add(rawKey)
	f.Add([]byte(hex.EncodeToString(rawKey) + "\n"))
	f.Add([]byte(base64.StdEncoding.EncodeToString(rawKey)))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := parseMasterKey(text)
		if err != nil {
			if key != nil {
				t.Fatalf("%q gives a key and %v", text, err)
			}
			return
		}
		trimmed := string(bytes.TrimSpace(text))
		for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString} {
			if raw, err := decode(trimmed); err == nil && len(raw) == masterKeyBytes && newMasterKey(raw).id == key.id {
				return
			}
		}
		if len(text) != masterKeyBytes || newMasterKey(text).id != key.id {
			t.Fatalf("%q is taken for a key", text)
		}
	})
}

func TestSealedSecretBelongsToItsRecord(t *testing.T) {
	key, other := newMasterKey(rawKey), newMasterKey(bytes.Repeat([]byte{1}, masterKeyBytes))
	sealed := key.seal("credential/a", []byte("hush"))
	if plain, err := key.open("credential/a", sealed); err != nil || string(plain) != "hush" {
		t.Fatalf("open: %q, %v", plain, err)
	}
	if again := key.seal("credential/a", []byte("hush")); bytes.Equal(again, sealed) {
		t.Error("sealed twice it is the same")
	}
	f := func(k *masterKey, name string, sealed []byte) {
		t.Helper()
		if plain, err := k.open(name, sealed); err == nil {
			t.Errorf("opened as %s: %q", name, plain)
		}
	}
	f(key, "credential/b", sealed)
	f(key, "account/a", sealed)
	f(other, "credential/a", sealed)
	f(other, "credential/a", slices.Concat(sealed[:1], []byte(other.id), sealed[sealHeadBytes:]))
	f(key, "credential/a", nil)
	for n := range sealed {
		f(key, "credential/a", sealed[:n])
	}
}

// FuzzOpenSealed: no bytes make it panic, and of those that it has not sealed itself it opens none.
func FuzzOpenSealed(f *testing.F) {
	key := newMasterKey(rawKey)
	sealed := key.seal("credential/a", []byte("hush"))
	f.Add(sealed, 0, byte(0))
	f.Add(sealed, 12, byte(1))
	f.Add([]byte{}, 0, byte(0))
	f.Add(append([]byte{sealForm}, key.id...), 3, byte(9))
	f.Fuzz(func(t *testing.T, text []byte, at int, change byte) {
		if plain, err := key.open("credential/a", text); err == nil && string(plain) != "hush" { // workers have seeds that others have sealed
			t.Fatalf("%x opens as %q", text, plain)
		}
		own := key.seal("credential/a", text)
		changed := slices.Clone(own)
		changed[uint(at)%uint(len(changed))] ^= change
		plain, err := key.open("credential/a", changed)
		if (err == nil) != (change == 0) || err == nil && !bytes.Equal(plain, text) {
			t.Fatalf("byte %d changed by %d: %q, %v", at, change, plain, err)
		}
	})
}

func writeKey(t testing.TB, path string, mode os.FileMode) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(newKeyText()), mode), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
}

func someKey() Secret { return NewSecret(newKeyText()) }

func TestMasterKeySources(t *testing.T) {
	dir := t.TempDir()
	good, open, bad := filepath.Join(dir, "good"), filepath.Join(dir, "open"), filepath.Join(dir, "bad")
	writeKey(t, good, 0o400)
	writeKey(t, open, 0o640)
	if err := os.WriteFile(bad, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := enginetest.NewLog(t)
	f := func(from MasterKey, want string) {
		t.Helper()
		a, _, err := Open(Options{Dir: t.TempDir(), Records: l.Records(), MasterKey: from, Logger: enginetest.Quiet})
		if err == nil {
			err = a.Close()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", from, err, want)
		}
	}
	f(MasterKey{File: good}, "")
	f(MasterKey{Text: someKey()}, "")
	f(MasterKey{Text: someKey(), Next: someKey()}, "")
	f(MasterKey{File: open}, "open has mode 0640, and only its owner may read it: chmod 600")
	f(MasterKey{File: bad}, "bad: want 32 random bytes")
	f(MasterKey{File: filepath.Join(dir, "none")}, "no such file")
	if err := os.WriteFile(good+".next", []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	f(MasterKey{File: good}, "good.next: want 32 random bytes")
	f(MasterKey{Text: NewSecret("x")}, "from the environment: want 32 random bytes")
	f(MasterKey{Text: someKey(), Next: NewSecret("x")}, "next master key from the environment: want")
}

// The first secret makes the key, and no start does; the file is the owner's only.
func TestMasterKeyIsMadeWhenNeeded(t *testing.T) {
	d := openDoors(t)
	path := filepath.Join(d.dir, MasterKeyFile)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("before there is a need: %v", err)
	}
	made, secret := d.credential(t, CredentialWish{Kind: Huawei})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v, %v", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(d.dir, "*.tmp")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	d.reopen(t)
	d.wantSecret(t, made, secret)
}

// Somebody puts a key there after the start: it is taken, and not replaced.
func TestKeyThatCameLaterIsTaken(t *testing.T) {
	d := openDoors(t)
	path := filepath.Join(d.dir, MasterKeyFile)
	writeKey(t, path, 0o600)
	before, _ := os.ReadFile(path)
	made, secret := d.credential(t, CredentialWish{Kind: EnOS})
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the key in the file was replaced; %v", err)
	}
	d.reopen(t)
	d.wantSecret(t, made, secret)
}

// Without its key, or with another one, the server starts and tokens work; credentials are refused with a reason, the unknown ones as well, and
// nothing is sealed under a key that may be a mistake. When the key is back all is as before.
func TestWrongMasterKey(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"missing": func(*testing.T, string) {},
		"another": func(t *testing.T, path string) { writeKey(t, path, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			d := openDoors(t)
			made, secret := d.credential(t, CredentialWish{Kind: Huawei})
			path := filepath.Join(d.dir, MasterKeyFile)
			if err := os.Rename(path, path+".kept"); err != nil {
				t.Fatal(err)
			}
			spoil(t, path)
			var said bytes.Buffer
			d.logTo(&said)
			d.reopen(t)
			if !strings.Contains(said.String(), "put it back") || !strings.Contains(said.String(), made.ID) {
				t.Errorf("the log says %q", said.String())
			}
			if token, err := ReadToken(d.dir); err != nil {
				t.Error(err)
			} else if status, _, _ := d.ask(Manage, "Bearer "+token); status != 200 {
				t.Errorf("token: %d", status)
			}
			wantNoKey := func(err error) {
				t.Helper()
				if p, _ := errors.AsType[*reply.Problem](err); p == nil || p.Status != 503 || p.Code() != "master-key" {
					t.Errorf("%v, want a problem with the master key", err)
				}
			}
			for _, id := range []string{made.ID, "unknown"} {
				_, err := d.Credential(Huawei, id)
				wantNoKey(err)
			}
			_, _, err := d.MakeCredential(root, CredentialWish{EnOS, Wish{Name: "x", Grants: someGrants}})
			wantNoKey(err)
			_, err = d.RotateMasterKey()
			wantNoKey(err)
			if list := d.Credentials(root); len(list) != 1 || !list[0].Unavailable {
				t.Errorf("list: %+v", list)
			}
			if err := os.Rename(path+".kept", path); err != nil {
				t.Fatal(err)
			}
			d.reopen(t)
			d.wantSecret(t, made, secret)
		})
	}
}

// When the key is lost for good, revoking what it sealed is the way out.
func TestLostMasterKey(t *testing.T) {
	d := openDoors(t)
	made, _ := d.credential(t, CredentialWish{Kind: Layer7})
	if err := os.Remove(filepath.Join(d.dir, MasterKeyFile)); err != nil {
		t.Fatal(err)
	}
	d.reopen(t)
	if shown, err := d.RevokeCredential(root, made.ID); err != nil || shown.Revoked.IsZero() || shown.Unavailable {
		t.Fatalf("revoke: %+v, %v", shown, err)
	}
	other, secret := d.credential(t, CredentialWish{Kind: Layer7})
	d.reopen(t)
	d.wantSecret(t, other, secret)
}

// A secret that was changed on disk is damage, and no other secret.
func TestChangedSecretIsDamage(t *testing.T) {
	d := openDoors(t)
	a, _ := d.credential(t, CredentialWish{Kind: Huawei})
	b, secret := d.credential(t, CredentialWish{Kind: Huawei})
	records := d.log.Records()
	sealed, err := records.Get(secretKind, secretName(credentialKind, b.ID))
	if err != nil {
		t.Fatal(err)
	}
	if err := records.Put(secretKind, secretName(credentialKind, a.ID), sealed); err != nil {
		t.Fatal(err)
	}
	d.reopen(t)
	if _, err := d.Credential(Huawei, a.ID); !errors.Is(err, engine.ErrDamaged) {
		t.Errorf("a secret in another's place: %v", err)
	}
	d.wantSecret(t, b, secret)
	if _, err := d.RotateMasterKey(); err == nil || !strings.Contains(err.Error(), a.ID) {
		t.Errorf("rotate: %v", err)
	}
	if _, err := d.RevokeCredential(root, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.RotateMasterKey(); err != nil {
		t.Errorf("rotate: %v", err)
	}
	d.wantSecret(t, b, secret)
}

// Any kind of record may have a secret.
func TestSecretsOfOtherKinds(t *testing.T) {
	d := openDoors(t)
	want := func(id, secret string) {
		t.Helper()
		plain, err := d.secrets.unseal("account", id)
		if secret == "" && errors.Is(err, engine.ErrNotFound) {
			return
		}
		if err != nil || string(plain) != secret {
			t.Errorf("%s: %q, %v, want %q", id, plain, err, secret)
		}
	}
	want("amy", "")
	for _, secret := range []string{"one", "two"} {
		if err := d.secrets.seal("account", "amy", []byte(secret)); err != nil {
			t.Fatal(err)
		}
		want("amy", secret)
	}
	if _, err := d.RotateMasterKey(); err != nil {
		t.Fatal(err)
	}
	want("amy", "two")
	d.reopen(t)
	want("amy", "two")
	for range 2 {
		if err := d.secrets.forget("account", "amy"); err != nil {
			t.Fatal(err)
		}
	}
	want("amy", "")
	d.reopen(t)
	want("amy", "")
}
