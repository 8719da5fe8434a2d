package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/thedatashed/xlsxreader"
)

// workbook exports 200,000 events as xlsx with every field, or all there are, and holds every cell against the same export as CSV.
func (r *run) workbook(ctx context.Context) error {
	c := r.client(1)
	defer c.close()
	r.server.memory.label("before workbook")
	time.Sleep(10 * memoryInterval)
	r.server.memory.label("writing a workbook")
	defer r.server.memory.label("")
	path := r.path("export.xlsx")
	defer os.Remove(path)
	began := time.Now()
	size, err := r.saveWorkbook(ctx, c, path)
	if err != nil {
		return err
	}
	took := time.Since(began)
	r.report.figure("export of "+number(float64(r.model.workbookRows))+" rows as xlsx, 27 columns", "rows/s", float64(r.model.workbookRows)/took.Seconds(), atLeast(20_000))
	r.report.figure("  bytes", "MB/s", float64(size)/1e6/took.Seconds(), nil)
	before, _, ok := r.server.memory.spread("before workbook")
	_, most, okMost := r.server.memory.spread("writing a workbook")
	if ok && okMost {
		r.report.figure("memory growth during export as xlsx", "MB", megabytes(most.Anonymous-before.Anonymous), atMost(64))
	}
	r.server.memory.label("")
	return r.checkWorkbook(ctx, c, path)
}

func (r *run) exportNewest(ctx context.Context, c *client, format string) (io.ReadCloser, error) {
	params := url.Values{"format": {format}, "from": {r.model.workbookFrom.Format(time.RFC3339Nano)}}
	res, err := c.do(ctx, http.MethodGet, "/api/v1/export?"+params.Encode(), "", nil)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

func (r *run) saveWorkbook(ctx context.Context, c *client, path string) (size int64, err error) {
	body, err := r.exportNewest(ctx, c, "xlsx")
	if err != nil {
		return 0, err
	}
	defer body.Close()
	f, err := os.Create(path)
	if err != nil {
		return 0, fmt.Errorf("keep workbook: %w", err)
	}
	size, err = io.Copy(f, body)
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("keep workbook: %w", err)
	}
	return size, nil
}

// checkWorkbook opens it with a library that did not write it.
func (r *run) checkWorkbook(ctx context.Context, c *client, path string) error {
	book, err := xlsxreader.OpenFile(path)
	if err != nil {
		return fmt.Errorf("open workbook: %w", err)
	}
	defer book.Close()
	body, err := r.exportNewest(ctx, c, "csv")
	if err != nil {
		return err
	}
	defer body.Close()
	text := bufio.NewReader(body)
	if _, err := text.Discard(len("\ufeff")); err != nil {
		return fmt.Errorf("read export: %w", err)
	}
	lines, rows := csv.NewReader(text), 0
	for row := range book.ReadRows(book.Sheets[0]) {
		line, err := lines.Read()
		if err := cmp.Or(row.Error, err); err != nil {
			return fmt.Errorf("compare row %d of the workbook: %w", rows+1, err)
		}
		if rows++; rows > 1 && !sameCells(row.Cells, line) {
			r.wrong("workbook: row %d is %v, in CSV it is %q", rows, row.Cells, line)
			return nil
		}
	}
	if rows != r.model.workbookRows+1 {
		r.wrong("workbook: %d rows with the heading, right is %d", rows, r.model.workbookRows+1)
	}
	return nil
}

// sameCells holds a row against a line of CSV with the same columns. An empty cell is not there.
func sameCells(cells []xlsxreader.Cell, line []string) bool {
	for i, want := range line {
		got := ""
		if len(cells) > 0 && cells[0].ColumnIndex() == i {
			got, cells = cells[0].Value, cells[1:]
		}
		if got != want && got != asCell(want) {
			return false
		}
	}
	return len(cells) == 0
}

// asCell is how the library reads what is no text: a time to the second, 1 and 0 for true and false.
func asCell(text string) string {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.Format(time.RFC3339)
	}
	if b, err := strconv.ParseBool(text); err == nil {
		return map[bool]string{true: "1", false: "0"}[b]
	}
	return text
}
