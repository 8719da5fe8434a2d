package httpapi

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// visitor is somebody at the console: with a token, or with a browser that keeps the session's cookie.
type visitor struct {
	*server
	token, cookie string
	resp          *http.Response
	page          *html.Node
	body          string
}

func (v *visitor) get(t *testing.T, path string, status int) {
	t.Helper()
	v.ask(t, "GET", path, nil, status)
}

// post sends a form, and returns where it leads.
func (v *visitor) post(t *testing.T, path string, values url.Values, status int) (location string) {
	t.Helper()
	v.ask(t, "POST", path, values, status)
	return v.resp.Header.Get("Location")
}

func (v *visitor) ask(t *testing.T, method, path string, values url.Values, status int) {
	t.Helper()
	r := v.request(t, method, path, values.Encode())
	r.Header.Set("Accept", "text/html,*/*")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if r.Header.Del("Authorization"); v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if v.resp, v.body = resp, string(body); resp.StatusCode != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, resp.StatusCode, status, v.body)
	}
	if v.page, err = html.Parse(strings.NewReader(v.body)); err != nil {
		t.Fatal(err)
	}
	for _, c := range resp.Cookies() {
		if c.Name == "annals" {
			if v.cookie = c.Name + "=" + c.Value; c.MaxAge < 0 {
				v.cookie = ""
			}
		}
	}
	if method == "GET" && strings.Contains(resp.Header.Get("Content-Type"), "text/html") && resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s may be kept: %s", path, resp.Header.Get("Cache-Control"))
	}
}

// texts are those of the elements that the selector finds, without the spaces around and between the words.
func (v *visitor) texts(selector string) []string {
	all := []string{}
	for _, n := range cascadia.QueryAll(v.page, cascadia.MustCompile(selector)) {
		all = append(all, strings.Join(strings.Fields(textOf(n)), " "))
	}
	return all
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var text strings.Builder
	for c := range n.ChildNodes() {
		text.WriteString(textOf(c))
	}
	return text.String()
}

// text is that of the first element; "" if there is none.
func (v *visitor) text(selector string) string {
	if all := v.texts(selector); len(all) > 0 {
		return all[0]
	}
	return ""
}

// attribute is that of the first element; "" if there is none.
func (v *visitor) attribute(selector, name string) string {
	if n := cascadia.Query(v.page, cascadia.MustCompile(selector)); n != nil {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
	}
	return ""
}

// want holds the text of the first element against what it should be.
func (v *visitor) want(t *testing.T, selector, text string) {
	t.Helper()
	if got := v.text(selector); got != text {
		t.Errorf("%s is %q, want %q", selector, got, text)
	}
}
