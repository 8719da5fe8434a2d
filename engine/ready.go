package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// NotReady is why a log takes no writes or cannot answer completely. Its text is the operator's: it may have event IDs, tenants and paths in it. As an
// error it wraps all reasons.
type NotReady struct{ reasons []notReady }

type notReady struct {
	err    error
	public string
}

// Public says the same for everyone: no more than what kind of trouble there is, windows and seqs. The log tells its Logger the rest when it finds it.
func (n *NotReady) Public() string {
	var all []string
	for _, r := range n.reasons {
		all = append(all, r.public)
	}
	return strings.Join(all, "; ")
}

func (n *NotReady) Error() string { return errors.Join(n.Unwrap()...).Error() }

// Unwrap returns the reasons.
func (n *NotReady) Unwrap() (all []error) {
	for _, r := range n.reasons {
		all = append(all, r.err)
	}
	return all
}

func (n *NotReady) add(err error, public string) {
	if err != nil {
		n.reasons = append(n.reasons, notReady{err, public})
	}
}

// Ready returns nil when the log takes writes, every window and the records can be read and the index can be fed and written, else a *NotReady.
func (l *Log) Ready() error {
	n := new(NotReady)
	if l.stopping() {
		n.add(ErrClosed, ErrClosed.Error())
		return n
	}
	for _, d := range l.damagedIDs {
		n.add(d, fmt.Sprintf("IDs of the expired window %020d are damaged", d.window))
	}
	n.add(l.records.err(), "records are damaged")
	if err := l.failed.Load(); err != nil {
		n.add(*err, ErrFailed.Error())
	}
	n.guard(l.guard.err())
	if l.o.Index != nil {
		n.add(l.o.Index.Stats().Failure, "the index cannot be written")
	}
	for _, w := range l.list() {
		n.window(w)
	}
	if len(n.reasons) == 0 {
		return nil
	}
	return n
}

func (n *NotReady) guard(err error) {
	public := "free space cannot be measured"
	if errors.Is(err, ErrDiskFull) {
		public = ErrDiskFull.Error()
	}
	n.add(err, public)
}

func (n *NotReady) window(w *window) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.damage != "" {
		n.add(w.damaged(nil), w.name()+" is damaged")
	}
	if t := w.trouble; t != nil {
		n.add(w.damaged(t), fmt.Sprintf("%s: the index cannot be fed since %s", w.name(), t.since.UTC().Format(time.RFC3339)))
	}
}
