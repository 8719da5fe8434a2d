package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// export reads a million rows as CSV, or all there are, and watches whether the server's memory grows meanwhile.
func (r *run) export(ctx context.Context) error {
	c := r.client(1)
	defer c.close()
	r.server.memory.label("before export")
	time.Sleep(10 * memoryInterval)
	r.server.memory.label("exporting")
	defer r.server.memory.label("")
	began := time.Now()
	params := url.Values{"format": {"csv"}, "from": {r.model.exportFrom.Format(time.RFC3339Nano)}}
	res, err := c.do(ctx, http.MethodGet, "/api/v1/export?"+params.Encode(), "", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	lines, size, err := countLines(res.Body)
	if err != nil {
		return err
	}
	took := time.Since(began)
	if lines != r.model.exportRows+1 {
		r.wrong("export: %d lines with the heading, right is %d", lines, r.model.exportRows+1)
	}
	r.report.figure("export of "+number(float64(r.model.exportRows))+" rows as CSV", "rows/s", float64(r.model.exportRows)/took.Seconds(), atLeast(100_000))
	r.report.figure("  bytes", "MB/s", float64(size)/1e6/took.Seconds(), nil)
	before, _, ok := r.server.memory.spread("before export")
	_, most, okMost := r.server.memory.spread("exporting")
	if ok && okMost {
		r.report.figure("memory growth during export", "MB", megabytes(most.Anonymous-before.Anonymous), atMost(64))
		r.report.figure("  mapped files", "MB", megabytes(most.Files-before.Files), nil)
	}
	return nil
}

// countLines reads to the end. No text of the workload has a newline in it, so a line is a row.
func countLines(body io.Reader) (lines, size int, err error) {
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		lines += bytes.Count(buf[:n], []byte("\n"))
		size += n
		if errors.Is(err, io.EOF) {
			return lines, size, nil
		}
		if err != nil {
			return lines, size, fmt.Errorf("read export: %w", err)
		}
	}
}

// disk adds up the data directory while the server runs.
func (r *run) disk(context.Context) error {
	log, index, err := spaceOf(r.path("data"))
	if err != nil {
		return err
	}
	perEvent := func(n int64) float64 { return float64(n) / float64(r.state.Sent) }
	r.report.figure("disk, log and index", "bytes/event", perEvent(log.Blocks+index.Blocks), atMost(380))
	r.report.figure("  log", "bytes/event", perEvent(log.Blocks), nil)
	r.report.figure("  index", "bytes/event", perEvent(index.Blocks), nil)
	r.report.figure("  log and index by file length", "bytes/event", perEvent(log.Bytes+index.Bytes), nil)
	return nil
}

// memoryBars are the most megabytes that the server may hold meanwhile.
var memoryBars = []struct {
	during string
	mb     float64
}{{"ingesting", 800}, {"searching", 400}, {"exporting", 0}}

// reportMemory adds the memory rows of the running server's life so far. Their second figure is the most, not a p99.
func (r *run) reportMemory() {
	for _, b := range memoryBars {
		median, most, ok := r.server.memory.spread(b.during)
		if !ok {
			continue
		}
		for _, part := range []struct {
			what         string
			median, most int64
			mb           float64
		}{
			{"resident memory while " + b.during + ", median and most", median.Total, most.Total, b.mb},
			{"  anonymous", median.Anonymous, most.Anonymous, 0},
			{"  mapped files", median.Files, most.Files, 0},
		} {
			mid, high := megabytes(part.median), megabytes(part.most)
			r.report.add(row{What: part.what, Unit: "MB", Median: &mid, High: &high, Bar: atMost(part.mb)})
		}
	}
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
