package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func TestTableIsAligned(t *testing.T) {
	r := report{Machine: "Some CPU", Cores: 2, MemoryGB: 8, System: "linux/amd64", Go: "go1", Load: "0.05", Command: "go run ./bench", Date: "today",
		Commit: "abc", Seed: 1}
	r.figure("ingest burst", "events/s", 61234.7, atLeast(60_000))
	r.times("one keyword", []time.Duration{time.Millisecond, 2100 * time.Microsecond, 3500 * time.Microsecond}, atMost(3))
	r.figure("  index", "bytes/event", 210.4, nil)
	r.Wrong = []string{"phrase: total 1, right is 2"}
	var b strings.Builder
	if err := r.print(&b); err != nil {
		t.Fatal(err)
	}
	want := `Some CPU, 2 cores, 8 GB, linux/amd64, go1, load average 0.05 before
go run ./bench
today, commit abc, seed 1

what                   median      p99  runs                bar
ingest burst  61,235 events/s                 ≥ 60,000 events/s  ok
one keyword           2.10 ms  3.50 ms     3             ≤ 3 ms  missed
  index       210 bytes/event

WRONG ANSWER: phrase: total 1, right is 2
`
	if b.String() != want {
		t.Errorf("table is\n%s\nwant\n%s", b.String(), want)
	}
}

func TestNumbers(t *testing.T) {
	f := func(v float64, want string) {
		t.Helper()
		if got := number(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
	f(0, "0")
	f(3, "3")
	f(0.0123456, "0.0123")
	f(0.5, "0.500")
	f(1.5, "1.50")
	f(12.34, "12.3")
	f(999.6, "1,000")
	f(1234567, "1,234,567")
	f(-1500, "-1,500")
	f(-2.5, "-2.50")
}

func TestQuantile(t *testing.T) {
	all := make([]time.Duration, 200)
	for k := range all {
		all[k] = time.Duration(200 - k)
	}
	if got := [3]time.Duration{quantile(all, 0.5), quantile(all, 0.99), quantile(all[:1], 0.99)}; got != [3]time.Duration{100, 198, 200} {
		t.Errorf("quantiles are %v", got)
	}
}

func TestReportReadsBack(t *testing.T) {
	r := report{Machine: "m", Seed: 7, Wrong: []string{}}
	r.figure("burst", "events/s", 5, atLeast(6))
	path := filepath.Join(t.TempDir(), "r.json")
	if err := r.save(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.Seed != 7 || len(back.Rows) != 1 || *back.Rows[0].Median != 5 || *back.Rows[0].Met || *back.Rows[0].Bar.AtLeast != 6 {
		t.Errorf("report reads back as %s", text)
	}
}

func TestProcessMemoryIsRead(t *testing.T) {
	got, err := parseStatus("Name:\tannals\nVmRSS:\t    300 kB\nRssAnon:\t    200 kB\nRssFile:\t    100 kB\n")
	if want := (usage{300 << 10, 200 << 10, 100 << 10}); err != nil || got != want {
		t.Errorf("memory is %v, %v", got, err)
	}
	if _, err := parseStatus("VmRSS:\t 1 kB\n"); err == nil {
		t.Error("missing figures were taken")
	}
}
