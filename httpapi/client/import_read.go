package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"annals/engine"
	"annals/httpapi/ingest"
	"annals/httpapi/ingest/record"
)

func (im *importer) readAll(ctx context.Context, sources []source) ([]*fileReport, error) {
	var reports []*fileReport
	im.pending = new(batch)
	for _, s := range sources {
		r := &fileReport{name: s.name, keep: int(im.flags.reasons)}
		reports = append(reports, r)
		im.progress.file(s.name)
		if err := im.readFile(ctx, s, r); err != nil {
			if ctx.Err() != nil {
				return reports, context.Cause(ctx)
			}
			r.failed = err
		}
	}
	return reports, im.flush(ctx)
}

func (im *importer) readFile(ctx context.Context, s source, r *fileReport) error {
	file, err := s.open(ctx, im.stdin)
	if err != nil {
		return err
	}
	defer file.Close()
	opened, err := record.Open(im.progress.reader(file))
	if err != nil {
		return err
	}
	head, err := opened.Peek(record.HeadBytes)
	if len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return nil // an empty file has no records and no format
		}
		return fmt.Errorf("read: %w", err)
	}
	format := im.format
	if format == nil {
		detected, err := ingest.Detect(head, filepath.Base(s.name))
		if err != nil {
			return fmt.Errorf("%w; --format NAME says which it is", err)
		}
		format = &detected
	}
	r.format = format.Name
	return format.Read(opened, im.options, func(e *engine.Event, err error) error {
		return im.take(ctx, r, e, err)
	})
}

// take adds one translated record to the batch, or to the rejected ones.
func (im *importer) take(ctx context.Context, r *fileReport, e *engine.Event, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.records++
	if err == nil {
		err = im.complete(r, e)
	}
	if err != nil {
		place := fmt.Sprintf("record %d", r.records)
		if at, ok := errors.AsType[*record.Error](err); ok {
			place, err = fmt.Sprintf("%s %d", at.Unit, at.N), at.Err
		}
		r.reject(place, err.Error())
		return nil
	}
	if im.flags.dryRun {
		r.add(outcomes{created: 1})
		return nil
	}
	line := e.AppendJSON(nil)
	if im.pending.full(len(line)) {
		if err := im.flush(ctx); err != nil {
			return err
		}
	}
	im.pending.add(line, entry{r, r.records, e.ID})
	return nil
}

// complete gives the event what a second import must find the same: an ID and a time. A dry run checks the rest as well, which otherwise the server does.
func (im *importer) complete(r *fileReport, e *engine.Event) error {
	if e.Time.IsZero() {
		return &engine.FieldError{Field: "time", Message: "is missing; a record that is imported must say when it happened"}
	}
	if e.Tenant == "" {
		e.Tenant = im.flags.tenant
	}
	if e.ID == "" {
		e.ID = record.DeriveID(r.format, e.AppendJSON(nil))
	}
	if !im.flags.dryRun {
		return nil
	}
	if err := e.Normalize(time.Now()); err != nil {
		return err
	}
	if n := len(e.AppendJSON(nil)); n > engine.MaxEventBytes {
		return &engine.FieldError{Field: "event", Message: fmt.Sprintf("is %d bytes, the limit is %d", n, engine.MaxEventBytes)}
	}
	return nil
}

func (im *importer) flush(ctx context.Context) error {
	if len(im.pending.entries) == 0 {
		return nil
	}
	b := im.pending
	im.pending = new(batch)
	return im.deliver(ctx, b)
}
