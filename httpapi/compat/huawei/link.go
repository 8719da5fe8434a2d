package huawei

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gorilla/mux"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// linkLifetime is how long a link may be followed: the vendor's "Obtaining the Link for Downloading an Audit Log".
const linkLifetime = 5 * time.Minute

// giveLinks answers POST …/auditlog-links with a link for each file, in the order asked for.
func (h *Handler) giveLinks(w http.ResponseWriter, r *request) error {
	who, err := h.caller(r, auth.Read)
	if err != nil {
		return err
	}
	told := reply.Asked{Action: "auditlog_link.create", Operation: engine.OpOther}
	links, err := h.links(r, who, &told)
	told.Failure = failureOf(err)
	reply.Tell(r.Context(), told)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, linksReply{links})
}

func (h *Handler) links(r *request, who client, told *reply.Asked) ([]string, error) {
	i, err := h.instance(r, who)
	if err != nil {
		return nil, err
	}
	var asked linksRequest
	if err := json.Unmarshal(r.body, &asked); err != nil || len(asked.IDs) == 0 {
		return nil, wrongParameter("ids must be a list of IDs of audit log files.")
	}
	if len(asked.IDs) > maxFiles {
		return nil, outOfRange("ids must be %d at most.", maxFiles)
	}
	told.Query = fmt.Sprintf("%s, %d files", i.told(), len(asked.IDs))
	ctx, cancel := context.WithTimeout(r.Context(), h.deadline)
	defer cancel()
	p, err := h.policy(i)
	if err != nil {
		return nil, err
	}
	expires := h.now().Add(linkLifetime)
	links := make([]string, len(asked.IDs))
	for n, id := range asked.IDs {
		f, err := h.file(ctx, i, p, id)
		if err != nil {
			return nil, err
		}
		told.Thing = f.thing(i)
		links[n] = fmt.Sprintf("%s/v3/%s/instances/%s/auditlog-files/%s?pass=%s", address(r.Request), url.PathEscape(i.tenant), url.PathEscape(i.id), id,
			url.QueryEscape(who.credential.MakePass(linkPurpose(i, id), expires)))
	}
	return links, nil
}

func linkPurpose(i instance, id string) string {
	return "audit log file\x00" + i.tenant + "\x00" + i.id + "\x00" + id
}

func (f file) thing(i instance) engine.Resource {
	return engine.Resource{Type: "audit log file", ID: f.id(i), Name: f.name(i)}
}

// file finds the file with the ID, if it is one that is listed, or was before more events came.
func (h *Handler) file(ctx context.Context, i instance, p policy, id string) (file, error) {
	f, ok := parseFile(i, id)
	if !ok {
		return f, noFile()
	}
	if from, to := p.within(f.half, f.half+1, h.now()); from == to {
		return f, noFile()
	}
	_, events, err := h.halves(ctx, i, f.half, f.half+1)
	if err == nil && events < f.events {
		err = noFile()
	}
	return f, err
}

// download answers what a link leads to: the file. It needs no header; the link is good for one file and for as long as its credential is.
func (h *Handler) download(w http.ResponseWriter, r *request) error {
	tenant, err1 := url.PathUnescape(mux.Vars(r.Request)["project_id"])
	id, err2 := url.PathUnescape(mux.Vars(r.Request)["instance_id"])
	i, fileID := instance{tenant, id}, mux.Vars(r.Request)["file_id"]
	text, err := r.params.text("pass")
	if err = errors.Join(err1, err2, err); err != nil {
		return noFile()
	}
	pass, err := h.auth.OpenPass(auth.Huawei, linkPurpose(i, fileID), text)
	if err != nil {
		return secretFails(r, err)
	}
	if pass.Proven && pass.Expired {
		return &refusal{http.StatusForbidden, codeNoResource, "Request has expired."}
	}
	caller, err := pass.Check(r.Context(), pass.Proven, auth.Read)
	if err != nil {
		if status := reply.ProblemOf(err).Status; status == http.StatusUnauthorized || status == http.StatusForbidden || auth.IsLocked(err) {
			err = noFile()
		}
		return err
	}
	if !caller.Tenants.Sees(i.tenant) {
		return noFile()
	}
	d := &download{w: w}
	err = h.sendFile(r, i, fileID, d)
	told := reply.Asked{Action: "event.export", Query: i.told(), Failure: failureOf(err)}
	if d.begun {
		finished := err == nil
		told.From, told.To, told.Thing = d.file.half.begin(), d.file.half.end(), d.file.thing(i)
		told.Total, told.Rows, told.Finished = &d.total, &d.rows, &finished
	}
	reply.Tell(r.Context(), told)
	if err != nil && d.begun {
		reply.Fill(r.Request, fmt.Errorf("audit log file after %d of %d events: %w", d.rows, d.total, err))
		panic(http.ErrAbortHandler)
	}
	return err
}

// download is a file on its way out.
type download struct {
	w           http.ResponseWriter
	file        file
	begun       bool
	rows, total uint64
}

func (h *Handler) sendFile(r *request, i instance, id string, d *download) error {
	ctx, cancel := context.WithTimeout(r.Context(), h.deadline)
	defer cancel()
	p, err := h.policy(i)
	if err != nil {
		return err
	}
	if d.file, err = h.file(ctx, i, p, id); err != nil {
		return err
	}
	sizes, err := h.partSizes(ctx, i, d.file)
	if err != nil {
		return err
	}
	d.begin(sizes)
	return d.send(r.Context(), h, i)
}

// begin says how much comes, so that a client sees when not all does.
func (d *download) begin(sizes []int64) {
	first := uint64(d.file.part) * uint64(d.file.per)
	d.total, d.begun = min(d.file.events-first, uint64(d.file.per)), true
	header := d.w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="audit-%s-%d.csv"`, d.file.half.begin().Format("20060102150405"), d.file.part+1))
	header.Set("Content-Length", strconv.FormatInt(sizes[d.file.part], 10))
}

const chunkBytes = 64 << 10

func (d *download) send(ctx context.Context, h *Handler, i instance) error {
	first, at := uint64(d.file.part)*uint64(d.file.per), uint64(0)
	var rows rowWriter
	out, buf := reply.Patient(d.w), make([]byte, 0, 2*chunkBytes)
	err := h.read(ctx, i, d.file, func(e *engine.Event) (err error) {
		if at++; at <= first || d.rows == d.total {
			return nil
		}
		d.rows++
		if buf = append(buf, rows.row(e)...); len(buf) >= chunkBytes {
			_, err = out.Write(buf)
			buf = buf[:0]
		}
		return err
	})
	if err == nil && d.rows != d.total {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		_, err = out.Write(buf)
	}
	return err
}
