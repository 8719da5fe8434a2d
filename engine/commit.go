package engine

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"annals/engine/merkle"

	"github.com/dgraph-io/badger/v4"
)

// commitLoop is the committer. It takes everything that is queued, without a timer: while one group is being synced the next one gathers.
func (l *Log) commitLoop() {
	defer l.workers.Done()
	defer l.queue.drain(ErrClosed) // retention may wait for its trace, and Close for retention
	var work []*appendRequest
	for {
		if len(work) == 0 {
			select {
			case <-l.queue.wake:
			case <-l.stop:
				return
			}
			work = l.queue.take() // and no more before these are done: what waits is bounded
		}
		work = l.commitNext(work)
	}
}

// commitNext commits one group from the head of work and returns what is left of it.
func (l *Log) commitNext(work []*appendRequest) []*appendRequest {
	if err := l.committable(); err != nil {
		return finishAll(work, err)
	}
	if err := l.rollIfFull(); err != nil {
		return finishAll(work, l.fail(err))
	}
	g, full := l.newGroup(), false
	if err := l.guard.room(l, uint64(g.maxBytes)); err != nil {
		if work = refuseOthers(work, err); len(work) == 0 {
			return nil
		}
	}
	placed := 0 // requests of which nothing is left to place
	for _, r := range work {
		if full = l.placeRequest(g, r); full {
			break
		}
		placed++
	}
	if err := l.commit(g); err != nil {
		return finishAll(work, l.fail(err))
	}
	for _, r := range work[:placed] {
		r.finish(nil)
	}
	return slices.Delete(work, 0, placed)
}

func finishAll(work []*appendRequest, err error) []*appendRequest {
	for _, r := range work {
		r.finish(err)
	}
	return nil
}

// refuseOthers finishes all but the log's own requests, which free space, and returns those.
func refuseOthers(work []*appendRequest, err error) []*appendRequest {
	return slices.DeleteFunc(work, func(r *appendRequest) bool {
		if !r.house {
			r.finish(err)
		}
		return !r.house
	})
}

// group is one commit in the making.
type group struct {
	groupHead
	w        *window
	received int64
	events   []*pending
	limit    uint64 // seqs from here on belong to the next window
	bytes    int64
	maxBytes int64
	maxCount int
}

func (l *Log) newGroup() *group {
	w := l.list()[len(l.list())-1]
	first := l.size.Load()
	g := &group{groupHead: groupHead{first: first, end: first}, w: w, received: l.o.Now().UnixNano(), limit: l.windowLimit(w)}
	// Badger refuses a transaction over its limits. An event is an entry and a part of a seq page, which is one; the group's head is one.
	g.maxBytes, g.maxCount = w.db.MaxBatchSize()*9/10-4096, int(w.db.MaxBatchCount()*3/4)
	rand.Read(g.secret[:])
	return g
}

// placeRequest puts the rest of a request's events into the group and reports whether the group was full before the end.
func (l *Log) placeRequest(g *group, r *appendRequest) (full bool) {
	for ; r.next < len(r.events); r.next++ {
		p := r.events[r.next]
		cost := int64(2*len(p.event.ID) + 2*len(p.event.Tenant) + len(p.body) + 160)
		if g.end == g.limit || len(g.events) == g.maxCount || g.bytes+cost > g.maxBytes {
			return true
		}
		known, err := l.findDuplicate(g, p)
		if err != nil {
			// Whether the event is new cannot be told: it is not placed, but the others of its request are.
			p.out.Status, p.out.Err = Unavailable, fmt.Errorf("look up event ID %q: %w", p.event.ID, err)
			l.metrics.rejected(string(Unavailable), 1)
			continue
		}
		if known {
			continue
		}
		p.event.Seq, p.event.Received = g.end, time.Unix(0, g.received).UTC()
		p.out.Seq, p.out.Status = g.end, Created
		g.w.mu.Lock()
		g.w.ids.(*openIDs).add(p.key)
		g.w.mu.Unlock()
		g.events = append(g.events, p)
		g.bytes += cost
		g.end++
	}
	return false
}

// findDuplicate looks for an event with p's ID in its tenant. If there is one, it fills in the outcome.
func (l *Log) findDuplicate(g *group, p *pending) (known bool, err error) {
	l.scratch.found = l.findID(p.key, l.scratch.found[:0])
	for _, seq := range l.scratch.found {
		var same bool
		if seq >= g.first {
			old := g.events[seq-g.first]
			if old.event.ID != p.event.ID || old.event.Tenant != p.event.Tenant {
				continue
			}
			same = p.sameAs(old.digest, old.event.Time)
			p.decide(seq, same, old.digest)
		} else {
			key, digest, err := l.digestAt(seq)
			if errors.Is(err, errDropped) {
				continue // a moment ago; the ID is among the expired ones by now
			}
			if err != nil {
				return false, err
			}
			t, id, tenant, err := splitEventKey(key)
			if err != nil {
				return false, err
			}
			if id != p.event.ID || tenant != p.event.Tenant {
				continue
			}
			same = p.sameAs(digest, t)
			p.decide(seq, same, digest)
		}
		if !same {
			l.metrics.rejected("conflict", 1)
		}
		return true, nil
	}
	if seq, ok := l.findExpired(p.key, p.event.Tenant, p.event.ID); ok {
		p.out.Seq, p.out.Status = seq, Duplicate // its content is gone and cannot be compared
		return true, nil
	}
	return false, nil
}

// sameAs compares contents. A sender that left the time to the server gets another one at every retry; then it does not count.
func (p *pending) sameAs(digest [32]byte, t time.Time) bool {
	if p.digest == digest {
		return true
	}
	if p.timed {
		return false
	}
	content := append(appendHead(nil, p.event.ID, t, p.event.Tenant), p.body...)
	return contentDigest(content) == digest
}

func (p *pending) decide(seq uint64, same bool, digest [32]byte) {
	if same {
		p.out.Seq, p.out.Status = seq, Duplicate
		return
	}
	p.out.Status = Conflict
	p.out.Err = fmt.Errorf("%w: event ID %q is taken by other content: stored SHA-256 %s, sent %s", ErrConflict,
		p.event.ID, hex.EncodeToString(digest[:]), hex.EncodeToString(p.digest[:]))
}

// commit makes the group durable and publishes it. After an error nobody knows whether it is on disk.
func (l *Log) commit(g *group) error {
	if len(g.events) == 0 {
		return nil
	}
	begun := time.Now()
	l.guard.written.Add(uint64(g.bytes))
	edge, leaves := g.hash(l.edge)
	g.root = edge.Root()
	if err := l.writeGroup(g); err != nil {
		return err
	}
	l.edge = edge
	l.publishGroup(g, leaves)
	l.touch(g.bytes) // the memtables' logs are mapped too, and the tables that they become
	l.metrics.committed(len(g.events), time.Since(begun))
	return nil
}

// hash returns the tree with the group's leaves behind edge, and the leaves.
func (g *group) hash(edge merkle.Edge) (merkle.Edge, []merkle.Hash) {
	edge = edge.Clone()
	leaves := make([]merkle.Hash, len(g.events))
	for i := range g.events {
		leaves[i] = leafHash(&g.secret, g.first+uint64(i), g.received, g.events[i].digest)
		edge.Append(leaves[i])
	}
	return edge, leaves
}

// writeGroup is one transaction: all of the group or, after a crash, nothing of it.
func (l *Log) writeGroup(g *group) error {
	if hook := l.o.Faults.BeforeCommit; hook != nil {
		if err := hook(); err != nil {
			return err
		}
	}
	txn := g.w.db.NewTransactionAt(g.first, true)
	defer txn.Discard()
	keys, entries := l.scratch.lay(g)
	for i := range entries {
		if err := txn.SetEntry(&entries[i]); err != nil {
			return fmt.Errorf("write event %d: %w", g.first+uint64(i), err)
		}
	}
	pager, err := l.pager.entries(g.first, keys, func(key, page []byte) error { return txn.SetEntry(badger.NewEntry(key, page)) })
	if err != nil {
		return err
	}
	if err := txn.SetEntry(badger.NewEntry(groupKey(g.end-1), g.append(nil))); err != nil {
		return fmt.Errorf("write group %d: %w", g.first, err)
	}
	if err := txn.CommitAt(g.end, nil); err != nil {
		return fmt.Errorf("commit group %d: %w", g.first, err)
	}
	if !l.o.unsynced {
		if err := syncStore(g.w.db, g.bytes); err != nil {
			return fmt.Errorf("sync group %d: %w", g.first, err)
		}
	}
	if hook := l.o.Faults.AfterCommit; hook != nil {
		if err := hook(); err != nil {
			return err
		}
	}
	l.pager = pager
	return nil
}

// publishGroup lets readers see the group. The window's sums come first: whoever sees the new end finds them.
func (l *Log) publishGroup(g *group, leaves []merkle.Hash) {
	g.w.mu.Lock()
	for i := range g.events {
		e := g.events[i].event
		if fresh := g.w.meta.add(e.Time.UnixNano(), g.received, len(g.events[i].body), e.Tenant); fresh {
			l.tenants.add(e.Tenant)
		}
		g.w.addLeaf(leaves[i])
	}
	g.w.meta.root = g.root
	l.recent.add(g.events)
	g.w.end.Store(g.end)
	g.w.mu.Unlock()
	l.size.Store(g.end)
	l.publish.notify()
}

// windowLimit is the seq at which the window that takes new events ends and the next begins. Windows begin at multiples of a tile's
// leaves, so that no tile lies in two windows.
func (l *Log) windowLimit(w *window) uint64 {
	size := l.size.Load()
	if l.rollAt == 0 && (w.meta.bytes >= l.o.WindowBytes || size > w.first+l.o.WindowEvents || w.split.Load()) {
		l.rollAt = (size + merkle.TileLeaves - 1) / merkle.TileLeaves * merkle.TileLeaves
	}
	if l.rollAt != 0 {
		return l.rollAt
	}
	return w.first + l.o.WindowEvents
}

// rollIfFull begins the next window when the newest has reached its limit.
func (l *Log) rollIfFull() error {
	windows := l.list()
	w := windows[len(windows)-1]
	if size := l.size.Load(); size == w.first || size != l.windowLimit(w) {
		return nil
	}
	next, err := l.beginWindow(l.size.Load())
	if err != nil {
		return err
	}
	l.rollAt = 0
	l.mu.Lock()
	l.windows = append(slices.Clip(l.windows), next)
	l.mu.Unlock()
	if err := l.saveManifest(); err != nil {
		return err
	}
	l.rolled.notify() // the housekeeper seals the full one
	return nil
}
