package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// TestDiskFull: writes are refused by name, reads go on, and /readyz says so.
func TestDiskFull(t *testing.T) {
	var full atomic.Bool
	s := serve(t, Options{}, engine.Options{MinFreeBytes: 1 << 20, Faults: &engine.Faults{FreeSpace: func() (uint64, uint64, error) {
		if full.Load() {
			return 1000, 1 << 20, nil
		}
		return 1 << 40, 1 << 20, nil
	}}})
	s.post(t, `{"id":"before","action":"a"}`)
	full.Store(true)
	status, answer := 0, ""
	for deadline := time.Now().Add(20 * time.Second); status != http.StatusInsufficientStorage && time.Now().Before(deadline); {
		resp, body := s.do(t, s.request(t, "POST", "/api/v1/events", `{"action":"a"}`))
		status, answer = resp.StatusCode, body
		time.Sleep(10 * time.Millisecond) // the guard looks now and then, not at every write
	}
	if status != http.StatusInsufficientStorage || !strings.Contains(answer, "urn:annals:problem:disk-full") {
		t.Fatalf("post: %d %s", status, answer)
	}
	if resp, body := s.do(t, s.request(t, "GET", "/api/v1/events/before", "")); resp.StatusCode != http.StatusOK {
		t.Errorf("get: %d %s", resp.StatusCode, body)
	}
	if resp, body := s.do(t, s.request(t, "GET", "/readyz", "")); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d %s", resp.StatusCode, body)
	}
	full.Store(false) // the log is verified at the end, as far as it is ready
}

// TestUnavailableEvents: an event that cannot be looked up is told so, does not keep the others out, and is counted. What is broken is in
// the operator's log only.
func TestUnavailableEvents(t *testing.T) {
	o := engine.Options{Dir: t.TempDir(), WindowEvents: 256}
	l := enginetest.OpenLog(t, o)
	for i := range 300 {
		enginetest.Append(t, l, &engine.Event{ID: fmt.Sprint("lost-", i), Time: testNow, Action: "a"})
	}
	enginetest.Eventually(t, "a window is sealed", func() bool { return l.Stats().Windows[0].State == "sealed" })
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	tables, err := filepath.Glob(filepath.Join(o.Dir, "windows/00000000000000000000/log/*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	for _, path := range []string{tables[0], filepath.Join(o.Dir, "windows/00000000000000000000/tenants")} { // without that, the start looks at the store
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t, Options{}, o)
	lost := `{"id":"lost-7","time":"2026-11-23T12:00:00Z","action":"a"}`
	f := func(body string, status int, want ...string) {
		t.Helper()
		resp, answer := s.do(t, s.request(t, "POST", "/api/v1/events", body))
		if resp.StatusCode != status || strings.Contains(answer, "window") || strings.Contains(answer, ".sst") {
			t.Errorf("%s: %d, want %d; %s", body, resp.StatusCode, status, answer)
		}
		for _, w := range want {
			if !strings.Contains(answer, w) {
				t.Errorf("%s: the answer lacks %s: %s", body, w, answer)
			}
		}
	}
	f(`{"id":"new","action":"a"}`+"\n"+lost+"\n"+`{"id":"bad"}`, http.StatusMultiStatus, `"created":1,"duplicate":0,"rejected":2`,
		`{"id":"lost-7","status":"unavailable","error":{"field":"id","message":`, `"status":"invalid"`)
	f(lost, http.StatusServiceUnavailable, "urn:annals:problem:unavailable", `"rejected":1`, `"status":"unavailable"`)
	f(lost+"\n"+`{"id":"bad"}`, http.StatusServiceUnavailable, `"status":"unavailable"`, `"status":"invalid"`)
	if _, metrics := s.do(t, s.request(t, "GET", "/metrics", "")); !strings.Contains(metrics, `annals_events_rejected_total{reason="unavailable"} 3`) {
		t.Errorf("the metrics do not count three unavailable events: %s", metrics)
	}
}

// TestFailedCommit: what is not durable is not acknowledged, and the client learns no more than it needs.
func TestFailedCommit(t *testing.T) {
	var fail atomic.Bool
	s := serve(t, Options{}, engine.Options{Faults: &engine.Faults{BeforeCommit: func() error {
		if fail.Load() {
			return errors.New("secret device is gone")
		}
		return nil
	}}})
	s.post(t, `{"id":"before","action":"a"}`)
	fail.Store(true)
	for range 2 {
		resp, body := s.do(t, s.request(t, "POST", "/api/v1/events", `{"id":"lost","action":"a"}`))
		if resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "secret") {
			t.Errorf("post: %d %s", resp.StatusCode, body)
		}
	}
	if resp, _ := s.do(t, s.request(t, "GET", "/api/v1/events/lost", "")); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the refused event: %d", resp.StatusCode)
	}
	r := s.request(t, "GET", "/readyz", "")
	r.Header.Del("Authorization")
	if resp, body := s.do(t, r); resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "secret") || !strings.Contains(body, "commit failed") {
		t.Errorf("readyz: %d %s", resp.StatusCode, body)
	}
	if resp, _ := s.do(t, s.request(t, "GET", "/healthz", "")); resp.StatusCode != http.StatusOK {
		t.Errorf("healthz: %d", resp.StatusCode)
	}
}

// TestClosedLog: a tail says why it ends, and nothing is acknowledged any more.
func TestClosedLog(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `{"id":"x","action":"a"}`)
	l := s.listen(t, "", "")
	if err := s.log.Close(); err != nil {
		t.Fatal(err)
	}
	told := false
	for l.lines.Scan() {
		told = told || l.lines.Text() == "event: error"
	}
	if !told {
		t.Error("the tail ended without a reason")
	}
	if resp, body := s.do(t, s.request(t, "GET", "/readyz", "")); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d %s", resp.StatusCode, body)
	}
	if resp, body := s.do(t, s.request(t, "POST", "/api/v1/events", `{"action":"a"}`)); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("post: %d %s", resp.StatusCode, body)
	}
}

// TestDeadline: a question that takes too long is given up with a reason.
func TestDeadline(t *testing.T) {
	s := newServer(t, Options{Deadline: time.Nanosecond})
	s.post(t, strings.Repeat(`{"action":"a b c"}`+"\n", 2000))
	for _, path := range []string{"/api/v1/events?q=a+b", "/api/v1/histogram", "/api/v1/facets"} {
		resp, body := s.do(t, s.request(t, "GET", path, ""))
		if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "urn:annals:problem:deadline") {
			t.Errorf("%s: %d %.300s", path, resp.StatusCode, body)
		}
	}
}
