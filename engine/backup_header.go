package engine

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"annals/engine/merkle"

	"golang.org/x/mod/sumdb/note"
)

const backupVersion = 1

// backupHeader says what a backup holds. It is the first frame.
type backupHeader struct {
	Version     int               `json:"version"`
	Made        time.Time         `json:"made"`
	VerifierKey string            `json:"verifier_key"`
	TreeSize    uint64            `json:"tree_size"`
	Checkpoint  string            `json:"checkpoint"` // signed, of the tree with TreeSize leaves
	Dropped     manifestDropped   `json:"dropped"`    // what retention had removed: the first event is that with seq dropped.end
	Store       manifestStoreSize `json:"store"`      // a group may need a memtable of the size to fit into one transaction
	WithKey     bool              `json:"with_key"`   // the next frame is the signing key

	root    merkle.Hash // of Checkpoint
	dropped merkle.Edge
}

// maxTreeSize keeps seqs far from overflowing, whatever a backup says.
const maxTreeSize = 1 << 60

// maxRestoredMemTable bounds what a backup can make a store ask for.
const maxRestoredMemTable = 256 << 20

func readBackupHeader(content []byte) (*backupHeader, error) {
	h := new(backupHeader)
	if err := json.Unmarshal(content, h); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrDamaged, err)
	}
	if h.Version != backupVersion {
		return nil, fmt.Errorf("backup has version %d, this program knows %d", h.Version, backupVersion)
	}
	size, root, err := ParseCheckpoint([]byte(h.Checkpoint), h.VerifierKey)
	if err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrDamaged, err)
	}
	if h.root = root; size != h.TreeSize || size > maxTreeSize {
		return nil, fmt.Errorf("%w: header: tree size %d, the signed checkpoint says %d", ErrDamaged, h.TreeSize, size)
	}
	if h.dropped, err = h.Dropped.edge(); err != nil {
		return nil, err
	}
	if h.dropped.Size > size || h.dropped.Size%merkle.TileLeaves != 0 {
		return nil, fmt.Errorf("%w: header: %d of %d events are said to be dropped", ErrDamaged, h.dropped.Size, size)
	}
	if h.Store.MemTableBytes > maxRestoredMemTable {
		return nil, fmt.Errorf("%w: header: memtable of %d bytes", ErrDamaged, h.Store.MemTableBytes)
	}
	return h, nil
}

// backupEnd is what the log signs at the end of a backup: records and all else that no checkpoint covers. No origin can have a space in it,
// so it can never pass for a checkpoint.
func backupEnd(size uint64, sum []byte) string {
	return fmt.Sprintf("annals backup\n%d\n%s\n", size, base64.StdEncoding.EncodeToString(sum))
}

// checkBackupEnd holds the signed end against what was read.
func checkBackupEnd(signed []byte, h *backupHeader, sum []byte) error {
	verifier, err := note.NewVerifier(h.VerifierKey)
	if err != nil {
		return fmt.Errorf("read verifier key: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return fmt.Errorf("%w: end mark: %w", ErrDamaged, err)
	}
	if n.Text != backupEnd(h.TreeSize, sum) {
		return fmt.Errorf("%w: the signed end mark is of other content", ErrDamaged)
	}
	return nil
}

// checkKey fails unless the verifier key verifies what the key file signs.
func checkKey(data []byte, verifierKey string) error {
	signing, _, _ := strings.Cut(strings.TrimSpace(string(data)), "\n")
	signer, err := note.NewSigner(signing)
	if err != nil {
		return fmt.Errorf("read signing key: %w", err)
	}
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return fmt.Errorf("read verifier key: %w", err)
	}
	sig, err := signer.Sign([]byte(verifierKey))
	if err != nil {
		return fmt.Errorf("try signing key: %w", err)
	}
	if signer.Name() != verifier.Name() || !verifier.Verify([]byte(verifierKey), sig) {
		return errors.New("the signing key is not that of the backup's log")
	}
	return nil
}
