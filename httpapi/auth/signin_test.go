package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/engine"
)

// kinds are what somebody may try to sign in to in vain, with a password that may be right.
func (d *doors) kinds(t testing.TB) map[string][2]string {
	t.Helper()
	d.person(t, "known")
	d.disable(t, d.person(t, "disabled").ID, true)
	d.waiting(t, "waiting")
	b := d.browser()
	if err := b.SignInAs(httptest.NewRecorder(), b.request(), Identity{Issuer: "https://id.example", Subject: "1", Login: "provided",
		Grants: []Grant{{Role: "reader", All: true}}}); err != nil {
		t.Fatal(err)
	}
	return map[string][2]string{"wrong password": {"known", "wrong"}, "wrong password for an address": {"known@example.com", "wrong"},
		"unknown": {"nobody", goodPassword}, "disabled": {"disabled", goodPassword}, "not set up": {"waiting", goodPassword},
		"of a provider": {"provided", goodPassword}, "no login": {"\x00 no login", goodPassword}}
}

// Whatever is wrong, the answer is the same, and one hash is computed: also where the right password is good, and none where a pause lasts.
func TestSignInRefusalsAreTheSame(t *testing.T) {
	d := openDoors(t)
	kinds := d.kinds(t)
	answers := map[string]bool{}
	for kind, try := range kinds {
		before := d.hasher.computed.Load()
		w := httptest.NewRecorder()
		_, _, err := d.SignIn(w, d.browser().request(), try[0], try[1])
		if status := statusOf(err); status != 401 || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s: status %d, cookies %v", kind, status, w.Result().Cookies())
		}
		if n := d.hasher.computed.Load() - before; n != 1 {
			t.Errorf("%s: %d hashes", kind, n)
		}
		answers[err.Error()] = true
	}
	if len(answers) != 1 {
		t.Errorf("refusals can be told apart: %v", answers)
	}
	before := d.hasher.computed.Load()
	if status, _ := d.browser().signIn("known", goodPassword); status != 200 || d.hasher.computed.Load() != before+1 {
		t.Errorf("right: status %d, %d hashes", status, d.hasher.computed.Load()-before)
	}
}

// TestSignInTakesTheSameTime compares the distributions of how long refusals take: whoever takes one time of each kind cannot tell better than by
// chance which of them was the longer. What other work on the machine adds, it adds to all of them.
func TestSignInTakesTheSameTime(t *testing.T) {
	d := openDoors(t)
	d.hasher.setCost(argonCost{memoryKiB: 2 << 10, passes: 2, lanes: 1})
	free := lockRule{free: 1 << 30, forgiven: time.Minute}
	d.guards.pairs.rule, d.guards.names.rule, d.guards.networks.rule = free, free, free
	kinds := d.kinds(t)
	took := map[string][]time.Duration{}
	for range 80 {
		for kind, try := range kinds { // in another order each time
			start := time.Now()
			_, _ = d.browser().signIn(try[0], try[1])
			took[kind] = append(took[kind], time.Since(start))
		}
	}
	const known = "wrong password"
	for kind := range kinds {
		if p := longer(took[kind], took[known]); p < 0.25 || p > 0.75 { // 5 standard deviations of chance, with 80 of each
			slices.Sort(took[kind])
			slices.Sort(took[known])
			t.Errorf("%s is longer than %s in %.0f of 100 pairs; medians %v and %v", kind, known, 100*p, took[kind][40], took[known][40])
		}
	}
	f := func(x, y time.Duration, want float64) {
		if p := longer([]time.Duration{x, x}, []time.Duration{y, 2}); p != want {
			t.Errorf("%v of %d and %d", p, x, y)
		}
	}
	f(3, 1, 1)
	f(2, 2, 0.5)
	f(1, 3, 0)
}

// longer returns how likely one of xs is longer than one of ys (Mann and Whitney's U, as a share of all pairs).
func longer(xs, ys []time.Duration) float64 {
	var u float64
	for _, x := range xs {
		for _, y := range ys {
			switch cmp.Compare(x, y) {
			case 1:
				u++
			case 0:
				u += 0.5
			}
		}
	}
	return u / float64(len(xs)*len(ys))
}

func TestSignInNamesTheMistake(t *testing.T) {
	d := openDoors(t)
	f := func(field, name, password string) {
		t.Helper()
		_, _, err := d.SignIn(httptest.NewRecorder(), d.browser().request(), name, password)
		if e, ok := errors.AsType[*engine.FieldError](err); !ok || e.Field != field {
			t.Errorf("%.20q, %.20q: %v, want a mistake in %s", name, password, err, field)
		}
	}
	f("login", " ", "x")
	f("login", strings.Repeat("x", MaxEmailBytes+1), "x")
	f("password", "x", "")
	f("password", "x", strings.Repeat("x", MaxPasswordBytes+1))
	if len(d.told()) != 0 || d.hasher.computed.Load() != 0 {
		t.Error("a mistake of form counts as a try")
	}
}

// A hash of an earlier cost is replaced at the next sign-in.
func TestSignInRenewsHash(t *testing.T) {
	d := openDoors(t)
	account := d.person(t, "amy")
	password := func() string { return d.accounts.find(account.ID).value.Load().Password }
	before := password()
	d.hasher.setCost(argonCost{memoryKiB: 128, passes: 2, lanes: 1})
	for range 2 {
		if status, _ := d.browser().signIn("amy", goodPassword); status != 200 {
			t.Fatal(status)
		}
	}
	after := password()
	if before == after || !strings.HasPrefix(after, "$argon2id$v=19$m=128,t=2,p=1$") || d.hasher.computed.Load() != 4 { // set-up, two for the first
		t.Errorf("%s, then %s, %d hashes", before, after, d.hasher.computed.Load())
	}
}

// A password that is taken away or changed while it is being checked lets nobody in.
func TestSignInLosesRaces(t *testing.T) {
	d := openDoors(t)
	account := d.person(t, "amy")
	acc := d.accounts.find(account.ID)
	epoch := acc.value.Load().Epoch
	if _, _, err := d.ResetAccount(root, account.ID, false); err != nil {
		t.Fatal(err)
	}
	err := d.accounts.change(acc, func(r *accountRecord) error { return r.signIn(epoch, true, d.clock, networkOf(d.browser().request())) })
	if !errors.Is(err, errCredentials) {
		t.Errorf("signed in: %v", err)
	}
	// And a session of then would be over from the start.
	b := d.browser()
	w := httptest.NewRecorder()
	if err := d.begin(w, b.request(), sessionRecord{Account: account.ID, Epoch: epoch}); err != nil {
		t.Fatal(err)
	}
	b.keep(w)
	b.is(t, Known, 401)
}

// Where a second factor comes on, or the account closes, while the password is being checked, that counts.
func TestSignInSeesTheAccountAsItIs(t *testing.T) {
	d := openDoors(t)
	account := d.person(t, "amy")
	inside := d.browser()
	inside.signIn("amy", goodPassword)
	caller := inside.is(t, Self, 200)
	key, err := d.BeginTOTP(inside.request(), caller, goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	signIn := func(meanwhile func()) (status int, secondFactor bool) {
		for range cap(d.hasher.turns) { // until it is this one's turn
			d.hasher.turns <- struct{}{}
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			status, secondFactor = d.browser().signIn("amy", goodPassword)
		}()
		for d.guards.pairs.count() == 0 { // a try is counted: the account has been looked at
			runtime.Gosched()
		}
		meanwhile()
		for range cap(d.hasher.turns) {
			<-d.hasher.turns
		}
		<-done
		return status, secondFactor
	}
	status, second := signIn(func() {
		if _, err := d.ConfirmTOTP(inside.request(), caller, d.code(t, key.Secret)); err != nil {
			t.Error(err)
		}
	})
	if status != 200 || !second {
		t.Errorf("status %d, second factor %v", status, second)
	}
	if status, _ = signIn(func() { d.disable(t, account.ID, true) }); status != 401 {
		t.Errorf("closed meanwhile: status %d", status)
	}
}

// Sign-ins wait for their turn, a few at a time, and are told to come back when that takes too long. What was not looked at does not count.
func TestHashesWaitForTheirTurn(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	d.hasher.patience = time.Millisecond
	for range cap(d.hasher.turns) {
		d.hasher.turns <- struct{}{}
	}
	for range pairRule.free + 1 {
		if status, _ := d.browser().signIn("amy", goodPassword); status != 429 {
			t.Errorf("status %d", status)
		}
	}
	d.hasher.patience = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := d.hasher.check(ctx, "x", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("the client has gone: %v", err)
	}
	for range cap(d.hasher.turns) {
		<-d.hasher.turns
	}
	if status, _ := d.browser().signIn("amy", goodPassword); status != 200 {
		t.Errorf("status %d", status)
	}
}

func TestSignInIsTold(t *testing.T) {
	d := openDoors(t)
	d.person(t, "amy")
	d.told()
	f := func(want ...string) {
		t.Helper()
		if got := d.told(); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	b := d.browser()
	b.signIn("AMY", goodPassword)
	f("account.sign_in login success amy")
	b.signIn("amy", "wrong")
	f("account.sign_in login failure amy credentials")
	b.signIn(strings.Repeat("é", 100), goodPassword)
	f("account.sign_in login failure " + strings.Repeat("é", 64) + " credentials")
	for range pairRule.free + 3 {
		b.signIn("nobody", "wrong")
	}
	failed := "account.sign_in login failure nobody credentials"
	f(failed, failed, failed, failed, failed, "account.sign_in login failure nobody locked") // once
	caller := b.is(t, Self, 200)
	if err := d.SignOut(httptest.NewRecorder(), b.request(), caller); err != nil {
		t.Fatal(err)
	}
	f("account.sign_out logout success amy")
}

// Many at once are one account's sessions, each its own, and no more than there may be.
func TestSignInAtOnce(t *testing.T) {
	d := openDoors(t)
	account := d.person(t, "amy")
	for wave := range 2 { // of no more than nameRule allows before it is known that they are right
		var all sync.WaitGroup
		for i := range maxAccountSessions * 2 / 3 {
			all.Go(func() {
				b := &browser{doors: d, address: fmt.Sprintf("198.51.%d.%d", wave, i)}
				if status, _ := b.signIn("amy", goodPassword); status != 200 {
					t.Errorf("status %d", status)
				}
			})
		}
		all.Wait()
	}
	if n := len(d.Sessions(Caller{ID: account.ID})); n != maxAccountSessions {
		t.Errorf("%d sessions", n)
	}
}
