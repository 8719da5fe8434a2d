package httpapi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
	"annals/index"
)

// server is the real API over a real log.
type server struct {
	*httptest.Server
	api   *API
	log   *engine.Log
	token string
	later atomic.Int64 // how far the clock of the API and of the tokens is ahead of testNow, nanoseconds
	crash atomic.Bool  // the clock panics, as a mistake in the program would
}

// now is the clock of the API and of the tokens.
func (s *server) now() time.Time {
	if s.crash.Load() {
		panic("the clock is broken")
	}
	return testNow.Add(time.Duration(s.later.Load()))
}

// testNow is the clock of the log in tests, and where that of the API begins.
var testNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// newServer returns a server with an index, whose log is verified when the test ends. The options' Log and Auth are filled in.
func newServer(t *testing.T, o Options) *server {
	t.Helper()
	return serve(t, o, engine.Options{Index: index.New(index.Options{Logger: enginetest.Quiet})})
}

// serve is newServer with options for the log. Without an index it finds by reading itself.
func serve(t *testing.T, o Options, kept engine.Options) *server {
	t.Helper()
	now := func() time.Time { return testNow }
	if kept.Now == nil {
		kept.Now = now
	}
	if kept.Dir == "" {
		kept.Dir = t.TempDir()
	}
	l := enginetest.OpenLog(t, kept)
	s := &server{log: l}
	doors, token, err := auth.Open(auth.Options{Dir: t.TempDir(), Records: l.Records(), Now: s.now, Logger: enginetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	o.Log, o.Auth, o.Now, o.Logger = l, doors, s.now, enginetest.Quiet
	s.api, s.token = New(o), token
	s.Server = httptest.NewServer(s.api)
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		s.api.Drain()
		s.Close()
		if err := doors.Close(); err != nil && !errors.Is(err, engine.ErrClosed) { // a test may have closed the log
			t.Errorf("close access: %v", err)
		}
	})
	return s
}

// request makes one with the token.
func (s *server) request(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	return r
}

// do answers a request and holds the answer against the OpenAPI document.
func (s *server) do(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: read body: %v", r.Method, r.URL, err)
	}
	if err := checkAnswer(r, resp, body); err != nil {
		t.Errorf("%s %s: the answer %d is not what openapi.json says: %v\n%s", r.Method, r.URL, resp.StatusCode, err, body)
	}
	return resp, string(body)
}

// post sends events that must all go in.
func (s *server) post(t *testing.T, body string) {
	t.Helper()
	if resp, answer := s.do(t, s.request(t, "POST", "/api/v1/events", body)); resp.StatusCode != http.StatusCreated {
		t.Fatalf("post: %d %s", resp.StatusCode, answer)
	}
}
