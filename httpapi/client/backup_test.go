package client_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
)

// backupServer answers with the first n bytes of a real backup, of 50 events, and then cuts the connection if those are not all.
func backupServer(t *testing.T) (f *fakeServer, send *int, whole []byte) {
	t.Helper()
	l := enginetest.NewLog(t)
	enginetest.Append(t, l, enginetest.NewMaker("x", 1).Events(50)...)
	var b bytes.Buffer
	if err := l.Backup(context.Background(), &b, engine.BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	f, whole, send = newFake(t), b.Bytes(), new(int)
	f.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		_, _ = w.Write(whole[:*send])
		if *send < len(whole) {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		return true
	}
	return f, send, whole
}

func TestBackupToFile(t *testing.T) {
	f, send, whole := backupServer(t)
	c := newCLI(t, f.URL)
	path := filepath.Join(t.TempDir(), "all.backup")
	*send = len(whole)
	if got := c.run("backup", path); got.status != 0 || !strings.Contains(got.stderr, "backed up 50 events") {
		t.Fatalf("backup: %+v", got)
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, whole) {
		t.Fatalf("the file is not the backup: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file: %v, %v", info, err)
	}
	for _, n := range []int{0, 5, len(whole) / 2, len(whole) - 1} {
		*send = n
		if got := c.run("backup", path); got.status != 1 || !strings.Contains(got.stderr, "no backup is made") {
			t.Errorf("backup cut at byte %d: %+v", n, got)
		}
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, whole) {
		t.Errorf("the backup from before is gone: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestBackupToStdout(t *testing.T) {
	f, send, whole := backupServer(t)
	c := newCLI(t, f.URL)
	*send = len(whole)
	got := c.run("backup", "-")
	if got.status != 0 || got.stdout != string(whole) || !strings.Contains(got.stderr, "backed up 50 events") {
		t.Fatalf("backup to stdout: status %d, %d bytes, %s", got.status, len(got.stdout), got.stderr)
	}
	c.stdin = strings.NewReader(got.stdout)
	dir := filepath.Join(t.TempDir(), "again")
	if got := c.run("restore", "--data", dir, "-"); got.status != 0 || !engine.Exists(dir) {
		t.Errorf("restore from stdin: %+v", got)
	}
	*send--
	if got := c.run("backup", "-"); got.status != 1 {
		t.Errorf("broken backup to stdout: %+v", got)
	}
	c.width = 80
	if got := c.run("backup", "-"); got.status != 2 || !strings.Contains(got.stderr, "not for a terminal") {
		t.Errorf("backup to a terminal: %+v", got)
	}
}

func TestRestoreRefuses(t *testing.T) {
	_, _, whole := backupServer(t)
	c := newCLI(t, "")
	bad := bytes.Clone(whole)
	bad[len(bad)/2] ^= 1
	for name, data := range map[string][]byte{"cut": whole[:len(whole)-9], "flipped": bad, "empty": nil} {
		dir, path := filepath.Join(t.TempDir(), "again"), c.file("x.backup", string(data))
		for _, args := range [][]string{{"restore", "--data", dir, path}, {"restore", "--verify", path}} {
			if got := c.run(args...); got.status != 1 || got.stdout != "" {
				t.Errorf("%s: %v: %+v", name, args, got)
			}
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: the restore left a directory", name)
		}
	}
	if got := c.run("restore"); got.status != 2 {
		t.Errorf("restore of nothing: %+v", got)
	}
	if got := c.run("backup"); got.status != 2 {
		t.Errorf("backup to nothing: %+v", got)
	}
}
