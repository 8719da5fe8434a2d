package engine

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"annals/engine/merkle"

	"golang.org/x/mod/sumdb/note"
)

// BackupOptions say what a backup holds besides events and records.
type BackupOptions struct {
	// WithKey puts the signing key in, so that the restored log goes on signing as the same log. Who has such a backup can
	// sign in the log's name.
	WithKey bool
	// Progress, which may be nil, is told how many of how many events are written; first, with 0, before the first byte.
	Progress func(done, total uint64)
}

// Backup writes everything up to the log's size at its beginning: every event with what its hash is made from, the records, and
// the IDs of removed events. It reads beside the writers, in short steps and a few megabytes of memory, and recomputes every hash on the way: a
// backup of damaged events fails. Retention removes nothing meanwhile. After an error what was written is no backup, and is refused by Restore.
func (l *Log) Backup(ctx context.Context, w io.Writer, o BackupOptions) error {
	l.keep.RLock()
	defer l.keep.RUnlock()
	b := &backup{log: l, ctx: ctx, progress: o.Progress}
	if err := b.make(w, o.WithKey); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	return nil
}

// backup is one being made.
type backup struct {
	log      *Log
	ctx      context.Context
	out      *frameWriter
	progress func(done, total uint64)
	size     uint64      // events from here on are not in it
	first    uint64      // nor are those before
	edge     merkle.Edge // the tree as far as it is written
	content  []byte
}

func (b *backup) make(w io.Writer, withKey bool) error {
	l := b.log
	if err := errors.Join(l.idsServable(), b.interrupted()); err != nil {
		return err
	}
	// The records come first: none of them can refer to an event that the backup lacks.
	records, err := l.records.dump()
	if err != nil {
		return err
	}
	size, root := l.root()
	l.mu.RLock()
	windows, expired := l.windows, l.expired
	b.size, b.first, b.edge = size, l.dropped.Size, l.dropped.Clone()
	l.mu.RUnlock()
	b.tell()
	if b.out, err = newFrameWriter(w); err != nil {
		return err
	}
	if err := b.head(root, withKey); err != nil {
		return err
	}
	if err := b.events(windows, root); err != nil {
		return err
	}
	for _, ids := range expired {
		if err := b.expired(ids); err != nil {
			return err
		}
	}
	return b.end(records)
}

func (b *backup) events(windows []*window, root merkle.Hash) error {
	for _, w := range windows {
		if w.first >= b.size {
			break
		}
		if err := b.window(w); err != nil {
			return err
		}
	}
	if b.edge.Size != b.size || b.edge.Root() != root {
		return fmt.Errorf("%w: root of the tree with %d leaves is %v, the log says %v for %d", ErrDamaged, b.edge.Size, b.edge.Root(), root, b.size)
	}
	return nil
}

// end writes the records and signs the whole.
func (b *backup) end(records [][]byte) error {
	for _, content := range records {
		if err := b.out.frame(frameRecords, content); err != nil {
			return err
		}
	}
	signed, err := note.Sign(&note.Note{Text: backupEnd(b.size, b.out.sum.Sum(nil))}, b.log.signer)
	if err != nil {
		return fmt.Errorf("sign backup: %w", err)
	}
	return b.out.frame(frameEnd, signed)
}

func (b *backup) head(root merkle.Hash, withKey bool) error {
	checkpoint, err := b.log.sign(b.size, root)
	if err != nil {
		return err
	}
	header, err := json.Marshal(backupHeader{Version: backupVersion, Made: b.log.o.Now().UTC().Truncate(time.Second),
		VerifierKey: b.log.key, TreeSize: b.size, Checkpoint: string(checkpoint), Dropped: droppedEdge(b.edge),
		Store: manifestStoreSize{b.log.o.memTable}, WithKey: withKey})
	if err != nil {
		return fmt.Errorf("encode header: %w", err)
	}
	if err := b.out.frame(frameHeader, header); err != nil || !withKey {
		return err
	}
	key, err := os.ReadFile(filepath.Join(b.log.o.Dir, keyName))
	if err != nil {
		return fmt.Errorf("read signing key: %w", err)
	}
	return b.out.frame(frameKey, key)
}

// window writes the window's groups below the backup's size, a frame of them at a time.
func (b *backup) window(w *window) error {
	if err := b.out.frame(frameWindow, binary.AppendUvarint(nil, w.first)); err != nil {
		return err
	}
	end := min(w.end.Load(), b.size)
	b.content = b.content[:0]
	for b.edge.Size < end {
		if err := b.interrupted(); err != nil {
			return err
		}
		groups, err := w.readGroups(b.edge.Size, end, groupEvents)
		if err != nil {
			return fmt.Errorf("window %020d: %w", w.first, err)
		}
		for _, g := range groups {
			if err := g.extend(&b.edge); err != nil {
				return err
			}
			b.content = g.appendBackup(b.content)
			if len(b.content) < frameBytes && b.edge.Size < end {
				continue
			}
			if err := b.out.frame(frameGroups, b.content); err != nil {
				return err
			}
			b.content = b.content[:0]
			b.tell()
		}
	}
	return nil
}

// groupEvents is how many events of small groups are read in one go.
const groupEvents = 128

func (b *backup) interrupted() error {
	select {
	case <-b.log.stop:
		return ErrClosed
	case <-b.ctx.Done():
		return context.Cause(b.ctx)
	default:
		return nil
	}
}

func (b *backup) tell() {
	if b.progress != nil {
		b.progress(b.edge.Size-b.first, b.size-b.first)
	}
}

// expired writes an expired file, whose checksum it has in itself. It is mapped, and stays so while retention stands still.
func (b *backup) expired(ids *expiredIDs) error {
	for data := []byte(ids.data); len(data) > 0; {
		if err := b.interrupted(); err != nil {
			return err
		}
		n := min(len(data), frameBytes)
		b.content = append(binary.AppendUvarint(b.content[:0], ids.first), data[:n]...)
		if err := b.out.frame(frameExpired, b.content); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// extend adds the group's leaves to the tree, which then must have the root that the group's head says.
func (g *group) extend(edge *merkle.Edge) error {
	grown, _ := g.hash(*edge)
	if grown.Root() != g.root {
		return fmt.Errorf("%w: seq %d to %d: hashes do not give the root of their group", ErrDamaged, g.first, g.end)
	}
	*edge = grown
	return nil
}
