package client_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func eventLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, event(i, fmt.Sprintf(`"description":"order %d"`, i)))
	}
	return b.String()
}

func wantIn(t *testing.T, f *fakeServer, n int) {
	t.Helper()
	seen := map[string]bool{}
	for _, e := range f.find("") {
		seen[e.ID] = true
	}
	if len(seen) != n || f.size() != n {
		t.Fatalf("server has %d events of %d IDs, want %d", f.size(), len(seen), n)
	}
}

func TestImportTwiceAddsNothing(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	path := c.file("orders.ndjson", eventLines(2500))
	first := c.run("import", path)
	if first.status != 0 || !strings.Contains(first.stdout, "2,500           0           0") {
		t.Fatalf("first import: %+v", first)
	}
	again := c.run("import", "--quiet", path)
	if again.status != 0 || !strings.Contains(again.stdout, "0       2,500           0") {
		t.Fatalf("second import: %+v", again)
	}
	wantIn(t, f, 2500)
}

// faults come in pairs: the request fails and nothing was written, or it was written and the answer is lost.
func TestImportRetriesWithoutLossOrDoubling(t *testing.T) {
	cut := func(n int, w http.ResponseWriter, r *http.Request) bool { panic(http.ErrAbortHandler) }
	refuse := func(status int) func(int, http.ResponseWriter, *http.Request) bool {
		return func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Retry-After", "0")
			problem(w, status, `"detail":"the server is busy"`)
			return true
		}
	}
	for name, fault := range map[string]func(int, http.ResponseWriter, *http.Request) bool{
		"connection cut": cut, "503": refuse(503), "429": refuse(429), "500": refuse(500), "502 not JSON": func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "<html>bad gateway", http.StatusBadGateway)
			return true
		},
		"half an answer": func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			answer(w, 201, `{"created":1`)
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name+", not written", func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.before = func(n int, w http.ResponseWriter, r *http.Request) bool { return n%3 == 2 && fault(n, w, r) }
			c := newCLI(t, f.URL)
			got := c.run("import", c.file("a.ndjson", eventLines(5500)))
			if got.status != 0 {
				t.Fatalf("import: %+v", got)
			}
			wantIn(t, f, 5500)
		})
	}
	t.Run("written, answer lost", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		f.after = func(n int, r *http.Request) bool { return n%3 == 1 }
		c := newCLI(t, f.URL)
		got := c.run("import", c.file("a.ndjson", eventLines(5500)))
		if got.status != 0 || !strings.Contains(got.stderr, "trying again") {
			t.Fatalf("import: %+v", got)
		}
		wantIn(t, f, 5500)
	})
}

func TestImportGivesUp(t *testing.T) {
	f := newFake(t)
	var full atomic.Bool // requests may still be under way when the first import has given up
	full.Store(true)
	f.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		refused := n > 1 && full.Load()
		if refused {
			problem(w, 507, `"detail":"disk nearly full: writes are refused until space is freed"`)
		}
		return refused
	}
	c := newCLI(t, f.URL)
	got := c.run("import", c.file("a.ndjson", eventLines(9000)))
	if got.status != 1 || !strings.Contains(got.stderr, "disk nearly full") || !strings.Contains(got.stderr, "run it again") {
		t.Fatalf("import: %+v", got)
	}
	full.Store(false)
	if got := c.run("import", c.file("a.ndjson", eventLines(9000))); got.status != 0 {
		t.Fatalf("second import: %+v", got)
	}
	wantIn(t, f, 9000)
}

func TestImportPatienceEnds(t *testing.T) {
	f := newFake(t)
	var asked atomic.Int32
	f.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		asked.Add(1)
		w.Header().Set("Retry-After", "60")
		problem(w, 503, `"detail":"starting"`)
		return true
	}
	c := newCLI(t, f.URL)
	got := c.run("import", "--retry", "1s", c.file("a.ndjson", eventLines(10)))
	if got.status != 1 || !strings.Contains(got.stderr, "gave up after 1s: starting") || asked.Load() != 1 {
		t.Fatalf("import after %d requests: %+v", asked.Load(), got)
	}
}

// Events that the server cannot tell about now are sent again, alone, until it can; they are not rejected.
func TestImportSendsUnavailableEventsAgain(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	var away atomic.Int32
	away.Store(3)
	f.unavailable = func(id string) bool { return strings.HasSuffix(id, "7") && away.Load() > 0 || id == "e1042" }
	f.after = func(n int, r *http.Request) bool {
		away.Add(-1)
		return false
	}
	got := c.run("import", c.file("a.ndjson", eventLines(100)+event(1000, `"result":"perhaps"`)+"\n"))
	if got.status != 1 || !strings.Contains(got.stdout, "        100           0           1  native") {
		t.Fatalf("import: %+v", got)
	}
	wantIn(t, f, 100)
	if f.requests != 4 || f.posted != 101+3*10 {
		t.Errorf("%d requests with %d events, want 4 with %d", f.requests, f.posted, 101+3*10)
	}
	got = c.run("import", "--retry", "1s", c.file("b.ndjson", event(1041, "")+"\n"+event(1042, "")+"\n"))
	if got.status != 1 || !strings.Contains(got.stderr, "gave up after 1s: 1 event did not go in yet, the first: record 2 (id e1042): id: cannot be told now") {
		t.Fatalf("import of what stays unavailable: %+v", got)
	}
	wantIn(t, f, 101)
}

func TestImportNamesWhatIsRejected(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	var lines strings.Builder
	for i := range 30 {
		switch {
		case i%10 == 3:
			fmt.Fprintln(&lines, event(i, fmt.Sprintf(`"result":"perhaps %d"`, i)))
		case i == 14:
			fmt.Fprintln(&lines, `{"id":"x","action":`)
		default:
			fmt.Fprintln(&lines, event(i, ""))
		}
	}
	got := c.run("import", "--reasons", "2", "--format", "native", c.file("mixed.ndjson", lines.String()))
	if got.status != 1 {
		t.Fatalf("status %d, want 1: %+v", got.status, got)
	}
	for _, want := range []string{"26           0           4  native", "line 15: ", `"perhaps`, "and 2 more: result: "} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("report lacks %q:\n%s", want, got.stdout)
		}
	}
	wantIn(t, f, 26)
}

// A server that refuses a whole request for one event's sake does not keep the others out.
func TestImportIsolatesTheOneEvent(t *testing.T) {
	f := newFake(t)
	f.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte("poison")) {
			problem(w, 413, `"limit":33554432,"detail":"the body is too large"`)
			return true
		}
		return false
	}
	c := newCLI(t, f.URL)
	got := c.run("import", c.file("a.ndjson", eventLines(700)+event(9999, `"description":"poison"`)+"\n"+event(10000, "")+"\n"))
	if got.status != 1 || !strings.Contains(got.stdout, "record 701 (id e9999): the body is too large, the limit is 33554432") {
		t.Fatalf("import: %+v", got)
	}
	wantIn(t, f, 701)
}

func TestImportFindsFiles(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, eventLines(3))
	z.Close()
	for name, text := range map[string]string{"a/one.json": event(100, ""), "a/b/two.gz": packed.String(), ".git/three.json": "{", "empty.log": "",
		"photo.png": "\x89PNG\r\n\x1a\n\x00\x00"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := c.run("import", "--tenant", "acme", dir)
	if got.status != 1 || !strings.Contains(got.stdout, "photo.png:\n  not read to its end: unknown record format") {
		t.Fatalf("import of the directory: %+v", got)
	}
	wantIn(t, f, 4)
	if tenant := f.find("e100")[0].Tenant; tenant != "acme" {
		t.Errorf("tenant %q, want acme", tenant)
	}
	if got := c.run("import", "--tenant", "acme", filepath.Join(dir, "a", "*.json")); got.status != 0 || !strings.Contains(got.stdout, "one.json") {
		t.Errorf("import of a pattern: %+v", got)
	}
	c.stdin = strings.NewReader(event(200, `"tenant":"other"`))
	if got := c.run("import", "--tenant", "acme", "-"); got.status != 0 {
		t.Errorf("import of stdin: %+v", got)
	}
	if tenant := f.find("e200")[0].Tenant; tenant != "other" {
		t.Errorf("an event's own tenant became %q", tenant)
	}
}

func TestImportDryRunSendsNothing(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	got := c.run("import", "--dry-run", c.file("a.ndjson", event(1, "")+"\n"+event(2, `"operation":"dance"`)+"\n"))
	if got.status != 1 || !strings.Contains(got.stdout, "would go in") || !strings.Contains(got.stdout, `"dance" is not one of`) {
		t.Fatalf("dry run: %+v", got)
	}
	if f.requests != 0 {
		t.Errorf("dry run made %d requests", f.requests)
	}
}

// Waiting for more on stdin ends when the command is interrupted.
func TestImportFromATerminalIsInterrupted(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	forever, _ := io.Pipe()
	c.stdin = forever
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	var stdout, stderr lockedBuffer
	if got := c.runWith(ctx, &stdout, &stderr, "import", "-"); got.status == 0 {
		t.Errorf("interrupted import: %+v", got)
	}
}
