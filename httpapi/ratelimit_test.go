package httpapi

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := testNow
	l := newLimiter[string](10)
	l.now = func() time.Time { return now }
	for i := range 20 {
		if wait, ok := l.take("a"); !ok || wait != 0 {
			t.Fatalf("request %d of the burst: %v, %v", i, wait, ok)
		}
	}
	for range 3 { // asking does not make it longer
		if wait, ok := l.take("a"); ok || wait != 100*time.Millisecond {
			t.Errorf("after the burst: %v, %v", wait, ok)
		}
	}
	if _, ok := l.take("b"); !ok {
		t.Error("another key is limited")
	}
	now = now.Add(100 * time.Millisecond)
	if _, ok := l.take("a"); !ok {
		t.Error("limited after the wait")
	}
	if _, ok := l.take("a"); ok {
		t.Error("not limited after the next")
	}
	if _, ok := (*limiter[string])(nil).take("a"); !ok {
		t.Error("no limit limits")
	}
}

// TestLimiterIsBounded: however many addresses a client has, the memory is bounded and who came last is remembered.
func TestLimiterIsBounded(t *testing.T) {
	l := newLimiter[int](0.01)
	for i := range 3 * maxBuckets {
		l.take(i)
		if _, ok := l.take(i); ok {
			t.Fatalf("key %d is not limited", i)
		}
	}
	if len(l.buckets) != maxBuckets || l.recent.Len() != maxBuckets {
		t.Errorf("%d buckets, %d in the list", len(l.buckets), l.recent.Len())
	}
}

func TestRateLimitsCheck(t *testing.T) {
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		if (RateLimits{PerAddress: bad}).Check() == nil || (RateLimits{PerToken: bad}).Check() == nil {
			t.Errorf("%g is taken", bad)
		}
	}
	if err := (RateLimits{PerAddress: 0.1}).Check(); err != nil {
		t.Error(err)
	}
}

func TestRateLimits(t *testing.T) {
	proxy, err := ParseProxies("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	limits := RateLimits{PerAddress: 0.01, Loopback: true} // one request, and not another for as long as a test runs
	s := newServer(t, Options{Limits: limits, Proxies: proxy})
	send := func(s *server, path, from, token string) int {
		t.Helper()
		r := s.request(t, "GET", path, "")
		r.Header.Set("X-Forwarded-For", from)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		resp, answer := s.do(t, r)
		if limited := resp.StatusCode == http.StatusTooManyRequests; limited != (resp.Header.Get("Retry-After") != "") || limited && !strings.Contains(answer, "urn:annals:problem:rate") {
			t.Errorf("%d, Retry-After %q, %s", resp.StatusCode, resp.Header.Get("Retry-After"), answer)
		}
		return resp.StatusCode
	}
	f := func(got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	f(send(s, "/api/v1/stats", "203.0.113.1", "wrong"), 401)
	f(send(s, "/api/v1/stats", "203.0.113.1", "wrong"), 429) // before authentication
	f(send(s, "/healthz", "203.0.113.1", ""), 429)
	f(send(s, "/api/v1/stats", "203.0.113.2", ""), 200)
	f(send(s, "/healthz", "2001:db8::1", ""), 200)
	f(send(s, "/healthz", "2001:db8::2", ""), 429)
	if m := s.metricsText(t, "203.0.113.3"); !strings.Contains(m, `annals_http_requests_refused_total{reason="address-rate"} 3`) ||
		!strings.Contains(m, `annals_http_requests_refused_total{reason="unauthorized"} 1`) {
		t.Error("refusals are not counted")
	}

	s = newServer(t, Options{Limits: RateLimits{PerToken: 0.01, Loopback: true}, Proxies: proxy})
	f(send(s, "/api/v1/stats", "203.0.113.1", ""), 200)
	f(send(s, "/api/v1/stats", "203.0.113.2", ""), 429)
	f(send(s, "/api/v1/stats", "203.0.113.2", " "+s.token), 429) // however it is written
	f(send(s, "/api/v1/stats", "203.0.113.2", "wrong"), 401)     // a guess uses nobody's limit up, and has none
	f(send(s, "/api/v1/stats", "203.0.113.2", "wrong"), 401)
	if m := s.metricsText(t, "203.0.113.3"); !strings.Contains(m, `annals_http_requests_refused_total{reason="token-rate"} 2`) {
		t.Error("refusals are not counted")
	}

	limits.Loopback, limits.PerToken = false, 0.01
	s = newServer(t, Options{Limits: limits})
	for range 3 {
		f(send(s, "/api/v1/stats", "", ""), 200)
	}
}

func (s *server) metricsText(t *testing.T, from string) string {
	t.Helper()
	r := s.request(t, "GET", "/metrics", "")
	r.Header.Set("X-Forwarded-For", from)
	_, text := s.do(t, r)
	return text
}
