package client_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportIsWholeOrNotThere(t *testing.T) {
	f := newFake(t)
	for i := range 500 {
		f.put(event(i, `"description":"two\nlines, and \"quotes\" [{"`))
	}
	type cut struct {
		name  string
		serve func(w http.ResponseWriter, format string, body []byte)
		want  string
	}
	announce := func(w http.ResponseWriter, total string) {
		w.Header().Set("X-Total-Count", total)
		w.Header().Set("Trailer", "Annals-Export-Count")
		w.WriteHeader(200)
	}
	cuts := []cut{
		{"connection breaks", func(w http.ResponseWriter, _ string, body []byte) {
			announce(w, "500")
			_, _ = w.Write(body[:len(body)/2])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "broke off"},
		{"trailer missing", func(w http.ResponseWriter, _ string, body []byte) {
			w.Header().Set("X-Total-Count", "500")
			_, _ = w.Write(body)
		}, "its end is missing"},
		{"fewer than announced", func(w http.ResponseWriter, format string, _ []byte) {
			announce(w, "500")
			_, _ = w.Write(exportBody(format, f.find("")[:499]))
			w.Header().Set("Annals-Export-Count", "500")
		}, "is not whole: announced were 500"},
		{"ends in the middle of a record", func(w http.ResponseWriter, _ string, body []byte) {
			announce(w, "500")
			_, _ = w.Write(body[:len(body)-4])
			w.Header().Set("Annals-Export-Count", "500")
		}, "is not whole"},
		{"server counts otherwise", func(w http.ResponseWriter, _ string, body []byte) {
			announce(w, "500")
			_, _ = w.Write(body)
			w.Header().Set("Annals-Export-Count", "501")
		}, "is not whole"},
		{"no total", func(w http.ResponseWriter, _ string, body []byte) { _, _ = w.Write(body) }, "does not say how many"},
		{"refused", func(w http.ResponseWriter, _ string, _ []byte) { problem(w, 400, `"detail":"no such format"`) }, "no such format"},
	}
	for _, format := range []string{"csv", "json", "ndjson", "xlsx", "csv.zip", "ndjson.zip", "xlsx.zip"} {
		t.Run(format, func(t *testing.T) {
			c := newCLI(t, f.URL)
			dir := t.TempDir()
			path := filepath.Join(dir, "out."+format)
			for _, k := range cuts {
				f.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
					k.serve(w, format, exportBody(format, f.find("")))
					return true
				}
				got := c.run("export", "-o", path)
				if got.status != 1 || !strings.Contains(got.stderr, k.want) {
					t.Errorf("%s: %+v, want %q", k.name, got, k.want)
				}
				if left, _ := os.ReadDir(dir); len(left) > 0 {
					t.Errorf("%s leaves %v", k.name, left)
				}
				if got := c.run("export", "--format", format); got.status != 1 {
					t.Errorf("%s, to stdout: status %d", k.name, got.status)
				}
			}
			sent := string(exportBody(format, f.find("")))
			f.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				announce(w, "500")
				_, _ = io.WriteString(w, sent)
				w.Header().Set("Annals-Export-Count", "500")
				return true
			}
			if got := c.run("export", "-o", path); got.status != 0 || !strings.Contains(got.stderr, "500 events in ") {
				t.Fatalf("export: %+v", got)
			}
			data, err := os.ReadFile(path)
			if err != nil || string(data) != sent {
				t.Errorf("the file is not what the server sent (%v)", err)
			}
		})
	}
}

// What a file is called says what goes into it; a terminal gets none of what it cannot show.
func TestExportAsks(t *testing.T) {
	f := newFake(t)
	f.put(event(1, ""))
	var asked string
	f.before = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		asked = r.URL.Query().Get("format") + " " + r.URL.Query().Get("columns") + " " + r.URL.Query().Get("tz")
		return false
	}
	c := newCLI(t, f.URL)
	dir := t.TempDir()
	g := func(want string, args ...string) {
		t.Helper()
		if got := c.run(append([]string{"export"}, args...)...); got.status != 0 || asked != want {
			t.Errorf("%q asks for %q, want %q: %+v", args, asked, want, got)
		}
	}
	g("xlsx  UTC", "-o", filepath.Join(dir, "a.xlsx"))
	g("xlsx list Asia/Shanghai", "-o", filepath.Join(dir, "A.XLSX"), "--columns", "list", "--tz", "Asia/Shanghai")
	g("csv.zip time,id UTC", "-o", filepath.Join(dir, "a.csv.zip"), "--columns", "time,id")
	g("xlsx.zip  UTC", "-o", filepath.Join(dir, "a.b.xlsx.zip"))
	g("ndjson.zip  UTC", "-o", filepath.Join(dir, "a.zip"))
	g("ndjson  UTC", "-o", filepath.Join(dir, "a"))
	g("xlsx  UTC", "--format", "xlsx")
	c.width = 80
	if got := c.run("export", "--format", "csv.zip"); got.status != 2 || !strings.Contains(got.stderr, "give -o FILE") {
		t.Errorf("to a terminal: %+v", got)
	}
}

// A file that was there stays as it was when the new export fails.
func TestExportKeepsTheOldFile(t *testing.T) {
	f := newFake(t)
	f.put(event(1, ""))
	c := newCLI(t, f.URL)
	path := c.file("out.ndjson", "from before\n")
	f.after = func(int, *http.Request) bool { return true }
	if got := c.run("export", "-o", path); got.status != 1 {
		t.Errorf("export: %+v", got)
	}
	if data, _ := os.ReadFile(path); string(data) != "from before\n" {
		t.Errorf("the old file is now %q", data)
	}
}

func TestExportCanBeImportedAgain(t *testing.T) {
	from, to := newFake(t), newFake(t)
	for i := range 1200 {
		from.put(event(i, fmt.Sprintf(`"tenant":"t%d"`, i%3)))
	}
	path := filepath.Join(t.TempDir(), "all.ndjson")
	if got := newCLI(t, from.URL).run("export", "-o", path); got.status != 0 {
		t.Fatalf("export: %+v", got)
	}
	if got := newCLI(t, to.URL).run("import", path); got.status != 0 {
		t.Fatalf("import: %+v", got)
	}
	wantIn(t, to, 1200)
}
