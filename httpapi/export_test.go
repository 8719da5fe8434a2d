package httpapi

import (
	"archive/zip"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/xuri/excelize/v2"

	"annals/httpapi/export"
)

func TestExportTrailer(t *testing.T) {
	s := newServer(t, Options{})
	const n = 3000
	s.post(t, strings.Repeat("{\"action\":\"a\"}\n", n))
	for _, f := range export.Formats {
		resp, body := s.do(t, s.request(t, "GET", "/api/v1/export?format="+f.Name, ""))
		if got := resp.Trailer.Get(countTrailer); got != strconv.Itoa(n) || resp.Header.Get("X-Total-Count") != got {
			t.Errorf("%s: trailer %q, header %q", f.Name, got, resp.Header.Get("X-Total-Count"))
		}
		if events := countEvents(t, f.Name, body); events != n {
			t.Errorf("%s: %d events", f.Name, events)
		}
	}
}

// countEvents looks for a word that every event has once.
func countEvents(t *testing.T, format, body string) (n int) {
	t.Helper()
	if !strings.Contains(format, "xlsx") && !strings.Contains(format, "zip") {
		return strings.Count(body, `default`)
	}
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(entry.Name, ".xlsx") || strings.HasPrefix(entry.Name, "xl/worksheets/") || format != "xlsx" {
			n += countEvents(t, strings.TrimPrefix(path.Ext(entry.Name), "."), string(text))
		}
	}
	return n
}

// TestExportAbout: a workbook says what it is of, with the zone that was asked for.
func TestExportAbout(t *testing.T) {
	s := newServer(t, Options{Version: "v9"})
	s.post(t, `[{"action":"a","result":"failure","time":"2026-11-23T08:00:00Z"},{"action":"b","time":"2026-11-23T08:00:00Z"}]`)
	query := "format=xlsx&columns=list&q=action:a&from=2026-11-23&tz=Asia/Shanghai&sort=time"
	resp, body := s.do(t, s.request(t, "GET", "/api/v1/export?"+query, ""))
	if got := resp.Header.Get("Content-Disposition"); got != `attachment; filename="annals-20261123T120000Z.xlsx"` {
		t.Errorf("file name: %s", got)
	}
	book, err := excelize.OpenReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	events, err := book.GetRows("Events")
	if err != nil || len(events) != 2 || events[1][0] != "2026-11-23 16:00:00" || events[1][7] != "a" {
		t.Errorf("events: %q, %v", events, err)
	}
	rows, err := book.GetRows("About")
	if err != nil {
		t.Fatal(err)
	}
	about := map[string]string{}
	for _, row := range rows {
		about[row[0]] = row[1]
	}
	note, err := s.log.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(s.token, "annals_"), "_")
	for label, want := range map[string]string{"Query": "action:a", "From": "2026-11-23T00:00:00+08:00", "To, exclusive": "none", "Time zone": "Asia/Shanghai",
		"Order": "oldest first", "Events that match": "1", "Events in this file": "1", "Exported at": "2026-11-23T20:00:00+08:00", "Server": "Annals v9",
		"Exported by": "admin.token (token " + id + ")", "Checkpoint of the log": string(note)} {
		if about[label] != want {
			t.Errorf("%s is %q, want %q", label, about[label], want)
		}
	}
}

// TestExportProgress asks while the export is held up by a client that does not read on.
func TestExportProgress(t *testing.T) {
	s := newServer(t, Options{})
	const n = 3000
	s.post(t, strings.Repeat("{\"action\":\"a\"}\n", n))
	ask := func() string {
		t.Helper()
		_, body := s.do(t, s.request(t, "GET", "/api/v1/exports/mine", ""))
		return strings.TrimSpace(body)
	}
	gate := make(chan struct{})
	held := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.api.ServeHTTP(&gatedWriter{w, gate}, r) }))
	defer held.Close()
	ended := make(chan error, 1)
	go func() {
		r := s.request(t, "GET", "/api/v1/export?format=ndjson&progress=mine", "")
		r.URL.Host = strings.TrimPrefix(held.URL, "http://")
		resp, err := held.Client().Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		ended <- err
	}()
	gate <- struct{}{} // the first chunk is ready: some events are written, and not all
	var running struct {
		State string
		Count int
		Total int
	}
	if err := json.Unmarshal([]byte(ask()), &running, json.MatchCaseInsensitiveNames(true)); err != nil || running.State != "running" || running.Count < 1 ||
		running.Count >= n || running.Total != n {
		t.Errorf("under way: %+v, %v", running, err)
	}
	close(gate)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := ask(); got != `{"state":"done","count":3000,"total":3000}` {
		t.Errorf("at the end: %s", got)
	}
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.api.ServeHTTP(&shortWriter{w, 0}, r) }))
	defer broken.Close()
	r := s.request(t, "GET", "/api/v1/export?format=ndjson&progress=mine", "")
	r.URL.Host = strings.TrimPrefix(broken.URL, "http://")
	if _, err := broken.Client().Do(r); err == nil {
		t.Error("a broken export answers")
	}
	if got := ask(); !strings.HasPrefix(got, `{"state":"failed"`) {
		t.Errorf("after a failure: %s", got)
	}
}

// gatedWriter lets a write through when the gate does.
type gatedWriter struct {
	http.ResponseWriter
	gate chan struct{}
}

func (w *gatedWriter) Write(p []byte) (int, error) {
	<-w.gate
	return w.ResponseWriter.Write(p)
}

func TestExportBoardIsBounded(t *testing.T) {
	var b exportBoard
	for i := range 2 * ownExports {
		b.begin("amy", strconv.Itoa(i), 1)
	}
	for i := range 2 * ownExports {
		if known := b.find("amy", strconv.Itoa(i)) != nil; known != (i >= ownExports) {
			t.Errorf("export %d is known: %v", i, known)
		}
	}
	if again := b.begin("amy", "20", 2); b.find("amy", "20") != again || len(b.list) != ownExports {
		t.Errorf("an ID that is used again: %d exports", len(b.list))
	}
	for i := range 2 * allExports {
		b.begin(strconv.Itoa(i), "x", 1)
	}
	if len(b.list) != allExports || b.find("amy", "20") != nil || b.find("1023", "x") == nil || b.find("amy", "x") != nil {
		t.Errorf("%d exports", len(b.list))
	}
}

// shortWriter fails after some bytes, like a disk or a pipe on the way.
type shortWriter struct {
	http.ResponseWriter
	left int
}

func (w *shortWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errors.New("no more")
	}
	return w.ResponseWriter.Write(p)
}

// TestExportFailureIsVisible: whoever downloads half an export must not believe that it is all.
func TestExportFailureIsVisible(t *testing.T) {
	s := newServer(t, Options{})
	var lines strings.Builder // that do not vanish in a zip
	for range 9000 {
		fmt.Fprintf(&lines, `{"action":"a","description":"%s%s"}`+"\n", rand.Text(), rand.Text())
	}
	s.post(t, lines.String())
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.api.ServeHTTP(&shortWriter{w, 200_000}, r)
	}))
	defer broken.Close()
	for _, f := range export.Formats {
		r := s.request(t, "GET", "/api/v1/export?format="+f.Name, "")
		r.URL.Host = strings.TrimPrefix(broken.URL, "http://")
		resp, err := broken.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err == nil {
			t.Errorf("%s: a broken export ended like a whole one", f.Name)
		}
		if got := resp.Trailer.Get(countTrailer); got != "" {
			t.Errorf("%s: trailer %q", f.Name, got)
		}
	}
}

// TestExportMiscount: fewer events than announced is a failure too.
func TestExportMiscount(t *testing.T) {
	w := httptest.NewRecorder()
	format, _ := export.Lookup("ndjson")
	job := &exportJob{w: w, format: format}
	if err := job.begin(2); err != nil {
		t.Fatal(err)
	}
	if err := job.finish(); err == nil {
		t.Error("0 of 2 events passed for a whole export")
	}
}
