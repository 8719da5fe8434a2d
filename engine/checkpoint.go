package engine

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"annals/engine/merkle"

	"golang.org/x/mod/sumdb/note"
)

const (
	keyName        = "checkpoint.key" // the signing key, mode 0600
	checkpointName = "checkpoint"     // the last signed checkpoint that was written down
)

// checkpointFile is the signed checkpoint on disk. It is a second, independent record of how long the log was: a store that comes back
// shorter has lost acknowledged events.
type checkpointFile struct {
	mu   sync.Mutex
	size uint64
	root merkle.Hash
}

// openSigner reads the log's signing key, or makes one at the first start.
func (l *Log) openSigner() error {
	path := filepath.Join(l.o.Dir, keyName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = l.makeKey(path)
	}
	if err != nil {
		return fmt.Errorf("read checkpoint key: %w", err)
	}
	signing, verifying, _ := strings.Cut(strings.TrimSpace(string(data)), "\n")
	if l.signer, err = note.NewSigner(signing); err != nil {
		return fmt.Errorf("read checkpoint key: %w", err)
	}
	l.key = verifying
	return nil
}

func (l *Log) makeKey(path string) ([]byte, error) {
	name := l.o.Origin
	if name == "" {
		var id [6]byte
		rand.Read(id[:])
		name = fmt.Sprintf("annals/%x", id)
	}
	signing, verifying, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	data := []byte(signing + "\n" + verifying + "\n")
	return data, writeDurably(path, data, 0o600)
}

// Checkpoint returns the signed checkpoint of the log as it is now (C2SP tlog-checkpoint: origin, tree size, root hash).
func (l *Log) Checkpoint() ([]byte, error) {
	size, root := l.root()
	return l.sign(size, root)
}

func (l *Log) sign(size uint64, root merkle.Hash) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), size, encodeHash(root))
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return signed, nil
}

// root returns the published tree size and its root.
func (l *Log) root() (size uint64, root merkle.Hash) {
	windows := l.list()
	for i := len(windows) - 1; i >= 0; i-- {
		w := windows[i]
		w.mu.Lock()
		size, root = w.end.Load(), w.meta.root
		w.mu.Unlock()
		if size > w.first {
			return size, root
		}
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.dropped.Size, l.dropped.Root()
}

// ParseCheckpoint checks a signed checkpoint against a verifier key (note format) and returns its tree size and root hash.
func ParseCheckpoint(signed []byte, verifierKey string) (size uint64, root [32]byte, err error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return 0, root, fmt.Errorf("read verifier key: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return 0, root, fmt.Errorf("verify checkpoint signature: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return 0, root, errors.New("read checkpoint: not of this log")
	}
	if size, err = strconv.ParseUint(lines[1], 10, 64); err != nil {
		return 0, root, fmt.Errorf("read checkpoint: tree size: %w", err)
	}
	raw, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(raw) != 32 {
		return 0, root, errors.New("read checkpoint: root hash is not 32 bytes of base64")
	}
	return size, [32]byte(raw), nil
}

func (l *Log) loadCheckpoint() error {
	data, err := os.ReadFile(filepath.Join(l.o.Dir, checkpointName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		l.checkpoint.size, l.checkpoint.root, err = ParseCheckpoint(data, l.key)
	}
	if err != nil {
		return fmt.Errorf("read last checkpoint: %w", err)
	}
	return nil
}

// checkAgainstCheckpoint finds events that were acknowledged and are gone: recovery has compared the roots up to the log's end.
func (l *Log) checkAgainstCheckpoint() {
	size, last := l.checkpoint.size, l.edge.Size
	if size <= last {
		return
	}
	w := l.windows[len(l.windows)-1]
	if w.damage == "" {
		w.damage = fmt.Sprintf("ends at seq %d, but the signed checkpoint says that %d events were acknowledged: seq %d to %d are lost", last, size, last, size)
	}
	err := w.damaged(nil)
	l.o.Logger.Error("damaged window", "window", w.first, "err", err)
	l.treeBroken(err)
}

func (l *Log) saveCheckpoint() error {
	size, root := l.root()
	l.checkpoint.mu.Lock()
	defer l.checkpoint.mu.Unlock()
	if size <= l.checkpoint.size {
		return nil
	}
	signed, err := l.sign(size, root)
	if err != nil {
		return err
	}
	if err := writeDurably(filepath.Join(l.o.Dir, checkpointName), signed, 0o600); err != nil {
		return err
	}
	l.checkpoint.size, l.checkpoint.root = size, root
	return nil
}

func (l *Log) saveCheckpointIfGrown() {
	if l.failed.Load() != nil {
		return
	}
	if err := l.saveCheckpoint(); err != nil {
		l.o.Logger.Error("write checkpoint; it is tried again", "err", err)
	}
}
