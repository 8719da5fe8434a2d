package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
)

func TestOpenMakesTokenOnce(t *testing.T) {
	d := openDoors(t)
	made := d.first
	if _, _, ok := parseToken(made); !ok {
		t.Fatalf("first Open made %q", made)
	}
	info, err := os.Stat(filepath.Join(d.dir, TokenFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("token file: %v, %v", info.Mode(), err)
	}
	d.reopen(t)
	if d.first != "" {
		t.Errorf("second Open made %q", d.first)
	}
	if read, err := ReadToken(d.dir); err != nil || read != made {
		t.Errorf("ReadToken = %q, %v, want %q", read, err, made)
	}
	if left, _ := filepath.Glob(filepath.Join(d.dir, "*.tmp")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	d.want(t, made, 200)
}

func (d *doors) want(t *testing.T, text string, want int) {
	t.Helper()
	if status, _, _ := d.ask(Manage|AllTenants, "Bearer "+text); status != want {
		t.Errorf("token of %s: status %d, want %d", TokenFile, status, want)
	}
}

func (d *doors) setFile(t *testing.T, token string) {
	t.Helper()
	path := filepath.Join(d.dir, TokenFile)
	err := os.Remove(path)
	if token != "" {
		err = os.WriteFile(path, []byte(token+"\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The token of a file that was removed is worth nothing once another is made, even if the file comes back.
func TestRemovedFileRevokesItsToken(t *testing.T) {
	d := openDoors(t)
	old := d.first
	_, other := d.make(t, Wish{Grants: []Grant{{Role: "admin", All: true}}})
	d.setFile(t, "")
	d.reopen(t)
	if d.first == "" || d.first == old {
		t.Fatalf("made %q", d.first)
	}
	d.want(t, old, 401)
	d.want(t, d.first, 200)
	d.want(t, other, 200)
	made := d.first
	d.setFile(t, old)
	d.reopen(t)
	d.want(t, old, 401)
	d.want(t, made, 401)
}

// A start that was cut short between the record and the file leaves a record whose secret nobody has: the next start revokes it.
func TestCutShortStartIsMadeGood(t *testing.T) {
	d := openDoors(t)
	lost, err := d.makeBootstrap(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	d.setFile(t, d.first)
	first := d.first
	d.reopen(t)
	d.want(t, lost, 401)
	d.want(t, first, 200)
}

func TestRevokedFileTokenIsRefused(t *testing.T) {
	d := openDoors(t)
	id, _, _ := parseToken(d.first)
	if _, err := d.Revoke(root, id); err != nil {
		t.Fatal(err)
	}
	token := d.first
	d.want(t, token, 401)
	d.reopen(t)
	if d.first != "" {
		t.Error("another was made though the file is there")
	}
	d.want(t, token, 401)
}

// A token from before there were records, as the one of a restored log, gets its record.
func TestFileTokenWithoutRecord(t *testing.T) {
	d := openDoors(t)
	for _, token := range []string{tokenPrefix + strings.Repeat("0123456789abcdef", 4), formatToken(newToken())} {
		d.setFile(t, token)
		d.reopen(t)
		d.want(t, token, 200)
	}
}

func TestOpenRefusesDamagedTokenFile(t *testing.T) {
	f := func(content string) {
		t.Helper()
		dir, l := t.TempDir(), enginetest.NewLog(t)
		if err := os.WriteFile(filepath.Join(dir, TokenFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Open(Options{Dir: dir, Records: l.Records()}); err == nil {
			t.Errorf("Open took a token file with %q", content)
		}
	}
	f("")
	f("\n")
	f("annals_")
	f("annals_0123")
	f(strings.Repeat("x", 100))
}

// Without the records nobody can tell who is revoked: nobody gets in.
func TestDamagedRecordsCloseTheDoor(t *testing.T) {
	d := openDoors(t)
	d.close(t)
	path := filepath.Join(d.dir, "log")
	l := enginetest.OpenLog(t, engine.Options{Dir: path})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(path, "records.db")); err != nil {
		t.Fatal(err)
	}
	l, err := engine.Open(engine.Options{Dir: path, Logger: enginetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, made, err := Open(Options{Dir: d.dir, Records: l.Records(), Logger: enginetest.Quiet})
	if err != nil || made != "" {
		t.Fatalf("Open = %q, %v", made, err)
	}
	token := d.first
	d.Auth = a
	d.want(t, token, 500)
}
