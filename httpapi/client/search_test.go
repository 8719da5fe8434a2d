package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const hostileText = `\u001b[2J\u001b]0;owned\u0007 \u009b31m \u202egnp\r\nsecond line`

func TestSearchTable(t *testing.T) {
	f := newFake(t)
	f.put(event(1, `"description":"order 1","module":"shop"`),
		event(2, `"result":"failure","error":{"code":"409","message":"name taken"},"resources":[{"type":"API","name":"orders"}]`))
	c := newCLI(t, f.URL)
	got := c.run("search", "--utc")
	want := "TIME (UTC)           USER  RESULT   MODULE  OPERATION  ACTION        WHAT\n" +
		"2026-11-23 07:00:02  amy   failure          other      order.create  API:orders | 409 name taken\n" +
		"2026-11-23 07:00:01  amy   success  shop    other      order.create  order 1\n"
	if got.stdout != want || got.stderr != "2 events (in 0.25 ms)\n" {
		t.Errorf("search:\n%s%s\nwant:\n%s", got.stdout, got.stderr, want)
	}
	if got := c.run("search", "--tz", "Asia/Shanghai", "order 1"); !strings.Contains(got.stdout, "2026-11-23 15:00:01") {
		t.Errorf("time zone: %+v", got)
	}
	if got := c.run("search", "nothing like it"); got.status != 0 || got.stdout != "" || got.stderr != "no event matches (in 0.25 ms)\n" {
		t.Errorf("no match: %+v", got)
	}
}

func TestSearchOnATerminal(t *testing.T) {
	f := newFake(t)
	f.put(event(1, fmt.Sprintf(`"description":"%s %s"`, hostileText, strings.Repeat("审计", 100))),
		event(2, fmt.Sprintf(`"result":"failure","module":"%s"`, strings.Repeat("m", 90))))
	c := newCLI(t, f.URL)
	for _, width := range []int{40, 80, 81, 200} {
		c.width = width
		got := c.run("search", "--utc")
		if n := strings.Count(got.stdout, "\n"); n != 3 {
			t.Errorf("%d columns: %d lines, want 3:\n%s", width, n, got.stdout)
		}
		if strings.Count(got.stdout, "\x1b[31m") != 1 || strings.Count(got.stdout, "\x1b") != 4 {
			t.Errorf("%d columns: one failure in red and a bold header wanted: %q", width, got.stdout)
		}
		for line := range strings.Lines(got.stdout) {
			if n := columnsOf(line); width >= 80 && n > width {
				t.Errorf("%d columns: a line of %d: %q", width, n, line)
			}
		}
	}
	c.env["NO_COLOR"] = "1"
	if got := c.run("search"); strings.Contains(got.stdout, "\x1b") {
		t.Errorf("NO_COLOR: %q", got.stdout)
	}
}

func columnsOf(line string) int {
	line = strings.NewReplacer("\x1b[31m", "", "\x1b[1m", "", "\x1b[0m", "", "\n", "").Replace(line)
	return len([]rune(line)) + strings.Count(line, "审") + strings.Count(line, "计")
}

// No command lets event text act on the terminal, on a terminal or in a pipe.
func TestHostileEvents(t *testing.T) {
	f := newFake(t)
	member := `"` + hostileText + `"`
	f.put(fmt.Sprintf(`{"id":"h","time":"2026-11-23T07:00:00Z","action":%s,"actor":{"name":%s},"module":%s,"project":{"name":%s},"description":%s,`+
		`"result":"failure","error":{"code":%s,"message":%s},"details":{"k":%s}}`, member, member, member, member, member, member, member, member))
	for _, width := range []int{0, 120} {
		for _, args := range [][]string{{"search"}, {"search", "--json"}, {"get", "h"}, {"get", "--json", "h"}, {"facets", "result"},
			{"export", "--format", "csv"}, {"export"}} {
			c := newCLI(t, f.URL)
			c.env["NO_COLOR"] = "1"
			c.width = width
			if args[0] == "export" && width == 0 {
				continue // bytes for a program, exactly as they are
			}
			got := c.run(args...)
			text := strings.ReplaceAll(got.stdout+strings.ReplaceAll(got.stderr, "\r\x1b[K", ""), "\n", "")
			if i := strings.IndexFunc(text, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x202e }); i >= 0 || got.status != 0 {
				t.Errorf("%v at width %d (status %d) lets through %q", args, width, got.status, text[max(i, 0):])
			}
		}
	}
}

func TestSearchPages(t *testing.T) {
	f := newFake(t)
	for i := range 2300 {
		f.put(event(i, ""))
	}
	c := newCLI(t, f.URL)
	count := func(want int, footer string, args ...string) {
		t.Helper()
		got := c.run(append([]string{"search", "--json"}, args...)...)
		if n := strings.Count(got.stdout, "\n"); n != want || !strings.Contains(got.stderr, footer) {
			t.Errorf("%v: %d lines, want %d; %s", args, n, want, got.stderr)
		}
	}
	count(50, "50 of 2,300 events")
	count(1500, "1,500 of 2,300 events", "--limit", "1500")
	count(2300, "2,300 events (", "--all")
	count(2300, "2,300 events (", "--limit", "9999")
}

func TestQueryErrorPointsAtTheColumn(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	got := c.run("search", "审计", "bad:x", "-result:success")
	want := "annals search: query, column 4: there is no field bad\n  审计 bad:x -result:success\n       ^\n"
	if got.status != 1 || got.stderr != want {
		t.Errorf("got %+v, want %q", got, want)
	}
}

func TestProblemsAreSentences(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	respond := func(want string, status int, members string) {
		t.Helper()
		f.before = func(_ int, w2 http.ResponseWriter, _ *http.Request) bool { problem(w2, status, members); return true }
		if got := c.run("search"); got.status != 1 || got.stderr != "annals search: "+want+"\n" {
			t.Errorf("got %q, want %q", got.stderr, want)
		}
	}
	respond(`limit is "5000", it must be a whole number from 1 to 1000`, 400, `"field":"limit","detail":"limit is \"5000\", it must be a whole number from 1 to 1000"`)
	respond(`sort: is not a column, have "x"`, 400, `"field":"sort","value":"x","detail":"is not a column"`)
	respond("the body is too large, the limit is 100", 413, `"limit":100,"detail":"the body is too large."`)
	respond("broken (request r-1 in the server's log)", 500, `"detail":"broken"`)
	respond(`odd \x1b[31m`, 400, `"detail":"odd \u001b[31m"`)
	c.env["ANNALS_TOKEN"] = "wrong"
	if got := c.run("search"); !strings.Contains(got.stderr, "does not accept the token from ANNALS_TOKEN") {
		t.Errorf("wrong token: %s", got.stderr)
	}
	delete(c.env, "ANNALS_TOKEN")
	if got := c.run("search"); !strings.Contains(got.stderr, "wants a token") || !strings.Contains(got.stderr, "admin.token") {
		t.Errorf("no token: %s", got.stderr)
	}
}
