package httpapi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

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
		if lines := strings.Count(body, `default`); lines != n {
			t.Errorf("%s: %d events", f.Name, lines)
		}
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
	s.post(t, strings.Repeat("{\"action\":\"a\"}\n", 9000))
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
	job := &exportJob{w: w, control: http.NewResponseController(w), format: format}
	if err := job.begin(2); err != nil {
		t.Fatal(err)
	}
	if err := job.finish(); err == nil {
		t.Error("0 of 2 events passed for a whole export")
	}
}
