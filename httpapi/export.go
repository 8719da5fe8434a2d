package httpapi

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"annals/engine"
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
	format, err := exportOf(&q, r.URL.Query())
	if err != nil {
		return err
	}
	job := &exportJob{w: w, control: http.NewResponseController(w), format: format,
		name: "annals-" + a.now().UTC().Format("20060102T150405Z") + "." + format.Name}
	err = a.log.Each(r.Context(), q, job.begin, job.add)
	if err == nil {
		err = job.finish()
	}
	if job.begun {
		noteOf(r.Context()).sent(job.count, job.total, err == nil)
	}
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
		names := make([]string, len(export.Formats))
		for i, f := range export.Formats {
			names[i] = f.Name
		}
		return format, reply.BadParameter("format", "format is %q, it must be one of %s", values.Get("format"), strings.Join(names, ", "))
	}
	return format, nil
}

// exportJob is one export under way.
type exportJob struct {
	w       http.ResponseWriter
	control *http.ResponseController
	format  export.Format
	name    string // of the file

	begun        bool
	total, count uint64
	encoder      export.Encoder
}

func (j *exportJob) begin(total uint64) error {
	h := j.w.Header()
	h.Set("Content-Type", j.format.ContentType)
	h.Set("Content-Disposition", `attachment; filename="`+j.name+`"`)
	h.Set("X-Total-Count", strconv.FormatUint(total, 10))
	h.Set("Trailer", countTrailer)
	j.begun, j.total = true, total
	j.encoder = j.format.New(patientWriter{j.w, j.control})
	return nil
}

func (j *exportJob) add(e *engine.Event) error {
	j.count++
	return j.encoder.Write(e)
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

// patientWriter gives a slow client time, but not for ever.
type patientWriter struct {
	w       io.Writer
	control *http.ResponseController
}

func (p patientWriter) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(clientPatience)) // a writer without deadlines has no slow client
	return p.w.Write(b)
}
