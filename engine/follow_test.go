package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestFollowLost: a follower gets what is there and is then told what is lost; it neither waits for that nor goes round in circles.
func TestFollowLost(t *testing.T) {
	l, w := sealedLog(t, 256)
	w.end.Store(200)
	l.checkEnd(w, 256)
	follow := func(from uint64) (n int, err error) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err = l.Follow(ctx, Tenants{All: true}, nil, from, func(*Event) error { n++; return nil }, func(uint64) error { return errStop })
		return n, err
	}
	for _, from := range []uint64{200, 210, 255} {
		_, err := follow(from)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "window 00000000000000000000") || !strings.Contains(err.Error(), "seq 200 to 256") {
			t.Errorf("follow from %d: %v", from, err)
		}
	}
	if _, err := follow(0); !errors.Is(err, ErrDamaged) { // behind what is there, or at once: the window is damaged
		t.Errorf("follow from 0: %v", err)
	}
	if n, err := follow(256); err != errStop || n != 10 {
		t.Errorf("follow from 256: %d events, %v", n, err)
	}
	// The newest window's end may be lost too.
	last := l.list()[1]
	last.mu.Lock()
	last.damage = "ends at seq 266, but the signed checkpoint says 300"
	last.mu.Unlock()
	if _, err := follow(266); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "seq 256 to 266") {
		t.Errorf("follow from the end: %v", err)
	}
}
