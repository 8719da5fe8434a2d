package auth

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"annals/httpapi/reply"
)

func TestLockRule(t *testing.T) {
	f := func(failures int, want time.Duration) {
		t.Helper()
		if got := pairRule.pause(failures); got != want {
			t.Errorf("after %d failures %v, want %v", failures, got, want)
		}
	}
	f(0, 0)
	f(4, 0)
	f(5, 10*time.Second)
	f(6, 20*time.Second)
	f(10, 320*time.Second)
	f(12, 15*time.Minute)
	f(1<<20, 15*time.Minute)
}

// After five failures there are pauses, which grow, in which the right password is refused too and costs no hash: for unknown names alike.
func TestLockout(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	for _, name := range []string{"amy", "nobody"} {
		b := d.browser()
		wait := func(want time.Duration) {
			t.Helper()
			before := d.hasher.computed.Load()
			_, _, err := d.SignIn(httptest.NewRecorder(), b.request(), name, goodPassword)
			w := httptest.NewRecorder()
			reply.Error(w, b.request(), err)
			if got := w.Header().Get("Retry-After"); w.Code != 429 || got != fmt.Sprint(want.Seconds()) || d.hasher.computed.Load() != before {
				t.Errorf("%s: %d, Retry-After %s, want %v; %d hashes", name, w.Code, got, want, d.hasher.computed.Load()-before)
			}
		}
		fail := func() {
			t.Helper()
			if status, _ := b.signIn(name, "wrong"); status != 401 {
				t.Errorf("%s: status %d", name, status)
			}
		}
		for range 5 {
			fail()
		}
		wait(10 * time.Second)
		d.clock = d.clock.Add(4 * time.Second)
		wait(6 * time.Second)
		d.clock = d.clock.Add(6 * time.Second)
		fail()
		wait(20 * time.Second)
		d.clock = d.clock.Add(time.Hour) // five are forgiven
		for range 4 {
			fail()
		}
		wait(10 * time.Second)
		d.clock = d.clock.Add(10 * time.Second)
	}
	b := d.browser()
	if status, _ := b.signIn("amy", goodPassword); status != 200 {
		t.Fatalf("status %d", status)
	}
	for range 4 { // forgiven altogether
		if status, _ := b.signIn("amy", "wrong"); status != 401 {
			t.Errorf("status %d", status)
		}
	}
}

// A guesser at many addresses gets no further than nameRule allows, and keeps the owner out nowhere where the owner has been before.
func TestLockoutSparesTheOwner(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	owner := d.browser()
	owner.address = "2001:db8:1:2::7"
	if status, _ := owner.signIn("amy", goodPassword); status != 200 {
		t.Fatal(status)
	}
	tries := func(name string, n int) (looked int) {
		for i := range n {
			b := &browser{doors: d, address: fmt.Sprintf("2001:db8:5:%x::1", i)}
			if status, _ := b.signIn(name, "wrong"); status == 401 {
				looked++
			}
		}
		return looked
	}
	for _, name := range []string{"amy", "nobody"} {
		if n := tries(name, 500); n != nameRule.free {
			t.Errorf("%s: %d tries were looked at", name, n)
		}
	}
	d.clock = d.clock.Add(24 * time.Hour)
	if n := tries("amy", 500); n > nameRule.free {
		t.Errorf("a day later %d", n)
	}
	stranger := &browser{doors: d, address: "198.51.100.1"}
	if status, _ := stranger.signIn("amy", goodPassword); status != 429 {
		t.Errorf("a new network: status %d", status)
	}
	d.reopen(t)
	_ = tries("amy", 500)
	owner.address = "2001:db8:1:2:ffff::1" // of the same network
	if status, _ := owner.signIn("amy", goodPassword); status != 200 {
		t.Errorf("the owner: status %d", status)
	}
}

// One address cannot go through many names, nor reset that by signing in to an account of its own.
func TestLockoutOfNetwork(t *testing.T) {
	d := openDoors(t)
	d.person(t, "own")
	b := d.browser()
	looked := 0
	for i := range 200 {
		if status, _ := b.signIn(fmt.Sprintf("name%d", i), "wrong"); status == 401 {
			looked++
		}
		b.signIn("own", goodPassword)
	}
	if looked != networkRule.free {
		t.Errorf("%d tries were looked at", looked)
	}
}

// Tries that come at once are counted before any has failed.
func TestLockoutAtOnce(t *testing.T) {
	d := openDoors(t)
	var looked atomic.Int32
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if status, _ := d.browser().signIn("amy", "wrong"); status == 401 {
				looked.Add(1)
			}
		})
	}
	all.Wait()
	if looked.Load() != int32(pairRule.free) {
		t.Errorf("%d tries were looked at", looked.Load())
	}
}

func (l *locks[K]) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys)
}

func TestLocksForgetTheOldest(t *testing.T) {
	l := newLocks[int](pairRule)
	now := time.Unix(0, 0)
	for range pairRule.free {
		l.take(-1, now)
	}
	for i := range maxLocks - 1 {
		l.take(i, now)
	}
	if wait, _ := l.take(-1, now); wait == 0 {
		t.Error("forgotten too early")
	}
	l.take(maxLocks, now) // in the place of 0
	if l.take(-1, now); len(l.keys) != maxLocks || l.recent.Len() != maxLocks || l.keys[0] != nil {
		t.Errorf("%d keys, %d in the list", len(l.keys), l.recent.Len())
	}
}

// Who has the password guesses codes no faster than factorRule allows, in whatever sessions and from wherever; a recovery code works all the
// same.
func TestLockoutOfSecondFactor(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	_, recovery := d.enrol(t, "amy")
	looked := 0
	for i := range 20 {
		b := &browser{doors: d, address: fmt.Sprintf("198.51.100.%d", i)}
		b.signIn("amy", goodPassword)
		caller := b.is(t, Pending, 200)
		_, err := d.SecondFactor(httptest.NewRecorder(), b.request(), caller, "000000")
		if errors.Is(err, errSecondFactor) {
			looked++
		} else if statusOf(err) != 429 {
			t.Errorf("%v", err)
		}
	}
	if looked != factorRule.free {
		t.Errorf("%d codes were looked at", looked)
	}
	b := d.browser()
	b.signIn("amy", goodPassword)
	w := httptest.NewRecorder()
	if _, err := d.SecondFactor(w, b.request(), b.is(t, Pending, 200), recovery[0]); err != nil {
		t.Error(err)
	}
	b.keep(w)
	b.is(t, Self, 200)
}
