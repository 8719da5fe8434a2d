package auth

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"annals/httpapi/reply"
)

// Guessing is slowed down in four ways, and a guesser elsewhere does not keep the rightful owner out:
//
//   - the name and the network it is tried from: pauses grow after five failures. Others' failures elsewhere do not count for the owner;
//   - the name, from networks that its owner has never signed in from: what many addresses together may try. The owner's own networks,
//     which the account remembers, are not counted and not refused;
//   - the network, whatever the names: what one place may try;
//   - the second factor of an account, for who has the password already. Recovery codes, too long to be guessed, count for the network only.
//
// And a credential's key ID from a network is refused for five minutes after five failures, as Huawei's are: its secret is too long to be guessed
// anyhow, and the failure of one client must not stop another one elsewhere that uses the key rightly.
//
// Who shares a network with the owner, or has the password, does slow the owner down, by the longest pause at most.
//
// Names are counted as they are typed, whether there is such an account or not. While a pause lasts even the right password is refused,
// without a look at it. Nothing is kept on disk: a restart forgives.
var (
	pairRule    = lockRule{free: 5, first: 10 * time.Second, most: 15 * time.Minute, forgiven: 12 * time.Minute}
	nameRule    = lockRule{free: 50, first: 10 * time.Second, most: 15 * time.Minute, forgiven: 5 * time.Minute}
	networkRule = lockRule{free: 30, first: 10 * time.Second, most: 15 * time.Minute, forgiven: 2 * time.Minute}
	factorRule  = lockRule{free: 5, first: 10 * time.Second, most: time.Hour, forgiven: 30 * time.Minute}
	keyRule     = lockRule{free: 5, first: 5 * time.Minute, most: 5 * time.Minute, forgiven: time.Minute}
)

// lockRule is how failures turn into pauses. In the long run one try is left in every forgiven.
type lockRule struct {
	free        int           // failures after which the first pause comes
	first, most time.Duration // pauses; each is twice as long as the one before
	forgiven    time.Duration // after which one failure no longer counts
}

func (r lockRule) pause(failures int) time.Duration {
	if failures < r.free {
		return 0
	}
	pause := r.first
	for range failures - r.free {
		if pause *= 2; pause >= r.most {
			return r.most
		}
	}
	return pause
}

// maxLocks bounds the memory of one kind of lock to a few megabytes. What was tried the longest ago is forgotten first.
const maxLocks = 16 << 10

// locks count the failures of many keys.
type locks[K comparable] struct {
	rule lockRule

	mu     sync.Mutex // guards what follows
	keys   map[K]*list.Element
	recent *list.List // of *tries[K], the last tried first
}

type tries[K comparable] struct {
	key      K
	failures int
	counted  time.Time // since when the oldest failure has been on its way to be forgiven
	until    time.Time // the pause's end
	told     bool      // the pause was
}

func newLocks[K comparable](rule lockRule) *locks[K] {
	return &locks[K]{rule: rule, keys: map[K]*list.Element{}, recent: list.New()}
}

// take counts a try as failed before it is made, so that many at once are no way around; forget or undo takes that back. While a pause lasts
// it counts nothing and says how long, and whether that is said for the first time.
func (l *locks[K]) take(key K, now time.Time) (wait time.Duration, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tries(key, now)
	if wait := t.until.Sub(now); wait > 0 {
		first, t.told = !t.told, true
		return wait, first
	}
	if passed := int(now.Sub(t.counted) / l.rule.forgiven); passed > 0 {
		t.failures, t.counted = max(0, t.failures-passed), t.counted.Add(time.Duration(passed)*l.rule.forgiven)
	}
	if t.failures++; t.failures == 1 {
		t.counted = now
	}
	t.until, t.told = now.Add(l.rule.pause(t.failures)), false
	return 0, false
}

// paused returns how long a key's pause lasts still; 0: there is none. It counts nothing.
func (l *locks[K]) paused(key K, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.keys[key]; ok {
		return max(0, at.Value.(*tries[K]).until.Sub(now))
	}
	return 0
}

// undo takes one try back, as if it had not been.
func (l *locks[K]) undo(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.keys[key]; ok {
		t := at.Value.(*tries[K])
		t.failures, t.until = max(0, t.failures-1), time.Time{}
	}
}

// forget takes all tries back.
func (l *locks[K]) forget(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.keys[key]; ok {
		delete(l.keys, key)
		l.recent.Remove(at)
	}
}

// tries returns a key's. The caller holds mu.
func (l *locks[K]) tries(key K, now time.Time) *tries[K] {
	if at, ok := l.keys[key]; ok {
		l.recent.MoveToFront(at)
		return at.Value.(*tries[K])
	}
	if len(l.keys) >= maxLocks {
		delete(l.keys, l.recent.Remove(l.recent.Back()).(*tries[K]).key)
	}
	t := &tries[K]{key: key, counted: now}
	l.keys[key] = l.recent.PushFront(t)
	return t
}

// pair is a name as it was typed, folded, and where it was typed.
type pair struct {
	name    string
	network netip.Addr
}

// guards are all locks.
type guards struct {
	pairs    *locks[pair]
	names    *locks[string]
	networks *locks[netip.Addr]
	factors  *locks[string] // by account ID
	uses     *locks[keyUse] // of credentials
}

func newGuards() guards {
	return guards{newLocks[pair](pairRule), newLocks[string](nameRule), newLocks[netip.Addr](networkRule), newLocks[string](factorRule), newLocks[keyUse](keyRule)}
}

// guess is one try of a password, counted as failed until it turns out otherwise.
type guess struct {
	guards
	pair
	known bool // the owner has signed in from the network before
}

// try counts a try of a password, or refuses it.
func (g guards) try(p pair, known bool, now time.Time) (*guess, error) {
	if wait, first := g.networks.take(p.network, now); wait > 0 {
		return nil, told(locked(wait), first)
	}
	if wait, first := g.pairs.take(p, now); wait > 0 {
		g.networks.undo(p.network)
		return nil, told(locked(wait), first)
	}
	if known {
		return &guess{g, p, true}, nil
	}
	if wait, first := g.names.take(p.name, now); wait > 0 {
		g.networks.undo(p.network)
		g.pairs.undo(p)
		return nil, told(locked(wait), first)
	}
	return &guess{g, p, false}, nil
}

// right forgives what was tried before with the name from the network. The network's other failures stay, else somebody with an account
// could go on guessing for those of others.
func (t *guess) right() {
	t.pairs.forget(t.pair)
	t.undoShared()
}

// void is for a try that was not made.
func (t *guess) void() {
	t.pairs.undo(t.pair)
	t.undoShared()
}

func (t *guess) undoShared() {
	t.networks.undo(t.network)
	if !t.known {
		t.names.undo(t.name)
	}
}

// tryFactor counts a try of a second factor, or refuses it.
func (g guards) tryFactor(network netip.Addr, account string, recovery bool, now time.Time) error {
	if wait, first := g.networks.take(network, now); wait > 0 {
		return told(locked(wait), first)
	}
	if recovery {
		return nil
	}
	if wait, first := g.factors.take(account, now); wait > 0 {
		g.networks.undo(network)
		return told(locked(wait), first)
	}
	return nil
}

// rightFactor forgives an account's tries before a right one, and the network that one.
func (g guards) rightFactor(network netip.Addr, account string) {
	g.factors.forget(account)
	g.networks.undo(network)
}

// voidFactor is for a try that was not made.
func (g guards) voidFactor(network netip.Addr, account string, recovery bool) {
	g.networks.undo(network)
	if !recovery {
		g.factors.undo(account)
	}
}

func locked(wait time.Duration) *reply.Problem {
	return reply.TooMany(wait, "too many tries have failed, from here or with this name")
}

// told marks a refusal that was told before in the same pause: one event of it is enough.
func told(err error, first bool) error {
	if first {
		return err
	}
	return &repeated{err}
}

type repeated struct{ error }

func (r *repeated) Unwrap() error { return r.error }
