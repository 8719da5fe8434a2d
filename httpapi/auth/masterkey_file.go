package auth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// MasterKeyFile is the name, in the data directory, of the file with the master key, unless it is told to be elsewhere.
const MasterKeyFile = "master.key"

// MasterKey says where the master key comes from. The zero value: MasterKeyFile in the data directory, made when it is first needed.
type MasterKey struct {
	File string // path of a file that has it, which must be there
	Text Secret // the key itself, in hex or base64, from the environment; not beside File
	Next Secret // with Text: the key to change to
}

// Check refuses what cannot be meant, with an *engine.FieldError that names the setting.
func (m MasterKey) Check() error {
	switch {
	case m.File != "" && !m.Text.Empty():
		return fieldError("master-key-file", "the master key comes from a file or from ANNALS_MASTER_KEY, not from both")
	case m.Text.Empty() && !m.Next.Empty():
		return fieldError("master-key-file", "ANNALS_MASTER_KEY_NEXT goes with ANNALS_MASTER_KEY, the key until now; a key in a file is changed by `annals master-key rotate`")
	}
	return nil
}

// keySource reads and replaces the master key.
type keySource struct {
	path       string // "": the key is not in a file
	mayMake    bool   // the file is the data directory's
	text, next Secret // of a key from the environment
}

func newKeySource(dir string, from MasterKey) (keySource, error) {
	switch {
	case !from.Text.Empty():
		return keySource{text: from.Text, next: from.Next}, nil
	case from.File == "":
		return keySource{path: filepath.Join(dir, MasterKeyFile), mayMake: true}, nil
	}
	// A link is followed once, so that a new key takes the place of the file and not of the link.
	path, err := filepath.EvalSymlinks(from.File)
	if err != nil {
		return keySource{}, fmt.Errorf("read master key: %w", err)
	}
	return keySource{path: path}, nil
}

func (s keySource) String() string {
	if s.path == "" {
		return "the environment"
	}
	return s.path
}

// nextPath is where a new key is until it is the key.
func (s keySource) nextPath() string { return s.path + ".next" }

// read returns the key, and the one that a change to it has been begun. Either is nil when there is none.
func (s keySource) read() (key, next *masterKey, err error) {
	if s.path == "" {
		if key, err = parseMasterKey(s.text.Bytes()); err != nil {
			return nil, nil, fmt.Errorf("read master key from the environment: %w", err)
		}
		if !s.next.Empty() {
			if next, err = parseMasterKey(s.next.Bytes()); err != nil {
				return nil, nil, fmt.Errorf("read next master key from the environment: %w", err)
			}
		}
		return key, next, nil
	}
	if key, err = readKeyFile(s.path); err != nil && (!s.mayMake || !errors.Is(err, fs.ErrNotExist)) {
		return nil, nil, err
	}
	if next, err = readKeyFile(s.nextPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	return key, next, nil
}

// readKeyFile refuses a file that others may read: a key that is not secret protects nothing.
func readKeyFile(path string) (*masterKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read master key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read master key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("read master key: %s has mode %04o, and only its owner may read it: chmod 600 it, and if others could have read it, change the key",
			path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return nil, fmt.Errorf("read master key: %w", err)
	}
	key, err := parseMasterKey(text)
	if err != nil {
		return nil, fmt.Errorf("read master key: %s: %w", path, err)
	}
	return key, nil
}

// makeKeyFile writes a new key to a file that is not there yet. It is on disk on return.
func makeKeyFile(path string) (*masterKey, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("make master key: %s is there already", path), err)
	}
	text := newKeyText()
	if err := writeSecretFile(path, text); err != nil {
		return nil, fmt.Errorf("make master key: %w", err)
	}
	return parseMasterKey([]byte(text))
}

// adoptNext lets the next key take the place of the key, for ever.
func (s keySource) adoptNext() error {
	if err := os.Rename(s.nextPath(), s.path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(s.path))
}
