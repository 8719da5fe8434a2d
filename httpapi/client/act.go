package client

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// act makes a request, whose wish is its body as JSON unless it is nil, and prints the answer: as a line of JSON, or by show.
func act[T any](ctx context.Context, env *Env, c *connection, asJSON bool, method, path string, wish any, show func(T) error) error {
	var body []byte
	if wish != nil {
		var err error
		if body, err = json.Marshal(wish); err != nil {
			return fmt.Errorf("make request: %w", err)
		}
	}
	var raw jsontext.Value
	if err := c.send(ctx, method, path, body, &raw); err != nil {
		return err
	}
	if asJSON {
		return printValue(env, raw, true)
	}
	var answer T
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return show(answer)
}

// send makes a request whose body and answer are JSON.
func (c *connection) send(ctx context.Context, method, path string, body []byte, answer any) error {
	r, err := c.request(ctx, method, path, nil, body)
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return c.decode(ctx, resp, answer)
}

// printRows prints a table of tab-separated lines.
func printRows[T any](env *Env, header string, rows []T, line func(io.Writer, T)) error {
	out := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, header)
	for _, row := range rows {
		line(out, row)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
