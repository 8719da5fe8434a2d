package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

var exportCommand = Command{
	Name:    "export",
	Summary: "Write every event that a query matches to a file",
	Usage:   "[flags] [QUERY...]",
	Details: `
All matches are written, or the command fails and leaves no file: the server says first how many there are, and the records
are counted. Formats are ndjson (can be imported again), json, csv and xlsx, and each in a zip: csv.zip. Without -o they go to stdout.

Columns of csv and xlsx are "all" fields, the "list" that people read, or names of fields: time, id, tenant, user, user_id, email, user_domain,
user_type, action, operation, result, error_code, error_message, project, project_id, module, resources, resource_content, description, ip,
user_agent, channel, write, dangerous, details, received, seq. Times in xlsx and in the list are in the zone of --tz.`,
	Examples: `
# last month's failures for a spreadsheet
annals export result:failure --from 2026-10-01 --to 2026-11-01 -o failures.xlsx
# the same as people read them, in their zone
annals export result:failure --columns list --tz Asia/Shanghai -o failures.xlsx
# some fields of a year, small
annals export --columns time,user_id,action,ip --from 2026-01-01 -o 2026.csv.zip
# everything of one tenant, to move it elsewhere
annals export tenant:acme -o acme.ndjson
# through a pipe
annals export user:amy --format ndjson | gzip > amy.ndjson.gz`,
	Run: runExport,
}

// Where the server says how many events an export has: before the first, and after the last.
const (
	totalHeader  = "X-Total-Count"
	countTrailer = "Annals-Export-Count"
)

type exporter struct {
	ask
	format, output, sort, columns string
	quiet                         bool
}

func runExport(ctx context.Context, env *Env, args []string) error {
	var x exporter
	f := env.Flags()
	x.register(f)
	f.StringVar(&x.format, "format", "", "`NAME`: xlsx, csv, json or ndjson, or with .zip behind it (default: what FILE ends in, else ndjson)")
	f.StringVar(&x.columns, "columns", "", "`LIST` of a csv's or xlsx's columns: all (the default), list, or names with commas between")
	f.StringVar(&x.output, "o", "-", "write to `FILE`, - is stdout")
	f.StringVar(&x.sort, "sort", "", "-time (newest first, the default) or time `ORDER`")
	f.BoolVar(&x.quiet, "quiet", false, "show no progress")
	if err := x.parse(args); err != nil {
		return err
	}
	if x.format == "" {
		x.format = formatOf(x.output)
	}
	if x.output == "-" {
		out := env.Stdout
		if env.columns(out) > 0 {
			if isBinary(x.format) {
				return usagef("%s is nothing for a terminal: give -o FILE", x.format)
			}
			out = &terminalWriter{w: out}
		}
		_, err := x.write(ctx, env, out)
		return x.explain(err)
	}
	n, err := x.toFile(ctx, env)
	if err != nil {
		return x.explain(err)
	}
	fmt.Fprintf(env.Stderr, "%s %s in %s\n", grouped(n), plural(n, "event"), visible(x.output))
	return nil
}

func formatOf(path string) string {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv", ".json", ".xlsx":
		return ext[1:]
	case ".zip":
		return formatOf(path[:len(path)-len(ext)]) + ext
	}
	return "ndjson"
}

func isBinary(format string) bool { return format == "xlsx" || strings.HasSuffix(format, ".zip") }

// toFile writes beside the file and renames when all is there and on disk: a file of that name is whole, or the one from before.
func (x *exporter) toFile(ctx context.Context, env *Env) (n uint64, err error) {
	f, err := os.CreateTemp(filepath.Dir(x.output), "."+filepath.Base(x.output)+".*.part")
	if err != nil {
		return 0, fmt.Errorf("create file: %w", err)
	}
	defer os.Remove(f.Name()) // is gone by then when all went well
	n, err = x.write(ctx, env, f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	if err := os.Rename(f.Name(), x.output); err != nil {
		return 0, fmt.Errorf("name file: %w", err)
	}
	return n, nil
}

// write copies the export to w and returns how many events it has. It fails unless the server's total, the server's count at
// the end and the records that came are the same number.
func (x *exporter) write(ctx context.Context, env *Env, w io.Writer) (uint64, error) {
	values := x.values()
	values.Set("format", x.format)
	if x.sort != "" {
		values.Set("sort", x.sort)
	}
	if x.columns != "" {
		values.Set("columns", x.columns)
	}
	r, err := x.request(ctx, http.MethodGet, "/export", values, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Accept", "*/*")
	resp, err := x.do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	total, err := strconv.ParseUint(resp.Header.Get(totalHeader), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%s does not say how many events the export has (header %s)", x.base, totalHeader)
	}
	p := newProgress(env, int64(total), x.quiet || x.output == "-" && env.columns(env.Stdout) > 0)
	defer p.stop()
	records := newRecordCounter(x.format)
	defer records.stop()
	if err := copyCounting(w, resp.Body, records, p, int64(total)); err != nil {
		if failed, ok := errors.AsType[errPrint](err); ok {
			return 0, fmt.Errorf("write export: %w", failed.error)
		}
		return 0, fmt.Errorf("the export broke off after %d of %d events, nothing is kept: %w", records.count(), total, x.unreachable(ctx, err))
	}
	return total, checkCount(records, total, resp.Trailer.Get(countTrailer))
}

func checkCount(records recordCounter, total uint64, trailer string) error {
	whole := records.whole() // from here on all that came is counted
	switch {
	case trailer == "":
		return fmt.Errorf("the export broke off: its end is missing (trailer %s), nothing is kept", countTrailer)
	case trailer != strconv.FormatUint(total, 10) || records.count() != total || !whole:
		return fmt.Errorf("the export is not whole: announced were %d events, the server counts %.20q at the end, %d came; nothing is kept",
			total, trailer, records.count())
	}
	return nil
}

// copyCounting tells an error of w from one of r by its type, errPrint.
func copyCounting(w io.Writer, r io.Reader, records recordCounter, p *progress, total int64) error {
	buf := make([]byte, 128<<10)
	for {
		n, err := r.Read(buf)
		records.add(buf[:n])
		if _, err := w.Write(buf[:n]); err != nil {
			return errPrint{err}
		}
		p.set(int64(records.count()), total)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
