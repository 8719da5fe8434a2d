package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"annals/engine/merkle"
)

// BackupReport says what a backup holds. Everything in it has been checked.
type BackupReport struct {
	Made        time.Time `json:"made"`
	Events      uint64    `json:"events"`
	First       uint64    `json:"first"` // seq of the first event; those before were removed by retention
	Windows     int       `json:"windows"`
	Records     int       `json:"records"`
	TreeSize    uint64    `json:"tree_size"`
	RootHash    string    `json:"root_hash"`    // base64
	VerifierKey string    `json:"verifier_key"` // of the log that was backed up; compare it with one kept elsewhere
	WithKey     bool      `json:"with_key"`     // the signing key is in it
	TookMillis  int64     `json:"took_ms"`
}

// VerifyBackup reads a backup to its end and checks all of it: the checksum of every frame, the hash of every event against its group's
// root, the tree against the signed checkpoint, and the signature over the whole. It writes nothing. Progress (may be nil) is told
// how many of how many events were read.
func VerifyBackup(ctx context.Context, r io.Reader, progress func(done, total uint64)) (*BackupReport, error) {
	report, err := readBackup(ctx, r, checkOnly{}, progress)
	if err != nil {
		return nil, fmt.Errorf("check backup: %w", err)
	}
	return report, nil
}

// backupSink takes what a backup holds, in this order. Groups have been held against their roots.
type backupSink interface {
	begin(h *backupHeader) error
	key(data []byte) error
	window(first uint64) error
	group(g *group) error
	expired(first uint64, piece []byte) error
	records(all []savedRecord) error
}

// checkOnly takes nothing.
type checkOnly struct{}

func (checkOnly) begin(*backupHeader) error    { return nil }
func (checkOnly) key([]byte) error             { return nil }
func (checkOnly) window(uint64) error          { return nil }
func (checkOnly) group(*group) error           { return nil }
func (checkOnly) expired(uint64, []byte) error { return nil }
func (checkOnly) records([]savedRecord) error  { return nil }

// backupReader checks a backup as it reads it.
type backupReader struct {
	sink     backupSink
	progress func(done, total uint64)
	header   *backupHeader
	kind     byte        // of the last frame; 0: none
	window   uint64      // first seq of the last window
	edge     merkle.Edge // the tree so far
	report   BackupReport
}

// readBackup reads all of a backup into the sink. What the sink was given counts only if there is no error.
func readBackup(ctx context.Context, r io.Reader, sink backupSink, progress func(done, total uint64)) (*BackupReport, error) {
	begun := time.Now()
	frames, err := newFrameReader(r)
	if err != nil {
		return nil, err
	}
	defer frames.zip.Close()
	b := &backupReader{sink: sink, progress: progress}
	for b.kind != frameEnd {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		kind, content, err := frames.next()
		if err == nil {
			err = b.frame(kind, content, frames.before)
		}
		if err != nil {
			return nil, fmt.Errorf("behind seq %d: %w", b.edge.Size, err)
		}
	}
	if err := frames.atEnd(); err != nil {
		return nil, err
	}
	b.report.TookMillis = time.Since(begun).Milliseconds()
	return &b.report, nil
}

// mayFollow says which frames may stand behind which.
var mayFollow = map[byte]string{
	0:            "H",
	frameHeader:  "KWXRE",
	frameKey:     "WXRE",
	frameWindow:  "G",
	frameGroups:  "GWXRE",
	frameExpired: "XRE",
	frameRecords: "RE",
}

func (b *backupReader) frame(kind byte, content, sum []byte) error {
	if !slices.Contains([]byte(mayFollow[b.kind]), kind) {
		return fmt.Errorf("%w: a frame of kind %q behind one of kind %q", ErrDamaged, kind, b.kind)
	}
	last := b.kind
	b.kind = kind
	if withKey := last == frameHeader && b.header.WithKey; withKey != (kind == frameKey) {
		return fmt.Errorf("%w: header: with key: %v", ErrDamaged, b.header.WithKey)
	}
	switch kind {
	case frameHeader:
		return b.begin(content)
	case frameKey:
		if err := checkKey(content, b.header.VerifierKey); err != nil {
			return err
		}
		return b.sink.key(content)
	case frameWindow:
		return b.beginWindow(content)
	case frameGroups:
		return b.groups(content)
	case frameExpired:
		return b.expired(content)
	case frameRecords:
		all, err := cutRecords(content)
		if err != nil {
			return err
		}
		b.report.Records += len(all)
		return b.sink.records(all)
	}
	return b.end(content, sum)
}

func (b *backupReader) begin(content []byte) (err error) {
	if b.header, err = readBackupHeader(content); err != nil {
		return err
	}
	h := b.header
	b.edge = h.dropped.Clone()
	b.report = BackupReport{Made: h.Made, First: h.dropped.Size, Events: h.TreeSize - h.dropped.Size, TreeSize: h.TreeSize,
		RootHash: encodeHash(h.root), VerifierKey: h.VerifierKey, WithKey: h.WithKey}
	b.tell()
	return b.sink.begin(h)
}

func (b *backupReader) tell() {
	if b.progress != nil {
		b.progress(b.edge.Size-b.header.dropped.Size, b.report.Events)
	}
}

func (b *backupReader) beginWindow(content []byte) error {
	p := parts{rest: content}
	first := p.number()
	if p.bad || len(p.rest) > 0 || first != b.edge.Size || first%merkle.TileLeaves != 0 {
		return fmt.Errorf("%w: window %d begins at seq %d", ErrDamaged, first, b.edge.Size)
	}
	b.window = first
	b.report.Windows++
	return b.sink.window(first)
}

func (b *backupReader) groups(content []byte) error {
	p := parts{rest: content}
	for {
		g, err := cutGroup(&p)
		if err != nil {
			return err
		}
		if g.first != b.edge.Size || g.end > b.header.TreeSize {
			return fmt.Errorf("%w: group of seq %d to %d where %d of %d was next", ErrDamaged, g.first, g.end, b.edge.Size, b.header.TreeSize)
		}
		if err := g.extend(&b.edge); err != nil {
			return err
		}
		if err := b.sink.group(g); err != nil {
			return fmt.Errorf("seq %d to %d: %w", g.first, g.end, err)
		}
		if len(p.rest) == 0 {
			b.tell()
			return nil
		}
	}
}

func (b *backupReader) expired(content []byte) error {
	p := parts{rest: content}
	first := p.number()
	if p.bad || first >= b.header.dropped.Size {
		return fmt.Errorf("%w: IDs of a removed window %d", ErrDamaged, first)
	}
	return b.sink.expired(first, p.rest)
}

func (b *backupReader) end(signed, sum []byte) error {
	if b.edge.Size != b.header.TreeSize {
		return fmt.Errorf("%w: it has events up to seq %d of %d", ErrDamaged, b.edge.Size, b.header.TreeSize)
	}
	if b.edge.Root() != b.header.root {
		return fmt.Errorf("%w: root of the tree with %d leaves is %v, the signed checkpoint says %v", ErrDamaged, b.edge.Size, b.edge.Root(), b.header.root)
	}
	return checkBackupEnd(signed, b.header, sum)
}

// errNotEmpty is why a directory takes no restored log.
var errNotEmpty = errors.New("is not empty; a log is restored into a directory of its own")
