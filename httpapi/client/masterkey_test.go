package client_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testMasterKey: a master key from the environment and from a file, changed, wrong, and missing after a restore.
func testMasterKey(t *testing.T, program string) {
	dir, kept := t.TempDir(), map[string]string{}
	on := func(name, text string, env []string, flags ...string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			s := script{t: t, program: program, dir: dir, kept: kept, env: env}
			if len(flags) > 0 || env != nil {
				s.serve(flags...)
			}
			s.run(text)
		})
	}
	old, next := "ANNALS_MASTER_KEY="+strings.Repeat("0f", 32), strings.Repeat("a5", 32)
	on("environment", `
annals credential create --kind enos --name portal --role reader
keep ID 1
annals credential list
out ${ID} enos portal never without an end
annals master-key rotate
status 1
err ANNALS_MASTER_KEY_NEXT
annals backup --with-key kept.backup`, []string{old})
	on("next", "annals credential list\nout without an end", []string{old, "ANNALS_MASTER_KEY_NEXT=" + next})
	on("changed", "annals credential list\nout without an end", []string{"ANNALS_MASTER_KEY=" + next})
	on("wrong", `
annals credential list
out ${ID} enos portal never no: the master key that sealed it is missing
annals credential create --kind enos --name other --role reader
status 1
err put it back and start again
annals search`, []string{old})
	if _, err := os.Stat(filepath.Join(dir, "annals-data", "master.key")); !os.IsNotExist(err) {
		t.Errorf("a key was made beside the one in the environment: %v", err)
	}

	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte(next+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	on("mistakes", `
annals serve --master-key-file key
status 1
err key has mode 0644, and only its owner may read it: chmod 600
no ${ID}`, nil)
	s := script{t: t, program: program, dir: dir, env: []string{old}}
	s.run("annals serve --master-key-file key\nstatus 2\nerr not from both")
	s.env = []string{"ANNALS_MASTER_KEY_NEXT=" + next}
	s.run("annals serve\nstatus 2\nerr goes with ANNALS_MASTER_KEY")
	if err := os.Chmod(key, 0o600); err != nil {
		t.Fatal(err)
	}
	on("file", `
annals credential list
out without an end
annals master-key rotate
out 1 secret sealed under it`, nil, "--master-key-file", "key")
	if text, err := os.ReadFile(key); err != nil || strings.TrimSpace(string(text)) == next {
		t.Errorf("the key in the file is the old one; %v", err)
	}

	// A backup has no master key: what is restored serves all but the credentials, until the key of that time is back.
	on("restore", "annals restore --data annals-restored kept.backup", nil)
	if err := os.Rename(filepath.Join(dir, "annals-data"), filepath.Join(dir, "annals-lost")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "annals-restored"), filepath.Join(dir, "annals-data")); err != nil {
		t.Fatal(err)
	}
	on("without the key", "annals search\nannals credential list\nout the master key that sealed it is missing", []string{})
	on("with the key", "annals credential list\nout without an end\nannals credential revoke ${ID}\nout is revoked", []string{old})
}
