package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Bars of the console's pages, by the client's clock: the server's time with the loopback.
const (
	consoleBarMs = 150
	pageBarKB    = 40
)

// console asks for the list's page as a browser does, compressed, with the facets and the histogram that are on it, and for that of the exceptions.
func (r *run) console(ctx context.Context) error {
	c := r.client(1)
	defer c.close()
	r.server.memory.label("showing pages")
	defer r.server.memory.label("")
	largest := 0
	for _, q := range questions {
		params := url.Values{"range": {"all"}, "q": {q.q}}
		if q.sort != "" {
			params.Set("sort", q.sort)
		}
		all, err := r.repeat(func(int) (spent, error) {
			took, size, err := r.askPage(ctx, c, "/events?"+params.Encode(), events(r.model.total[q.name]))
			largest = max(largest, size)
			return took, err
		})
		if err != nil {
			return err
		}
		r.report.times("list in the console: "+q.name, all.client, atMost(consoleBarMs))
	}
	all, err := r.repeat(func(int) (spent, error) {
		took, size, err := r.askPage(ctx, c, "/exceptions?range=all", number(float64(r.model.failures))+" failures")
		largest = max(largest, size)
		return took, err
	})
	if err != nil {
		return err
	}
	r.report.times("exceptions in the console", all.client, atMost(consoleBarMs))
	r.report.figure("largest of these pages, compressed", "KB", float64(largest)/1000, atMost(pageBarKB))
	return nil
}

// events is how a page says how many there are.
func events(total int) string {
	if total == 1 {
		return "1 event"
	}
	return number(float64(total)) + " events"
}

// askPage gets a page and looks for the total that it should say. Size is how many bytes were on the way.
func (r *run) askPage(ctx context.Context, c *client, path, total string) (took spent, size int, err error) {
	began := time.Now()
	compressed, err := c.page(ctx, path)
	took = spent{client: time.Since(began)}
	if err != nil {
		return took, 0, err
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return took, 0, fmt.Errorf("read page: %w", err)
	}
	page, err := io.ReadAll(unzipped)
	if err != nil {
		return took, 0, fmt.Errorf("read page: %w", err)
	}
	if !bytes.Contains(page, []byte("<strong>"+total+"</strong>")) {
		r.wrong("%s in the console: the page does not say %s", path, total)
	}
	return took, len(compressed), nil
}

// page gets a page as it is on the way.
func (c *client) page(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("make request %s: %w", path, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", path, res.Status)
	}
	return page, err
}
