package engine

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"annals/engine/merkle"

	"golang.org/x/mod/sumdb/note"
)

// forger makes backups that no log would make, correctly signed with a key of its own.
type forger struct {
	t      testing.TB
	signer note.Signer
	key    string
	edge   merkle.Edge
	groups []byte
}

func newForger(t testing.TB) *forger {
	signing, verifying, err := note.GenerateKey(rand.Reader, "forged")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(signing)
	if err != nil {
		t.Fatal(err)
	}
	return &forger{t: t, signer: signer, key: verifying}
}

// group adds a group of events, each an ID and a body.
func (f *forger) group(events ...[2]string) {
	g := &group{groupHead: groupHead{first: f.edge.Size, end: f.edge.Size + uint64(len(events))}, received: 1}
	for _, e := range events {
		p, err := newStoredPending(appendEventKey(nil, time.Unix(1, 0), e[0], "t"), []byte(e[1]))
		if err != nil {
			f.t.Fatal(err)
		}
		g.events = append(g.events, p)
	}
	f.edge, _ = g.hash(f.edge)
	g.root = f.edge.Root()
	f.groups = g.appendBackup(f.groups)
}

type forgedFrame struct {
	kind    byte
	content []byte
}

// frames returns the frames of a sound backup of the groups, without its end.
func (f *forger) frames(change func(*backupHeader)) []forgedFrame {
	l := &Log{signer: f.signer}
	checkpoint, err := l.sign(f.edge.Size, f.edge.Root())
	if err != nil {
		f.t.Fatal(err)
	}
	h := backupHeader{Version: backupVersion, VerifierKey: f.key, TreeSize: f.edge.Size, Checkpoint: string(checkpoint)}
	if change != nil {
		change(&h)
	}
	header, err := json.Marshal(h)
	if err != nil {
		f.t.Fatal(err)
	}
	return []forgedFrame{{frameHeader, header}, {frameWindow, []byte{0}}, {frameGroups, f.groups}}
}

// write writes the frames with a good end.
func (f *forger) write(frames []forgedFrame) []byte {
	var b bytes.Buffer
	w, err := newFrameWriter(&b)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, frame := range frames {
		if err := w.frame(frame.kind, frame.content); err != nil {
			f.t.Fatal(err)
		}
	}
	end, err := note.Sign(&note.Note{Text: backupEnd(f.edge.Size, w.sum.Sum(nil))}, f.signer)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := w.frame(frameEnd, end); err != nil {
		f.t.Fatal(err)
	}
	return b.Bytes()
}

var quietRestore = RestoreOptions{MinFreeBytes: 1, Logger: slog.New(slog.DiscardHandler)}

const goodBody = `,"action":"a"}`

// TestRestoreForged: what is signed but cannot be a log is refused, and leaves nothing.
func TestRestoreForged(t *testing.T) {
	good := func() *forger {
		f := newForger(t)
		f.group([2]string{"a", goodBody}, [2]string{"b", goodBody})
		f.group([2]string{"c", goodBody})
		return f
	}
	f := good()
	forgedRestore(t, "a sound one", f.write(f.frames(nil)), "")
	f.group([2]string{"a", goodBody})
	forgedRestore(t, "an ID twice", f.write(f.frames(nil)), `event ID "a" is there twice`)
	f = newForger(t)
	f.group([2]string{"a", "x"})
	forgedRestore(t, "no body", f.write(f.frames(nil)), "event 0")

	f = good()
	forged := func(name, want string, change func(*backupHeader)) {
		t.Helper()
		forgedRestore(t, name, f.write(f.frames(change)), want)
	}
	forged("version", "version 2, this program knows 1", func(h *backupHeader) { h.Version = 2 })
	forged("tree size", "tree size 4", func(h *backupHeader) { h.TreeSize = 4 })
	forged("dropped", "do not make a tree", func(h *backupHeader) { h.Dropped.End = 256 })
	forged("memtable", "memtable of", func(h *backupHeader) { h.Store.MemTableBytes = 1 << 40 })
	forged("key", "with key", func(h *backupHeader) { h.WithKey = true })
	forged("verifier", "header", func(h *backupHeader) { h.VerifierKey = "x" })

	with := func(name, want string, frames ...forgedFrame) {
		t.Helper()
		forgedRestore(t, name, f.write(append(f.frames(nil), frames...)), want)
	}
	with("a second window in a tile", "window 3 begins", forgedFrame{frameWindow, []byte{3}})
	with("groups again", "where 3 of 3 was next", forgedFrame{frameGroups, f.groups})
	with("expired IDs of nothing", "removed window", forgedFrame{frameExpired, []byte{0}})
	with("half a record", "record 0", forgedFrame{frameRecords, []byte{1, 'k', 200}})
	with("a key late", "frame of kind", forgedFrame{frameKey, nil})
	with("an unknown frame", "frame of kind", forgedFrame{'?', nil})
	with("no frame is empty", "group head", forgedFrame{frameGroups, nil})
}

// TestForgedEvents: bodies that no log would store, under good hashes, are damage to whoever reads them and stop nobody else.
func TestForgedEvents(t *testing.T) {
	f := newForger(t)
	for _, body := range []string{",x", ",\"details\":}", ",\xff\xff", `,"resources":[{"type":7}]}`, ",}", `,"action":"a"}}`} {
		f.group([2]string{body, body})
	}
	f.group([2]string{"good", goodBody})
	dir := filepath.Join(t.TempDir(), "log")
	if _, err := Restore(context.Background(), dir, bytes.NewReader(f.write(f.frames(nil))), quietRestore); err != nil {
		t.Fatal(err)
	}
	l, err := Open(Options{Dir: dir, MinFreeBytes: 1, Logger: quietRestore.Logger})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	all := Tenants{All: true}
	if _, err := l.Search(context.Background(), Query{Tenants: all, Limit: 10}); !errors.Is(err, ErrDamaged) {
		t.Errorf("search: %v", err)
	}
	if e, err := l.Get(context.Background(), all, "good"); err != nil || e.Action != "a" {
		t.Errorf("get: %v", err)
	}
}

func forgedRestore(t *testing.T, name string, data []byte, want string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "log")
	_, err := Restore(context.Background(), dir, bytes.NewReader(data), quietRestore)
	if want == "" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, want %q", name, err, want)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: the restore left something", name)
	}
}

// FuzzBackup reads anything: as it is, and as frames in a sound backup, which no checksum keeps from the decoders.
func FuzzBackup(f *testing.F) {
	forge := newForger(f)
	forge.group([2]string{"a", goodBody}, [2]string{"b", goodBody})
	var seed []byte
	for _, frame := range forge.frames(nil)[1:] {
		seed = appendPart(append(seed, frame.kind), frame.content)
	}
	f.Add(seed)
	f.Add(appendPart(append(seed, frameRecords), []byte("\x01k\x01a\x01b")))
	f.Add(appendPart(nil, binary.AppendUvarint([]byte{frameExpired}, 1<<63)))
	f.Add(forge.write(forge.frames(nil)))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = VerifyBackup(context.Background(), bytes.NewReader(data), nil)
		frames := forge.frames(nil)[:1]
		for p := (parts{rest: data}); len(p.rest) > 1; {
			kind := p.rest[0]
			p.rest = p.rest[1:]
			frames = append(frames, forgedFrame{kind, p.part()})
		}
		report, err := VerifyBackup(context.Background(), bytes.NewReader(forge.write(frames)), nil)
		if err == nil && report.Events != 2 {
			t.Errorf("%+v passes for the backup of 2 events", report)
		}
	})
}
