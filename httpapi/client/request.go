package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/go-json-experiment/json"
)

// maxAnswerBytes bounds what is read of an answer that must fit in memory. The largest is a page, of about 16 MiB.
const maxAnswerBytes = 64 << 20

// request makes a request of the native API; path is below /api/v1, and escaped.
func (c *connection) request(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Request, error) {
	target := c.base.String() + "/api/v1" + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, target, reader)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "annals-cli")
	return r, nil
}

// do sends a request and returns the answer if its status is 2xx; else the error says what the server said.
// The caller closes the body.
func (c *connection) do(r *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, c.unreachable(r.Context(), err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer resp.Body.Close()
		return nil, c.refused(resp)
	}
	return resp, nil
}

// get asks for a JSON answer and decodes it into answer.
func (c *connection) get(ctx context.Context, path string, query url.Values, answer any) error {
	r, err := c.request(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	resp, err := c.do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return c.decode(ctx, resp, answer)
}

func (c *connection) decode(ctx context.Context, resp *http.Response, answer any) error {
	if kind := resp.Header.Get("Content-Type"); !strings.Contains(kind, "json") {
		return fmt.Errorf("%s answers %s with %q where JSON was expected; is it an Annals server? (address from %s)",
			c.base, resp.Request.URL.Path, kind, c.baseFrom)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil {
		return c.unreachable(ctx, err)
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("read the answer of %s: %w", resp.Request.URL.Path, err)
	}
	return nil
}

// unreachable explains why there was no answer, or not all of one.
func (c *connection) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return &connectError{fmt.Sprintf("no server answers at %s", c.base), fmt.Sprintf(" (address from %s): start one with `annals serve`, "+
			"or name another with --server or ANNALS_SERVER", c.baseFrom), err}
	}
	err = c.alertOf(ctx, err)
	if hint := tlsHint(err); hint != "" {
		return fmt.Errorf("cannot trust %s (address from %s): %w; %s", c.base, c.baseFrom, err, hint)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return &connectError{fmt.Sprintf("%s closed the connection in the middle of an answer", c.base), "", err}
	}
	return &connectError{fmt.Sprintf("cannot reach %s: %v", c.base, err), fmt.Sprintf(" (address from %s)", c.baseFrom), err}
}

// connectError is a failure of the network or of the server's process, which trying again may mend.
type connectError struct {
	brief  string
	advice string // what to do about it
	err    error
}

func (e *connectError) Error() string { return e.brief + e.advice }
func (e *connectError) Unwrap() error { return e.err }

// brief is an error's text without the advice, for where the command itself tries again.
func brief(err error) string {
	if e, ok := errors.AsType[*connectError](err); ok {
		return e.brief
	}
	return err.Error()
}
