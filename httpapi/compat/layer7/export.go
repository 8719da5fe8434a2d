package layer7

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/export"
	"annals/httpapi/reply"
)

// maxExport is the longest period of an export.
const maxExport = 90 * 24 * time.Hour

// export answers GET …/audits/export with a zip of everything that matches, or with a link to it for who only takes JSON.
func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.caller(r)
	if err != nil {
		return err
	}
	if !onlyJSON(r) {
		return h.send(w, r, caller.Caller)
	}
	if job, err := h.exportOf(r, caller.Caller); err != nil {
		told := job.asked(r)
		told.Failure = failureOf(err)
		reply.Tell(r.Context(), told)
		return err
	}
	return h.link(w, r, caller)
}

// exportJob is one export under way.
type exportJob struct {
	w      http.ResponseWriter
	query  engine.Query
	file   export.Format
	filter filter
	at     time.Time

	begun        bool
	total, count uint64
	encoder      export.Encoder
}

// exportOf reads what is to be exported. There are no pages, and the newest comes first. What can be read of it is there with an error as well.
func (h *Handler) exportOf(r *http.Request, caller auth.Caller) (*exportJob, error) {
	job := &exportJob{at: h.now(), query: engine.Query{Desc: true}}
	p, err := parametersOf(r.URL)
	if err != nil {
		return job, err
	}
	job.filter = p.filter()
	for _, name := range []string{"startTs", "endTs"} {
		if p.values.Get(name) == "" {
			p.mistake(name, "is missing")
		}
	}
	p.period(&job.query)
	if err := p.err(); err == nil && job.query.To.Sub(job.query.From) > maxExport+time.Millisecond { // both ends are in it
		p.mistake("endTs", "must be 90 days after startTs at most")
	}
	switch format := p.one("format"); strings.ToUpper(format) {
	case "", "CSV":
		job.file = csvFile(job.filter)
	case "JSON":
		job.file = jsonFile(job.filter)
	default:
		p.mistake("format", "must be CSV or JSON")
	}
	if err := p.err(); err != nil {
		return job, err
	}
	job.query.Where = job.filter.where()
	job.query.Tenants, err = h.tenants(r, caller)
	return job, err
}

// send streams the file. A failure midway cuts the connection and leaves a zip that does not open, so that no part can be taken for the whole.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, caller auth.Caller) error {
	job, err := h.exportOf(r, caller)
	told := job.asked(r)
	defer func() { reply.Tell(r.Context(), told) }()
	if err != nil {
		told.Failure = failureOf(err)
		return err
	}
	job.w = w
	if err = h.log.Each(r.Context(), job.query, job.begin, job.add); err == nil {
		err = job.finish()
	}
	told.Failure = failureOf(err)
	if !job.begun {
		return err
	}
	finished := err == nil
	told.Total, told.Rows, told.Finished = &job.total, &job.count, &finished
	if err == nil {
		return nil
	}
	reply.Fill(r, fmt.Errorf("export after %d of %d events: %w", job.count, job.total, err))
	panic(http.ErrAbortHandler)
}

// asked is what the server's own log is told of it before it begins.
func (j *exportJob) asked(r *http.Request) reply.Asked {
	return reply.Asked{Action: "event.export", Query: question(r, j.filter), From: j.query.From, To: j.query.To}
}

func (j *exportJob) begin(total uint64) error {
	head := j.w.Header()
	head.Set("Content-Type", j.file.ContentType)
	head.Set("Content-Disposition", `attachment; filename="audits.zip"`)
	j.begun, j.total = true, total
	j.encoder = j.file.New(reply.Patient(j.w), export.Options{Name: "audits." + j.file.Name, About: export.About{At: j.at}})
	return nil
}

// add writes one event. A panic may not go through the log, which is being read.
func (j *exportJob) add(e *engine.Event) error {
	if err := reply.Caught(func() error { return j.encoder.Write(e) }); err != nil {
		return err
	}
	j.count++
	return nil
}

// finish holds the count against the total: a file that lacks events must not end like a whole one.
func (j *exportJob) finish() error {
	if j.count != j.total {
		return fmt.Errorf("the log gave %d events", j.count)
	}
	return j.encoder.Close()
}
