package httpapi

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"annals/engine"
)

func gzipped(t *testing.T, in io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := io.Copy(z, in); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func zstded(t *testing.T, in io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, in); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// spaces is an endless body that compresses very well.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestBodies(t *testing.T) {
	s := newServer(t, Options{})
	f := func(name, encoding, body string, want int) {
		t.Helper()
		r := s.request(t, "POST", "/api/v1/events", body)
		r.Header.Set("Content-Encoding", encoding)
		resp, answer := s.do(t, r)
		if resp.StatusCode != want {
			t.Errorf("%s: %d %s, want %d", name, resp.StatusCode, answer, want)
		}
		if want == http.StatusRequestEntityTooLarge && !strings.Contains(answer, `"limit":`) {
			t.Errorf("%s: the limit is not named: %s", name, answer)
		}
	}
	event := `{"action":"a"}`
	bomb := func() io.Reader { return io.LimitReader(spaces{}, engine.MaxRequestBytes+1<<20) }
	f("plain", "", event, 201)
	f("identity", "identity", event, 201)
	f("gzip", "gzip", gzipped(t, strings.NewReader(event)), 201)
	f("zstd", "zstd", zstded(t, strings.NewReader(event)), 201)
	f("cut gzip", "gzip", gzipped(t, strings.NewReader(event))[:20], 400)
	f("cut zstd", "zstd", zstded(t, strings.NewReader(event))[:10], 400)
	f("not zstd", "zstd", event, 400)
	f("gzip bomb", "gzip", gzipped(t, bomb()), 413)
	f("zstd bomb", "zstd", zstded(t, bomb()), 413)
	f("two encodings", "gzip, zstd", event, 415)
	f("as many bytes as may be", "", event+strings.Repeat(" ", engine.MaxRequestBytes-len(event)), 201)
	f("one byte more", "", event+strings.Repeat(" ", engine.MaxRequestBytes-len(event)+1), 413)
	f("as many events as may be", "", strings.Repeat(event+"\n", engine.MaxRequestEvents), 201)
	f("one event more", "", strings.Repeat(event+"\n", engine.MaxRequestEvents+1), 413)
}

func TestEventLimits(t *testing.T) {
	s := newServer(t, Options{})
	f := func(name, event, field, message string) {
		t.Helper()
		_, answer := s.do(t, s.request(t, "POST", "/api/v1/events", `{"id":"good-`+name+`","action":"a"}`+"\n"+event))
		if !strings.Contains(answer, `"created":1`) || !strings.Contains(answer, `"field":"`+field) || !strings.Contains(answer, message) {
			t.Errorf("%s: %.500s", name, answer)
		}
	}
	f("size", `{"action":"`+strings.Repeat("x", engine.MaxEventBytes)+`"}`, "event", fmt.Sprint(engine.MaxEventBytes))
	f("id", `{"action":"a","id":"`+strings.Repeat("x", engine.MaxIDBytes+1)+`"}`, "id", fmt.Sprint(engine.MaxIDBytes))
	f("nesting", `{"action":"a","details":{"a":`+strings.Repeat("[", engine.MaxNesting)+strings.Repeat("]", engine.MaxNesting)+`}}`,
		"details", fmt.Sprint(engine.MaxNesting))
	f("depth-bomb", `{"action":"a","details":{"a":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`}}`, "", "")
	f("future", `{"action":"a","time":"2026-11-25T12:00:00Z"}`, "time", "2026-11-24")
	f("past", `{"action":"a","time":"1969-12-31T23:59:59Z"}`, "time", "1970")
	f("control", `{"action":"a","id":"x\u0000"}`, "id", "control")
}

// TestLargePage: a page by cursor ends before it grows too large, and a numbered page says that it would.
func TestLargePage(t *testing.T) {
	s := newServer(t, Options{})
	var body strings.Builder
	for i := range 70 {
		fmt.Fprintf(&body, `{"id":"large-%d","action":"a","description":%q}`+"\n", i, strings.Repeat("x", 255<<10))
	}
	s.post(t, body.String())
	seen, cursor := 0, ""
	for page := 0; page == 0 || cursor != ""; page++ {
		resp, answer := s.do(t, s.request(t, "GET", "/api/v1/events?limit=1000&cursor="+cursor, ""))
		if resp.StatusCode != http.StatusOK || len(answer) > engine.MaxPageBytes+1000 || page > 3 {
			t.Fatalf("page %d: %d, %d bytes", page, resp.StatusCode, len(answer))
		}
		seen += strings.Count(answer, `"action":"a"`)
		_, cursor, _ = strings.Cut(answer, `"next":"`)
		cursor, _, _ = strings.Cut(cursor, `"`)
	}
	if seen != 70 {
		t.Errorf("the pages have %d events", seen)
	}
	resp, answer := s.do(t, s.request(t, "GET", "/api/v1/events?limit=1000&page=1", ""))
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(answer, `"field":"limit"`) || !strings.Contains(answer, "cursor") {
		t.Errorf("numbered page: %d %.300s", resp.StatusCode, answer)
	}
}
