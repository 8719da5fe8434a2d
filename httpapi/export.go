package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/console"
	"annals/httpapi/export"
	"annals/httpapi/reply"
)

// countTrailer says after the body how many events it holds.
const countTrailer = "Annals-Export-Count"

// exportEvents answers GET /api/v1/export with everything that matches. The total comes first, in X-Total-Count. A failure
// midway cuts the connection, so that no part can be taken for the whole.
func (a *API) exportEvents(w http.ResponseWriter, r *http.Request) error {
	q, err := a.queryOf(r)
	if err != nil {
		return err
	}
	job := &exportJob{w: w}
	if job.format, err = exportOf(&q, r.URL.Query()); err != nil {
		return err
	}
	if job.options, err = a.exportOptions(r, q, job.format); err != nil {
		return err
	}
	progressID, err := exportIDOf(r.URL.Query())
	if err != nil {
		return err
	}
	err = a.log.Each(r.Context(), q, func(total uint64) error {
		note, err := a.log.Checkpoint() // of a log that has the events: later than the moment that they are taken from
		if err != nil {
			return err
		}
		job.options.About.Checkpoint = string(note)
		if progressID != "" {
			job.progress = a.exports.begin(ownerOf(auth.From(r.Context())), progressID, total)
		}
		return job.begin(total)
	}, job.add)
	if err == nil {
		err = job.finish()
	}
	if job.begun {
		noteOf(r.Context()).sent(job.count, job.total, err == nil)
	}
	job.progress.end(err)
	if err == nil || !job.begun {
		return err
	}
	reply.Fill(r, fmt.Errorf("export after %d of %d events: %w", job.count, job.total, err))
	panic(http.ErrAbortHandler)
}

// exportOf reads format and sort.
func exportOf(q *engine.Query, values url.Values) (export.Format, error) {
	if err := sortOf(q, values.Get("sort")); err != nil {
		return export.Format{}, err
	}
	if q.Sort != "time" {
		return export.Format{}, reply.BadParameter("sort", "an export is sorted by time or -time, not by %q", q.Sort)
	}
	format, ok := export.Lookup(values.Get("format"))
	if !ok {
		return format, reply.BadParameter("format", "format is %q, it must be one of %s", values.Get("format"), export.Names())
	}
	return format, nil
}

// exportOptions reads columns, and says what the file is.
func (a *API) exportOptions(r *http.Request, q engine.Query, format export.Format) (o export.Options, err error) {
	values, now, caller := r.URL.Query(), a.now(), auth.From(r.Context())
	if o.Zone, err = zoneOf(values.Get("tz")); err != nil {
		return o, err
	}
	columns := values.Get("columns")
	if o.Columns, err = export.ParseColumns(columns); err != nil {
		return o, err
	}
	if columns != "" && columns != "all" && !format.Columns {
		return o, reply.BadParameter("columns", "%s has all fields always; columns is for csv and xlsx", format.Name)
	}
	if lang := values.Get("lang"); lang != "" {
		if o.Title = console.ExportTitle(lang); o.Title == nil {
			return o, reply.BadParameter("lang", "%q is not en or zh", lang)
		}
	}
	o.Name = "annals-" + now.UTC().Format("20060102T150405Z") + "." + format.Name
	o.About = export.About{Query: values.Get("q"), From: q.From, To: q.To, Order: "oldest first", At: now,
		By: fmt.Sprintf("%s (%s %s)", caller.Name, caller.Type, caller.ID), Server: "Annals " + a.version}
	if q.Desc {
		o.About.Order = "newest first"
	}
	return o, nil
}

// exportJob is one export under way.
type exportJob struct {
	w       http.ResponseWriter
	format  export.Format
	options export.Options

	begun        bool
	total, count uint64
	encoder      export.Encoder
	progress     *exportProgress
}

func (j *exportJob) begin(total uint64) error {
	h := j.w.Header()
	h.Set("Content-Type", j.format.ContentType)
	h.Set("Content-Disposition", `attachment; filename="`+j.options.Name+`"`)
	h.Set("X-Total-Count", strconv.FormatUint(total, 10))
	h.Set("Trailer", countTrailer)
	j.begun, j.total = true, total
	j.options.About.Total = total
	j.encoder = j.format.New(reply.Patient(j.w), j.options)
	return nil
}

func (j *exportJob) add(e *engine.Event) error {
	if err := j.encoder.Write(e); err != nil {
		return err
	}
	j.count++
	j.progress.set(j.count)
	return nil
}

// finish holds the count against the total: a file that lacks events must not end like a whole one.
func (j *exportJob) finish() error {
	if j.count != j.total {
		return fmt.Errorf("the log gave %d events", j.count)
	}
	if err := j.encoder.Close(); err != nil {
		return err
	}
	j.w.Header().Set(countTrailer, strconv.FormatUint(j.count, 10))
	return nil
}
