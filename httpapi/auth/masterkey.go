package auth

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
)

// A master key seals the secrets that have to be had back in clear. It comes from outside of the records, so that who reads those, or a
// backup of them, has no secret. What is used are keys derived from it, each for one purpose.
const (
	masterKeyBytes = 32
	keyIDBytes     = 8
)

// masterKey is one that is held.
type masterKey struct {
	id   string // of keyIDBytes; says which key sealed a secret, and nothing of the key
	aead cipher.AEAD
}

func newMasterKey(raw []byte) *masterKey {
	block, err := aes.NewCipher(derive(raw, "annals master key: secrets", masterKeyBytes))
	if err != nil {
		panic(err) // the length is right
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the block size
	}
	return &masterKey{id: string(derive(raw, "annals master key: ID", keyIDBytes)), aead: aead}
}

func derive(raw []byte, purpose string, n int) []byte {
	key, err := hkdf.Key(sha256.New, raw, nil, purpose, n)
	if err != nil {
		panic(err) // n is small
	}
	return key
}

// A sealed secret is
//
//	form (1) | master key's ID (8) | nonce (12) | ciphertext and tag
//
// The name of the record that it stands for is authenticated with it: a sealed secret that is moved to another record does not open.
const (
	sealForm      = 1
	sealHeadBytes = 1 + keyIDBytes
)

// seal returns the secret sealed. Nonces are random: a key is good for 2^32 of them, and then for a rotation.
func (k *masterKey) seal(name string, plain []byte) []byte {
	head := append([]byte{sealForm}, k.id...)
	return append(head, k.aead.Seal(nil, nil, plain, []byte(name))...)
}

var errSealBroken = errors.New("it was changed, or is another record's")

// open returns the secret that the key has sealed under the name.
func (k *masterKey) open(name string, sealed []byte) ([]byte, error) {
	if sealedBy(sealed) != k.id {
		return nil, errSealBroken
	}
	plain, err := k.aead.Open(nil, nil, sealed[sealHeadBytes:], []byte(name))
	if err != nil {
		return nil, errSealBroken
	}
	return plain, nil
}

// sealedBy returns the ID of the master key that has sealed a secret, or "".
func sealedBy(sealed []byte) string {
	if len(sealed) < sealHeadBytes || sealed[0] != sealForm {
		return ""
	}
	return string(sealed[1:sealHeadBytes])
}

// newKeyText draws a master key and writes it down as files have it.
func newKeyText() string {
	raw := make([]byte, masterKeyBytes)
	rand.Read(raw) // never fails: the program ends instead
	return hex.EncodeToString(raw) + "\n"
}

// parseMasterKey reads a master key: 32 bytes as they are, or in hex or base64 with white space around. Its errors have nothing of the text.
func parseMasterKey(text []byte) (*masterKey, error) {
	if len(text) == masterKeyBytes {
		if readable(text) {
			return nil, errors.New("32 characters are no key of 32 random bytes: make one with `openssl rand -hex 32`")
		}
		return newMasterKey(text), nil
	}
	text = bytes.TrimSpace(text)
	raw := make([]byte, 0, masterKeyBytes)
	var err error
	switch len(text) {
	case hex.EncodedLen(masterKeyBytes):
		raw, err = hex.AppendDecode(raw, text)
	case base64.StdEncoding.EncodedLen(masterKeyBytes):
		raw, err = base64.StdEncoding.Strict().AppendDecode(raw, text)
	case base64.RawStdEncoding.EncodedLen(masterKeyBytes):
		raw, err = base64.RawStdEncoding.Strict().AppendDecode(raw, text)
	}
	if err != nil || len(raw) != masterKeyBytes {
		return nil, fmt.Errorf("want %d random bytes, as they are, in hex (%d digits) or in base64; have %d bytes: make them with `openssl rand -hex %d`",
			masterKeyBytes, hex.EncodedLen(masterKeyBytes), len(text), masterKeyBytes)
	}
	return newMasterKey(raw), nil
}

// readable reports whether bytes are all printable ASCII. Of 32 random ones that is so once in 10^14 times: it is a password.
func readable(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
