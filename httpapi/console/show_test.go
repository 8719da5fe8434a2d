package console

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"annals/engine"
	"annals/httpapi/reply"
)

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{"amy": "A", "Amy Smith": "AS", "amy.smith@a.test": "AS", "jean-luc picard": "JL", "王小明": "王", "李 雷": "李", "émile": "É", "": "?", "@@": "?",
		"arn:aws:sts::1:x": "AA", "7up": "7", "\u202eabc": "A", "<script>": "S", "😀": "?", "a@b c": "A"} {
		if got := initials(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestShortAgent(t *testing.T) {
	for ua, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36":                         "Chrome 130, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "Safari 17, iOS",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0":           "Edge 130, Windows",
		"curl/8.5.0": "curl 8", "aws-cli/2.13.5 Python/3.11.4": "aws-cli 2", "console.ec2.amazonaws.com": "console.ec2.amazonaws.com", "": "",
	} {
		if got := shortAgent(ua); got != want {
			t.Errorf("%q: %q, want %q", ua, got, want)
		}
	}
}

// FuzzLocalPath: a browser that follows the path stays on this server.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/events?q=a", "//x.test", "/\\x.test", "https://x.test", "/\t/x.test", "javascript:alert(1)", "", "/events#x", "/%2f/x.test", "/\u2028/x"} {
		f.Add(s)
	}
	here, err := url.Parse("https://annals.test/preferences")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		path := localPath(s)
		u, err := here.Parse(path)
		if err != nil || u.Host != here.Host || u.Scheme != here.Scheme {
			t.Fatalf("%q becomes %q, which leads to %v", s, path, u)
		}
		// Browsers read \ as /, and leave out tabs and line ends.
		loose := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(path)
		if strings.HasPrefix(loose, "//") || !strings.HasPrefix(loose, "/") {
			t.Fatalf("%q becomes %q, which a browser takes for another server's", s, path)
		}
	})
}

func TestDraw(t *testing.T) {
	from := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	var buckets []engine.Bucket
	for i, n := range [][2]uint64{{0, 0}, {1, 0}, {1, 1}, {1_000_000, 1}, {1_000_000, 1_000_000}, {500_000, 250_000}} {
		buckets = append(buckets, engine.Bucket{Start: from.Add(time.Duration(i) * time.Hour), End: from.Add(time.Duration(i+1) * time.Hour), Count: n[0], Failures: n[1]})
	}
	h := draw(buckets, read(t, "", preferences{}), time.UTC)
	if h.Most != 1_000_000 || h.Failures != 1_250_002 || len(h.Bars) != 6 || !h.From.Equal(from) || !h.To.Equal(from.Add(6*time.Hour)) {
		t.Errorf("drawn %+v", h)
	}
	for i, b := range h.Bars {
		if (b.Tall > 0) != (b.Count > b.Failed) || (b.Fail > 0) != (b.Failed > 0) {
			t.Errorf("bar %d of %d events and %d failures is %v and %v high", i, b.Count, b.Failed, b.Tall, b.Fail)
		}
		if b.Tall+b.Fail > histogramHeight || b.SuccessY < 0 || b.FailureY < 0 || b.X+b.Width > histogramWidth {
			t.Errorf("bar %d leaves the drawing: %+v", i, b)
		}
	}
	if half := h.Bars[5]; half.Tall != histogramHeight/4. || half.Fail != histogramHeight/4. {
		t.Errorf("half of the events is drawn %v and %v high", half.Tall, half.Fail)
	}
	if got := draw(nil, filter{}, time.UTC); len(got.Bars) != 0 || len(got.Ticks) != 0 {
		t.Errorf("nothing is drawn as %+v", got)
	}
}

func TestPageNumbers(t *testing.T) {
	for _, c := range []struct {
		total      uint64
		size, page int
		want       string
	}{
		{0, 20, 1, "[]"}, {20, 20, 1, "[1]"}, {21, 20, 2, "[1 2]"}, {200, 20, 5, "[1 2 3 4 5 6 7 0 9 10]"}, {2000, 20, 50, "[1 2 0 48 49 50 51 52 0 99 100]"},
		{1 << 40, 100, 1, "[1 2 3 0 99999 100000]"}, {1 << 40, 100, 100_000, "[1 2 0 99998 99999 100000]"},
	} {
		p := eventsPage{Total: c.total, Filter: filter{Size: c.size, Page: c.page}}
		p.pages()
		if got := fmt.Sprint(p.Around); got != c.want {
			t.Errorf("page %d of %d events: %s, want %s", c.page, c.total, got, c.want)
		}
	}
}

func TestTree(t *testing.T) {
	tree := readTree([]byte(`{"a":1,"Request_ID":"r1","b":[{"C d":true},{"C d":null}],"empty":{},"e":[]}`))
	if tree.Shown != 9 || tree.Hidden != 0 {
		t.Errorf("%d shown, %d hidden", tree.Shown, tree.Hidden)
	}
	if got := tree.Root.Items[2].Items[1].Items[0].Field(); got != "details.b.c d" {
		t.Errorf("the field of a value in an array is %q", got)
	}
	if got := tree.requests(); len(got) != 1 || got[0].Text != "r1" || got[0].Field() != "details.request_id" {
		t.Errorf("requests %+v", got)
	}
	if readTree(nil) != nil {
		t.Error("no details are a tree")
	}
}

// FuzzTree: any details have a tree within its bounds, of which every value is counted.
func FuzzTree(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":"c"}],"d":null}`))
	f.Add([]byte(`{"a":` + strings.Repeat(`[`, 30) + strings.Repeat(`]`, 30) + `}`))
	f.Add([]byte(`{"a":[` + strings.Repeat(`"x",`, 3000) + `1]}`))
	f.Add([]byte(`{"` + strings.Repeat("k", 5000) + `":{"x":"` + strings.Repeat("ä", 3000) + `"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) == 0 || text[0] != '{' || !json.Valid(text) || !utf8.Valid(text) {
			return
		}
		tree := readTree(text)
		if tree == nil {
			t.Fatalf("no tree of %q", text)
		}
		nodes, values := 0, 0
		var walk func(n *node)
		walk = func(n *node) {
			for _, item := range n.Items {
				nodes++
				if len(item.Text) > maxLeafBytes || len(item.Field()) > engine.MaxTermValue+len(detailsPrefix) || item.Depth > maxTreeDepth {
					t.Fatalf("a value out of bounds: %+v", item)
				}
				walk(item)
			}
			values += n.All
		}
		walk(tree.Root)
		if nodes != tree.Shown || nodes > maxTreeValues || values != tree.Shown+tree.Hidden {
			t.Fatalf("%d values, %d counted as shown and %d as hidden of %d", nodes, tree.Shown, tree.Hidden, values)
		}
	})
}

// TestPreferencesCookie: behind a proxy that has TLS the cookie is for TLS only, as the session's is.
func TestPreferencesCookie(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/preferences", strings.NewReader("theme=dark"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if secure {
			r = r.WithContext(reply.WithSecure(r.Context()))
		}
		w := httptest.NewRecorder()
		if err := new(Console).savePreferences(w, r); err != nil {
			t.Fatal(err)
		}
		if got := w.Result().Cookies(); len(got) != 1 || got[0].Secure != secure || got[0].Value != "theme=dark" {
			t.Errorf("over TLS %v: %v", secure, got)
		}
	}
}
