package auth

import (
	"sync"
	"time"
)

// lockout refuses who has failed too often in a row. It is bounded: of many keys that fail it forgets some, so it keeps accidents and vendors' words,
// while secrets are too long to be guessed with or without it.
type lockout[K comparable] struct {
	most int           // failures in a row before a key is locked
	span time.Duration // how long it is locked, and how long a failure counts
	now  func() time.Time

	mu     sync.Mutex // guards failed
	failed map[K]failures
}

// failures are those of one key in a row.
type failures struct {
	n     int
	until time.Time // when they are forgotten, which for a locked key is when it is let in again
}

// maxFailing bounds the memory of one lockout to a few megabytes.
const maxFailing = 16 << 10

func newLockout[K comparable](most int, span time.Duration, now func() time.Time) *lockout[K] {
	return &lockout[K]{most: most, span: span, now: now, failed: map[K]failures{}}
}

// locked returns how long the key is locked still; 0: it is not.
func (l *lockout[K]) locked(key K) time.Duration {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.failed[key]; f.n >= l.most && now.Before(f.until) {
		return f.until.Sub(now)
	}
	return 0
}

// fail counts a failure, and reports whether it is the one that locks the key.
func (l *lockout[K]) fail(key K) bool {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	f, known := l.failed[key]
	if !now.Before(f.until) {
		f.n = 0
	}
	if !known && len(l.failed) >= maxFailing {
		for other := range l.failed { // any one: to look for the best would cost every failure of a flood
			delete(l.failed, other)
			break
		}
	}
	f.n++
	f.until = now.Add(l.span)
	l.failed[key] = f
	return f.n == l.most
}

// pass forgets the key's failures.
func (l *lockout[K]) pass(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.failed, key)
}
