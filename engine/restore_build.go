package engine

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// restoration is the backupSink that builds a log, with the committer's own steps and no workers.
type restoration struct {
	o    RestoreOptions
	dir  string
	log  *Log
	from *backupHeader
	ids  *os.File // of the removed window being copied
}

func (b *restoration) begin(h *backupHeader) error {
	verifier, err := note.NewVerifier(h.VerifierKey)
	if err != nil {
		return fmt.Errorf("read verifier key: %w", err)
	}
	b.from = h
	// Windows are begun where the backup says, not where they are full.
	o := Options{Dir: b.dir, Origin: verifier.Name(), WindowEvents: 1 << 62, WindowBytes: math.MaxInt64, MinFreeBytes: b.o.MinFreeBytes,
		Logger: b.o.Logger, memTable: max(memTableBytes, h.Store.MemTableBytes), unsynced: true}
	if err := o.fill(); err != nil {
		return err
	}
	l, err := newLog(o)
	if err != nil {
		return err
	}
	l.dropped, l.edge = h.dropped.Clone(), h.dropped.Clone()
	l.size.Store(l.edge.Size)
	b.log = l
	if b.o.Key == nil {
		return nil
	}
	if err := checkKey(b.o.Key, h.VerifierKey); err != nil {
		return err
	}
	return b.key(b.o.Key)
}

func (b *restoration) key(data []byte) error {
	return writeDurably(filepath.Join(b.dir, keyName), data, 0o600)
}

// window seals the window before and begins the next.
func (b *restoration) window(first uint64) error {
	l := b.log
	if err := b.room(); err != nil {
		return err
	}
	if n := len(l.windows); n > 0 {
		if err := l.windows[n-1].seal(); err != nil {
			return err
		}
	}
	w, err := l.beginWindow(first)
	if err != nil {
		return err
	}
	l.windows = append(l.windows, w)
	return nil
}

// room looks for free space: a store on a full disk dies by a signal.
func (b *restoration) room() error {
	b.log.guard.check(b.log)
	return b.log.guard.err()
}

// group commits the group again: same place, same secret, same time of arrival, and so the same hashes.
func (b *restoration) group(g *group) error {
	l := b.log
	next := l.newGroup()
	if err := l.guard.room(l, uint64(next.maxBytes)); err != nil {
		return err
	}
	next.secret, next.received = g.secret, g.received
	outcomes := make([]Outcome, len(g.events))
	for i := range g.events {
		outcomes[i].ID, g.events[i].out = g.events[i].event.ID, &outcomes[i]
	}
	if l.placeRequest(next, &appendRequest{events: g.events}) {
		return fmt.Errorf("the group does not fit into one transaction of a store with a memtable of %d bytes", l.o.memTable)
	}
	for i := range outcomes {
		if outcomes[i].Status != Created {
			return errors.Join(fmt.Errorf("%w: event ID %q is there twice", ErrDamaged, shorten(outcomes[i].ID)), outcomes[i].Err)
		}
	}
	return l.commit(next)
}

// expired copies the expired file of a removed window, piece by piece. The pieces of a file follow one another.
func (b *restoration) expired(first uint64, piece []byte) error {
	path := expiredPath(b.dir, first)
	if b.ids == nil || b.ids.Name() != path {
		if err := b.endExpired(); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("restore IDs: %w", err)
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("restore IDs: %w", err)
		}
		b.ids = f
	}
	if _, err := b.ids.Write(piece); err != nil {
		return fmt.Errorf("restore IDs: %w", err)
	}
	return nil
}

// endExpired makes the expired file durable; openExpired checks it.
func (b *restoration) endExpired() error {
	if b.ids == nil {
		return nil
	}
	err := b.ids.Sync()
	if err = errors.Join(err, b.ids.Close(), syncDir(filepath.Dir(b.ids.Name()))); err != nil {
		return fmt.Errorf("restore IDs: %w", err)
	}
	b.ids = nil
	return nil
}

func (b *restoration) records(all []savedRecord) error { return b.log.records.load(all) }

// finish writes what stands beside the events and checks the rest.
func (b *restoration) finish() error {
	l := b.log
	if err := b.endExpired(); err != nil {
		return err
	}
	if err := l.openExpired(); err != nil {
		return err
	}
	if err := l.idsServable(); err != nil {
		return err
	}
	if err := l.openSigner(); err != nil {
		return err
	}
	from := strings.TrimSpace(b.from.VerifierKey) + "\n\n" + b.from.Checkpoint
	if err := writeDurably(filepath.Join(b.dir, restoredName), []byte(from), 0o600); err != nil {
		return err
	}
	return l.saveManifest()
}

// close makes the log durable, or lets go of it after an error.
func (b *restoration) close(err error) error {
	if b.log == nil {
		return nil
	}
	if b.ids != nil {
		b.ids.Close()
	}
	if err != nil {
		b.log.treeBroken(err) // so that no checkpoint is written
	}
	return b.log.closeFiles()
}
