package auth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// TokenFile is the name, in the data directory, of the file with the token for commands on the same machine.
const TokenFile = "admin.token"

// ReadToken returns the token in the data directory's TokenFile.
func ReadToken(dir string) (string, error) {
	path := filepath.Join(dir, TokenFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read admin token: %w", err)
	}
	token := strings.TrimSpace(string(data))
	// What is none is hand-made, or the rest of a damaged file: neither may open the door.
	if _, _, ok := parseToken(token); !ok {
		return "", fmt.Errorf("read admin token: %s does not hold one; remove it to have another made", path)
	}
	return token, nil
}

// writeSecretFile leaves either the file as it was or a whole one, whenever it is cut short, readable by its owner only (CreateTemp's mode is 0600).
func writeSecretFile(path, text string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
