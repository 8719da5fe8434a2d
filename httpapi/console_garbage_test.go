package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"annals/engine"
)

// TestConsoleGarbage: whatever an address says, the answer is a page that shows something or says what is wrong.
func TestConsoleGarbage(t *testing.T) {
	s := consoleServer(t)
	s.take(t, &engine.Event{ID: "first", Action: "x", Time: time.Unix(0, 0)})
	garbage := []string{"-1", "99999999999999999999", "%00", "\x00", "\xff\xfe", "\u202e", `'"<>`, "%d events", "0001-01-01", "9999-12-31", "now-4294967295w", "last-5m", strings.Repeat("a", 5000)}
	formatted := regexp.MustCompile(`%!.?\((MISSING|NOVERB|EXTRA|BAD)`) // what a value leaves that was taken for a format
	for _, name := range []string{"q", "range", "from", "tz", "sort", "order", "size", "page", "event", "event_tenant", "user", "details.x", "ip", "id", "result", "operation", "done", "return"} {
		for _, value := range garbage {
			for _, page := range []string{"/events?range=all&", "/exceptions?range=all&", "/tail?", "/views?"} {
				address := page + name + "=" + url.QueryEscape(value)
				resp, text := s.do(t, s.request(t, "GET", address, ""))
				if resp.StatusCode >= http.StatusInternalServerError || !strings.Contains(text, "</html>") || formatted.MatchString(text) {
					t.Errorf("%.100s: %d %s", address, resp.StatusCode, formatted.FindString(text))
				}
			}
		}
	}
	for _, address := range []string{"/events?range=custom&from=2026-11-23T00:00:00Z&to=2026-11-23T00:00:00.000000001Z", "/events?range=custom&from=0001-01-01&to=9999-12-31",
		"/events?page=1&page=2&sort=user&sort=time&size=10&size=100", "/events?%zz&a;b", "/exceptions?range=custom&to=0001-01-02"} {
		if resp, text := s.do(t, s.request(t, "GET", address, "")); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", address, resp.StatusCode, regexp.MustCompile(`class="(?:error|muted)"[^<]*`).FindString(text))
		}
	}
}

// TestConsoleDeepPages: where page numbers do not reach, the page says so and has ways on that keep the filter.
func TestConsoleDeepPages(t *testing.T) {
	s := newServer(t, Options{})
	var events []*engine.Event
	for i := range 100_040 {
		events = append(events, &engine.Event{ID: fmt.Sprintf("e%d", i), Action: "x", Description: "d", Time: testNow.Add(-time.Minute)})
		if len(events) == 5000 {
			s.take(t, events...)
			events = nil
		}
	}
	s.take(t, events...)
	_, page := s.do(t, s.request(t, "GET", "/events?action=x&sort=description&page=5001", ""))
	shown := regexp.MustCompile(`data-event="(e[0-9]+)"`).FindAllStringSubmatch(page, -1)
	if len(shown) != 20 {
		t.Fatalf("the last page that can be had shows %d events", len(shown))
	}
	last := shown[19][1]
	resp, text := s.do(t, s.request(t, "GET", "/events?action=x&sort=description&page=5001&event="+last, ""))
	if resp.StatusCode != http.StatusOK || !strings.Contains(text, `id="drawer-prev"`) || strings.Contains(text, `id="drawer-next"`) {
		t.Errorf("the last event that can be had: %d %.300s", resp.StatusCode, text)
	}
	resp, text = s.do(t, s.request(t, "GET", "/events?action=x&sort=description&page=5002", ""))
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, "page numbers do not reach so far") {
		t.Errorf("%d %.300s", resp.StatusCode, text)
	}
	for _, way := range []string{`href="/events?action=x&amp;sort=description"`, `href="/events?action=x"`} {
		if !strings.Contains(text, `class="way-out" `+way) {
			t.Errorf("no way on by %s", way)
		}
	}
}

// TestConsoleLargePages: where events are too large for so many a page, fewer can be chosen.
func TestConsoleLargePages(t *testing.T) {
	s := newServer(t, Options{})
	large := []byte(`{"x":"` + strings.Repeat("y", 240<<10) + `"}`)
	for i := range 90 {
		s.take(t, &engine.Event{ID: fmt.Sprintf("e%d", i), Action: "x", Time: testNow.Add(-time.Minute), Details: large})
	}
	resp, text := s.do(t, s.request(t, "GET", "/events?action=x&size=100", ""))
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, `class="way-out" href="/events?action=x&amp;size=50"`) {
		t.Errorf("%d %.300s", resp.StatusCode, text)
	}
}
