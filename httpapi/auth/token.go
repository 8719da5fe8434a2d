package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// TokenFile is the name of the admin token's file in the data directory.
const TokenFile = "admin.token"

const (
	tokenPrefix = "annals_" // lets secret scanners know one when they see it
	tokenBytes  = 32
)

// Open reads the admin token of the data directory. At the first start it makes one and returns it, to be shown once;
// afterwards the returned token is empty.
func Open(dir string) (a *Auth, made string, err error) {
	token, err := ReadToken(dir)
	if errors.Is(err, fs.ErrNotExist) {
		made, err = makeToken(dir)
		token = made
	}
	if err != nil {
		return nil, "", err
	}
	return &Auth{admin: sha256.Sum256([]byte(token))}, made, nil
}

// ReadToken returns the admin token of the data directory, for a client on the same machine.
func ReadToken(dir string) (string, error) {
	path := filepath.Join(dir, TokenFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read admin token: %w", err)
	}
	token := strings.TrimSpace(string(data))
	// A short token is a hand-made one, or the rest of a damaged file: neither may open the door.
	if len(token) < len(tokenPrefix)+2*tokenBytes || !strings.HasPrefix(token, tokenPrefix) {
		return "", fmt.Errorf("read admin token: %s does not hold one; remove it to have another made", path)
	}
	return token, nil
}

// makeToken leaves either no file or a whole one, whenever it is cut short.
func makeToken(dir string) (string, error) {
	random := make([]byte, tokenBytes)
	rand.Read(random) // never fails: the program ends instead
	token := tokenPrefix + hex.EncodeToString(random)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make admin token: %w", err)
	}
	if err := writeDurably(dir, TokenFile, token+"\n"); err != nil {
		return "", fmt.Errorf("make admin token: %w", err)
	}
	return token, nil
}

// writeDurably writes a file that is there completely or not at all, readable by its owner only (CreateTemp's mode is 0600).
func writeDurably(dir, name, text string) error {
	f, err := os.CreateTemp(dir, name+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
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
