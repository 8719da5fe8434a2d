package client

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// problem is an error answer of the server: an RFC 9457 document with the members that Annals adds.
type problem struct {
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Field     string         `json:"field"`
	Value     jsontext.Value `json:"value"`
	Limit     jsontext.Value `json:"limit"`
	Column    int            `json:"column"`
	RequestID string         `json:"request_id"`

	retryAfter time.Duration
	hint       string
}

// Error is one sentence: what is wrong, in which field, with which value and limit, and what to do about it.
func (p *problem) Error() string {
	var b strings.Builder
	b.WriteString(p.message())
	if v := plain(p.Value); v != "" && !strings.Contains(b.String(), v) {
		fmt.Fprintf(&b, ", have %s", v)
	}
	if v := plain(p.Limit); v != "" && !strings.Contains(b.String(), v) {
		fmt.Fprintf(&b, ", the limit is %s", v)
	}
	if p.hint != "" {
		b.WriteString(": " + p.hint)
	}
	if p.Status >= 500 && p.RequestID != "" {
		fmt.Fprintf(&b, " (request %s in the server's log)", p.RequestID)
	}
	return b.String()
}

func (p *problem) message() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if text == "" {
		text = fmt.Sprintf("the server answers %d %s", p.Status, http.StatusText(p.Status))
	}
	switch {
	case p.Column > 0:
		text = fmt.Sprintf("query, column %d: %s", p.Column, text)
	case p.Field != "" && !strings.Contains(text, p.Field):
		text = p.Field + ": " + text
	}
	return strings.TrimRight(text, ".")
}

// plain returns a JSON value as a sentence shows it, or "" for none.
func plain(v jsontext.Value) string {
	if len(v) == 0 || v.Kind() == 'n' {
		return ""
	}
	var s string
	if json.Unmarshal(v, &s) == nil {
		if s != "" && len(s) <= 80 {
			return strconv.Quote(s)
		}
		return ""
	}
	return string(v)
}

// refused reads an error answer. Whatever else sits at the address, a proxy's page say, is reported by its status.
func (c *connection) refused(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	p := new(problem)
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if json.Unmarshal(body, p) != nil {
			p = new(problem)
		}
	}
	p.Status = resp.StatusCode
	p.retryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	switch {
	case p.Status == http.StatusUnauthorized && c.token == "":
		p.Detail = c.base.String() + " wants a token"
		p.hint = c.tokenFrom + "; give one with --token or ANNALS_TOKEN, or name the server's data directory with --data"
	case p.Status == http.StatusUnauthorized:
		p.Detail = c.base.String() + " does not accept the token from " + c.tokenFrom
		p.hint = "others come from --token, ANNALS_TOKEN, or " + TokenFile + " in the server's data directory (--data, ANNALS_DATA)"
	case p.Status == http.StatusNotFound && p.Title == "" && p.Detail == "":
		p.hint = "is " + c.base.String() + " an Annals server? (address from " + c.baseFrom + ")"
	}
	return p
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 3600)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return min(at.Sub(now), time.Hour)
	}
	return 0
}
