package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// listener reads a live tail.
type listener struct {
	t     *testing.T
	resp  *http.Response
	lines *bufio.Scanner
}

func (s *server) listen(t *testing.T, query, lastID string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r := s.request(t, "GET", "/api/v1/tail"+query, "").WithContext(ctx)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("tail: %d %s", resp.StatusCode, resp.Header)
	}
	return &listener{t, resp, bufio.NewScanner(resp.Body)}
}

// next returns the next event's id and data, or the next comment with the id that it carries.
func (l *listener) next(comments bool) (id, text string) {
	l.t.Helper()
	for l.lines.Scan() {
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch {
		case name == "id":
			id = value
		case name == "data", name == "" && comments && value == "alive":
			text = value
		case name == "" && value == "" && text != "":
			return id, text
		case name == "" && value == "":
			id = ""
		}
	}
	l.t.Fatalf("the stream ended: %v", l.lines.Err())
	return "", ""
}

func (l *listener) expect(ids ...string) {
	l.t.Helper()
	for _, want := range ids {
		if id, data := l.next(false); id != want || !strings.Contains(data, `"seq":`+want) {
			l.t.Fatalf("got event %s %s, want %s", id, data, want)
		}
	}
}

func TestTail(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, "{\"action\":\"a\"}\n{\"action\":\"b\"}\n{\"action\":\"a\"}")

	live := s.listen(t, "", "")
	all := s.listen(t, "?from=0", "")
	some := s.listen(t, "?from=0&q=action:a", "")
	resumed := s.listen(t, "?from=0", "1") // the header goes before the parameter, as a browser repeats the URL
	all.expect("0", "1", "2")
	some.expect("0", "2")
	resumed.expect("2")

	s.post(t, "{\"action\":\"b\",\"description\":\"two\\nlines\"}\n{\"action\":\"a\"}")
	live.expect("3", "4")
	all.expect("3", "4")
	some.expect("4")
	resumed.expect("3", "4")
}

func TestTailMany(t *testing.T) {
	s := newServer(t, Options{})
	all := s.listen(t, "", "")
	const batches, each = 5, 400
	go func() {
		for i := range batches {
			r := s.request(t, "POST", "/api/v1/events", strings.Repeat(fmt.Sprintf("{\"action\":\"a%d\"}\n", i), each))
			if resp, err := s.Client().Do(r); err == nil {
				resp.Body.Close()
			}
		}
	}()
	for i := range batches * each {
		all.expect(fmt.Sprint(i))
	}
}

// TestTailHeartbeat: a quiet stream shows life, and how far it has read although nothing matched.
func TestTailHeartbeat(t *testing.T) {
	s := newServer(t, Options{Heartbeat: 5 * time.Millisecond})
	s.post(t, "{\"action\":\"a\"}\n{\"action\":\"b\"}")
	quiet := s.listen(t, "?q=action:none&from=0", "")
	for range 200 {
		if id, text := quiet.next(true); id == "1" && text == "alive" {
			return
		}
	}
	t.Error("no heartbeat with the seq reached")
}

func TestDrainEndsTails(t *testing.T) {
	s := newServer(t, Options{})
	l := s.listen(t, "", "")
	s.api.Drain()
	for l.lines.Scan() {
	}
	if err := l.lines.Err(); err != nil {
		t.Errorf("the stream did not end cleanly: %v", err)
	}
}
