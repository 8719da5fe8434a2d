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

// Bars of the console's list, by the client's clock: the server's time with the loopback.
const (
	listBarMs = 150
	pageBarKB = 40
)

// console asks for the list's page as a browser does, compressed, with the facets and the histogram that are on it.
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
			began := time.Now()
			page, err := c.page(ctx, params)
			took := spent{client: time.Since(began)}
			if err != nil {
				return took, err
			}
			largest = max(largest, len(page))
			return took, r.checkPage(q.name, page, r.model.total[q.name])
		})
		if err != nil {
			return err
		}
		r.report.times("list in the console: "+q.name, all.client, atMost(listBarMs))
	}
	r.report.figure("largest of these pages, compressed", "KB", float64(largest)/1000, atMost(pageBarKB))
	return nil
}

// page gets the list's page as it is on the way.
func (c *client) page(ctx context.Context, params url.Values) ([]byte, error) {
	path := "/events?" + params.Encode()
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

// checkPage looks for the total in the page.
func (r *run) checkPage(name string, compressed []byte, total int) error {
	unzipped, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	page, err := io.ReadAll(unzipped)
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	want := "<strong>" + number(float64(total)) + " events</strong>"
	if total == 1 {
		want = "<strong>1 event</strong>"
	}
	if !bytes.Contains(page, []byte(want)) {
		r.wrong("list in the console, %s: the page does not say %s", name, want)
	}
	return nil
}
