package httpapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"annals/engine"
)

func TestBackup(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, strings.Repeat("{\"action\":\"a\"}\n", 3000))
	for _, query := range []string{"", "?with_key=true", "?with_key=false"} {
		resp, body := s.do(t, s.request(t, "GET", "/api/v1/backup"+query, ""))
		report, err := engine.VerifyBackup(context.Background(), strings.NewReader(body), nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", query, resp.StatusCode, err)
		}
		if report.Events != 3000 || resp.Header.Get("X-Total-Count") != "3000" || report.WithKey != strings.HasSuffix(query, "true") {
			t.Errorf("%s: %+v", query, report)
		}
	}
	if resp, _ := s.do(t, s.request(t, "GET", "/api/v1/backup?with_key=1", "")); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("with_key=1: %d", resp.StatusCode)
	}
}

// TestBackupFailureIsVisible: a backup that broke off neither ends like a whole one nor passes for one.
func TestBackupFailureIsVisible(t *testing.T) {
	s := newServer(t, Options{})
	for range 20 {
		s.post(t, strings.Repeat("{\"action\":\"a\"}\n", 1000))
	}
	_, whole := s.do(t, s.request(t, "GET", "/api/v1/backup", ""))
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.api.ServeHTTP(&shortWriter{w, len(whole) * 3 / 4}, r)
	}))
	defer broken.Close()
	r := s.request(t, "GET", "/api/v1/backup", "")
	r.URL.Host = strings.TrimPrefix(broken.URL, "http://")
	resp, err := broken.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil || len(body) == 0 {
		t.Errorf("%d bytes came; %v", len(body), err)
	}
	if _, err := engine.VerifyBackup(context.Background(), bytes.NewReader(body), nil); err == nil {
		t.Error("a part passes for a backup")
	}
}

// TestBackupOfClosedLog: before the first byte a failure is a problem document.
func TestBackupOfClosedLog(t *testing.T) {
	s := newServer(t, Options{})
	if err := s.log.Close(); err != nil {
		t.Fatal(err)
	}
	if resp, body := s.do(t, s.request(t, "GET", "/api/v1/backup", "")); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}
