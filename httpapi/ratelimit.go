package httpapi

import (
	"container/list"
	"context"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/time/rate"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// RateLimits bound how many requests the server answers. They count requests, not events: a shipper that sends batches stays far below.
type RateLimits struct {
	PerAddress float64 // requests a second from one address, before anything is known of the caller; 0: no limit
	PerToken   float64 // requests a second with one token or account, wherever they come from; 0: no limit
	Loopback   bool    // whether requests from this machine are limited as well
}

// Check refuses numbers that are no limit, with an *engine.FieldError that names the setting.
func (l RateLimits) Check() error {
	for _, n := range []struct {
		setting string
		limit   float64
	}{{"rate-limit", l.PerAddress}, {"token-rate-limit", l.PerToken}} {
		if !(n.limit >= 0) || math.IsInf(n.limit, 0) {
			return &engine.FieldError{Field: n.setting, Message: fmt.Sprintf("%g requests a second cannot be kept: want 0 for no limit, or more", n.limit)}
		}
	}
	return nil
}

// burstSeconds is how many seconds' worth of requests may come at once.
const burstSeconds = 2

// maxBuckets bounds the memory of one limiter to a few megabytes. Who has been away the longest is forgotten first, and starts anew.
const maxBuckets = 16 << 10

// limiter is a token bucket for each of many keys. A nil one lets everything through.
type limiter[K comparable] struct {
	perSecond rate.Limit
	burst     int
	now       func() time.Time

	mu      sync.Mutex // guards what follows
	buckets map[K]*list.Element
	recent  *list.List // of *bucket[K], the last used first
}

type bucket[K comparable] struct {
	key K
	*rate.Limiter
}

func newLimiter[K comparable](perSecond float64) *limiter[K] {
	if perSecond <= 0 {
		return nil
	}
	return &limiter[K]{perSecond: rate.Limit(perSecond), burst: max(1, int(min(perSecond*burstSeconds, math.MaxInt32))), now: time.Now,
		buckets: map[K]*list.Element{}, recent: list.New()}
}

// take counts one request against the key. When there have been too many it says after which time the next may come.
func (l *limiter[K]) take(key K) (wait time.Duration, ok bool) {
	if l == nil {
		return 0, true
	}
	now := l.now()
	reservation := l.bucket(key).ReserveN(now, 1)
	wait = reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now) // a refused request does not count, else who does not wait would never come in again
	}
	return wait, wait <= 0
}

func (l *limiter[K]) bucket(key K) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.buckets[key]; ok {
		l.recent.MoveToFront(at)
		return at.Value.(*bucket[K]).Limiter
	}
	if len(l.buckets) >= maxBuckets {
		oldest := l.recent.Remove(l.recent.Back()).(*bucket[K])
		delete(l.buckets, oldest.key)
	}
	b := &bucket[K]{key, rate.NewLimiter(l.perSecond, l.burst)}
	l.buckets[key] = l.recent.PushFront(b)
	return b.Limiter
}

// limitAddress refuses who sends too much before anything else is done for them, in the words of the API that they ask.
func (a *API) limitAddress(next *mux.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr := reply.Client(r.Context())
		if !a.limited(addr) {
			next.ServeHTTP(w, r)
			return
		}
		if wait, ok := a.perAddress.take(reply.Network(addr)); !ok {
			p := reply.TooMany(wait, fmt.Sprintf("%s sends more than %g requests a second", addr, a.limits.PerAddress))
			a.turnedAway(r.Context(), "address-rate", p)
			a.refusalAt(next, r)(w, r, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refusalAt is what answers a request that does not reach its route: of a vendor's route that vendor's words, which are all that its clients read,
// else a problem document.
func (a *API) refusalAt(routes *mux.Router, r *http.Request) func(http.ResponseWriter, *http.Request, error) {
	var match mux.RouteMatch
	if routes.Match(r, &match) {
		if in, ok := match.Handler.(room); ok {
			noteOf(r.Context()).channel = in.kind
			return in.refuse
		}
	}
	return reply.Error
}

// limitToken counts requests by who makes them, once that is known, so that nobody can use up another's limit, or make the server remember
// guesses; where nobody is asked who they are, nobody is known. All sessions of an account count together.
func (a *API) limitToken(need auth.Right, next http.Handler) http.Handler {
	if need == auth.None {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := a.tooOften(r.Context(), auth.From(r.Context())); p != nil {
			reply.Error(w, r, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// tooOften refuses a caller beyond the limit, counts it and has it told; nil: it may come in.
func (a *API) tooOften(ctx context.Context, caller auth.Caller) *reply.Problem {
	if !a.limited(reply.Client(ctx)) {
		return nil
	}
	wait, ok := a.perToken.take(identityOf(caller))
	if ok {
		return nil
	}
	p := reply.TooMany(wait, fmt.Sprintf("more than %g requests a second come with this %s", a.limits.PerToken, caller.Type))
	a.turnedAway(ctx, "token-rate", p)
	return p
}

// identity names a caller, whatever it may see.
type identity struct{ kind, id string }

func identityOf(c auth.Caller) identity { return identity{c.Type, c.ID} }

func (a *API) limited(addr netip.Addr) bool { return a.limits.Loopback || !addr.IsLoopback() }

// refuse answers a request in the place of its handler, counts it and has it told, by a reason out of a closed set.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, reason string, p *reply.Problem) {
	a.turnedAway(r.Context(), reason, p)
	reply.Error(w, r, p)
}

func (a *API) turnedAway(ctx context.Context, reason string, p *reply.Problem) {
	a.metrics.turnedAway.WithLabelValues(reason).Inc()
	noteOf(ctx).turnedAway = turnedAway{reason, p.Status}
}
