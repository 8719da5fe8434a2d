package recorder

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"annals/engine"
)

func events(t *testing.T, n int) []*engine.Event {
	t.Helper()
	out := make([]*engine.Event, n)
	for i := range out {
		out[i] = &engine.Event{Action: fmt.Sprint("a", i)}
		if err := out[i].Normalize(time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// answers is a server that says one thing, and what it was sent.
func answers(t *testing.T, h http.HandlerFunc) (*HTTP, *[]string) {
	t.Helper()
	var bodies []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		body, err := io.ReadAll(z)
		if err != nil || r.URL.Path != "/api/v1/events" || r.Header.Get("Authorization") != "Bearer t" || r.Method != "POST" {
			t.Errorf("%s %s %v, %v", r.Method, r.URL, r.Header, err)
		}
		bodies = append(bodies, string(body))
		h(w, r)
	}))
	t.Cleanup(s.Close)
	sink, err := NewHTTP(s.URL+"/", "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	return sink, &bodies
}

func say(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestHTTPOutcomes(t *testing.T) {
	f := func(name string, h http.HandlerFunc, n, again, refused int, after time.Duration) {
		t.Helper()
		sink, _ := answers(t, h)
		err := sink.Send(t.Context(), events(t, n))
		trouble, ok := errors.AsType[*Trouble](err)
		if !ok {
			trouble = &Trouble{}
		}
		if len(trouble.Again) != again || len(trouble.Refused) != refused || trouble.After != after || (err == nil) != (again+refused == 0) {
			t.Errorf("%s: %v: %+v", name, err, trouble)
		}
	}
	item := func(status string) string {
		return `{"id":"x","status":"` + status + `","error":{"field":"f","message":"m"}}`
	}
	items := func(statuses ...string) string {
		for i, s := range statuses {
			statuses[i] = item(s)
		}
		return `{"items":[` + strings.Join(statuses, ",") + `]}`
	}
	f("all in", say(201, items("created", "duplicate")), 2, 0, 0, 0)
	f("some", say(207, items("created", "conflict", "invalid", "unavailable")), 4, 1, 2, 0)
	f("none", say(503, items("unavailable", "unavailable"), "Retry-After", "2"), 2, 2, 0, 2*time.Second)
	f("one refused", say(422, items("invalid")), 1, 0, 1, 0)
	f("too many", say(429, `{}`, "Retry-After", "7"), 2, 2, 0, 7*time.Second)
	f("too many, for a year", say(429, `{}`, "Retry-After", "31536000"), 1, 1, 0, maxRetryAfter)
	f("failing", say(500, `oops`), 2, 2, 0, 0)
	f("disk full", say(507, `{}`), 2, 2, 0, 0)
	f("wrong token", say(401, `{}`), 1, 1, 0, 0)
	f("a page", say(200, `<html>`), 1, 1, 0, 0)
	f("a redirect", say(302, ``, "Location", "/elsewhere"), 1, 1, 0, 0)
	f("a wrong count", say(201, items("created")), 2, 2, 0, 0)
	f("an unknown word", say(201, items("created", "new")), 2, 1, 0, 0)
	f("too large, all of them", say(413, `{}`), 5, 0, 5, 0)
}

// TestHTTPHalves: a batch that is refused whole is halved until the refusal is about one event.
func TestHTTPHalves(t *testing.T) {
	var sink *HTTP
	var bodies *[]string
	sink, bodies = answers(t, func(w http.ResponseWriter, _ *http.Request) {
		body := (*bodies)[len(*bodies)-1]
		if strings.Contains(body, `"a5"`) {
			say(400, `{"detail":"what is a5?"}`)(w, nil)
			return
		}
		say(201, `{"items":[`+strings.TrimSuffix(strings.Repeat(`{"status":"created"},`, strings.Count(body, "\n")), ",")+`]}`)(w, nil)
	})
	batch := events(t, 9)
	err := sink.Send(t.Context(), batch)
	trouble, ok := errors.AsType[*Trouble](err)
	if !ok || len(trouble.Again) != 0 || len(trouble.Refused) != 1 || trouble.Refused[0].Event != batch[5] || !strings.Contains(err.Error(), "what is a5") {
		t.Errorf("%v", err)
	}
}

func TestHTTPUnreachable(t *testing.T) {
	sink, err := NewHTTP("http://127.0.0.1:1", "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Send(t.Context(), events(t, 1)); err == nil {
		t.Error("delivered to nobody")
	}
	for _, bad := range []string{"", "annals.example", "ftp://x", "http://"} {
		if _, err := NewHTTP(bad, "t", nil); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f := func(header string, want time.Duration) {
		t.Helper()
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
	f("", 0)
	f("3", 3*time.Second)
	f("-3", 0)
	f("99999999999999999999", 0)
	f("Mon, 23 Nov 2026 12:00:09 GMT", 9*time.Second)
	f("Mon, 23 Nov 2026 11:00:00 GMT", 0)
}
