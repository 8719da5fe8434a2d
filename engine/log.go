package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"annals/engine/merkle"

	"golang.org/x/mod/sumdb/note"
)

// Options configure a log. Only Dir is required.
type Options struct {
	Dir          string           // data directory, created if missing
	Index        Index            // nil: every search reads the log itself (slow, exact)
	Retention    time.Duration    // windows whose events are all older are removed; 0: keep for ever
	Origin       string           // name in checkpoints; "" means one made at the first start
	WindowEvents uint64           // events in a window before the next is begun, a multiple of 256; 0 means 524,288
	WindowBytes  int64            // content bytes in a window before the next is begun; 0 means 1 GiB
	MaxLag       uint64           // events not yet indexed before Append waits for the index; 0 means 60,000
	MaxLagBytes  int64            // bytes of events not yet indexed before Append waits for the index; 0 means 48 MiB
	MinFreeBytes uint64           // writes are refused below this much free space; 0 means 512 MiB
	Logger       *slog.Logger     // nil: slog.Default()
	Now          func() time.Time // nil: time.Now
	Faults       *Faults          // nil outside of tests

	memTable int64 // tests of large manifests, and a restore from one
	unsynced bool  // a restore's log is on disk when its stores are closed, not before
}

// Faults lets tests break the steps where a disk can fail. A nil member does nothing.
type Faults struct {
	// BeforeCommit's error stands for a commit that failed and wrote nothing.
	BeforeCommit func() error
	// AfterCommit's error stands for a commit that was written and yet reported as failed.
	AfterCommit func() error
	// FreeSpace replaces the file system's answer.
	FreeSpace func() (bytes, inodes uint64, err error)
}

func (o *Options) fill() error {
	if o.Dir == "" {
		return errors.New("no data directory given")
	}
	if o.WindowEvents == 0 {
		o.WindowEvents = 1 << 19
	}
	if o.WindowEvents%merkle.TileLeaves != 0 {
		return fmt.Errorf("window of %d events: must be a multiple of %d", o.WindowEvents, merkle.TileLeaves)
	}
	if o.WindowBytes == 0 {
		o.WindowBytes = 1 << 30
	}
	if o.MaxLag == 0 {
		o.MaxLag = 60_000
	}
	if o.MaxLagBytes == 0 {
		o.MaxLagBytes = 48 << 20
	}
	if o.MinFreeBytes == 0 {
		o.MinFreeBytes = 512 << 20
	}
	if o.memTable == 0 {
		o.memTable = memTableBytes
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Faults == nil {
		o.Faults = &Faults{}
	}
	return nil
}

// Log is the durable, append-only sequence of events. All methods may be called concurrently.
//
// One goroutine, the committer, owns the right edge: it takes what Append queued, writes it as one group and
// publishes the new size. Everyone else reads at the published size. Another, the indexer, is a follower that
// feeds the index; a third keeps house (sealing, retention, checkpoints, guards).
type Log struct {
	o       Options
	lock    *os.File
	signer  note.Signer
	key     string // the verifier key
	records *Records
	metrics *metrics
	started time.Time

	mu         sync.RWMutex  // guards windows (replaced, never changed in place) and dropped
	windows    []*window     // by first; the last takes new events
	dropped    merkle.Edge   // the tree to the left of windows[0]
	expired    []*expiredIDs // the IDs of dropped windows; replaced, never changed in place
	damagedIDs []*damagedIDs // set by Open
	manifest   sync.Mutex    // held while the manifest is made and written
	retaining  sync.Mutex    // held while retention runs
	keep       sync.RWMutex  // read-held by backups: retention removes nothing meanwhile

	size     atomic.Uint64 // published: every event below is durable
	queue    commitQueue
	edge     merkle.Edge // committer's: the tree as of size
	pager    seqPager    // committer's
	scratch  scratch     // committer's
	rollAt   uint64      // committer's: the seq at which the next window begins; 0: not decided
	failed   atomic.Pointer[error]
	guard    guard
	pages    pageBudget
	recent   recent
	tenants  tenantCounts
	publish  notifier   // told whenever size grows
	indexed  notifier   // told whenever the index has taken in events
	rolled   notifier   // told whenever a window is full
	reindex  notifier   // told when a window is to be fed to the index again
	indexing sync.Mutex // held while the index takes in a batch or starts over

	checkpoint checkpointFile
	stop       chan struct{} // closed by Close
	closing    sync.Once
	closed     error
	workers    sync.WaitGroup
}

// Size returns the number of events made durable so far, dropped ones included; it is the next event's seq.
func (l *Log) Size() uint64 { return l.size.Load() }

// Records returns the small store for what changes and outlives windows.
func (l *Log) Records() *Records { return l.records }

// VerifierKey returns the key that verifies the log's checkpoints, in note format.
func (l *Log) VerifierKey() string { return l.key }

// list returns the live windows, by first.
func (l *Log) list() []*window {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.windows
}

// windowOf returns the window that holds the seq, nil if there is none.
func windowOf(windows []*window, seq uint64) *window {
	i, found := slices.BinarySearchFunc(windows, seq, func(w *window, seq uint64) int {
		if w.first < seq {
			return -1
		} else if w.first > seq {
			return 1
		}
		return 0
	})
	if !found {
		i--
	}
	if i < 0 || seq >= windows[i].end.Load() {
		return nil
	}
	return windows[i]
}

// saveManifest writes down which windows there are.
func (l *Log) saveManifest() error {
	l.manifest.Lock()
	defer l.manifest.Unlock()
	m := manifest{Version: manifestVersion, Store: manifestStoreSize{l.o.memTable}}
	l.mu.RLock()
	windows := l.windows
	m.Dropped = droppedEdge(l.dropped)
	l.mu.RUnlock()
	for _, w := range windows {
		m.Windows = append(m.Windows, w.manifest())
	}
	return writeManifest(l.o.Dir, m)
}

// Tenants lists the tenants that have events, sorted. Callers share the list and must not change it.
func (l *Log) Tenants() []string { return l.tenants.list() }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// fail stops all writes: a commit's outcome is unknown, and only opening the log again tells.
func (l *Log) fail(err error) error {
	err = fmt.Errorf("%w: %w", ErrFailed, err)
	if l.failed.CompareAndSwap(nil, &err) {
		l.o.Logger.Error("commit failed; the log takes no more writes until it is opened again", "err", err)
	}
	return err
}

// Close makes everything durable and releases the directory. Appends and searches under way end with ErrClosed or finish.
func (l *Log) Close() error {
	l.closing.Do(func() {
		close(l.stop)
		l.workers.Wait()
		l.queue.drain(ErrClosed)
		l.closed = l.closeFiles()
	})
	return l.closed
}

func (l *Log) closeFiles() error {
	l.keep.Lock() // a backup reads the expired IDs
	defer l.keep.Unlock()
	var errs []error
	if l.failed.Load() == nil {
		errs = append(errs, l.saveCheckpoint())
	}
	if l.o.Index != nil {
		if err := l.o.Index.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close index: %w", err))
		}
	}
	for _, w := range slices.Backward(l.list()) {
		errs = append(errs, w.shutDown())
	}
	for _, ids := range l.expired {
		errs = append(errs, ids.close())
	}
	errs = append(errs, l.records.close(), l.lock.Close())
	return errors.Join(errs...)
}
