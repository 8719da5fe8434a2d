package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/httpapi/console"
	"annals/httpapi/reply"
)

// verify answers GET /api/v1/verify with the report, or, to a client that accepts NDJSON, with lines of progress first.
func (a *API) verify(w http.ResponseWriter, r *http.Request) error {
	if strings.Contains(r.Header.Get("Accept"), "application/x-ndjson") {
		return a.verifyAloud(w, r)
	}
	report, err := a.log.Verify(r.Context(), nil)
	if err != nil {
		return err
	}
	a.keepVerification(r, report)
	noteOf(r.Context()).verified(report)
	return reply.JSON(w, http.StatusOK, report)
}

// verifyLine is one line of the NDJSON answer. The last has the report, or the problem that kept it from being made.
type verifyLine struct {
	Done    uint64               `json:"done"`
	Total   uint64               `json:"total"`
	Report  *engine.VerifyReport `json:"report,omitempty"`
	Problem *reply.Problem       `json:"problem,omitempty"`
}

// progressPause keeps the progress to what an eye can follow.
const progressPause = 200 * time.Millisecond

func (a *API) verifyAloud(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	var line verifyLine
	var last time.Time
	report, err := a.log.Verify(r.Context(), func(done, total uint64) {
		line.Done, line.Total = done, total
		if time.Since(last) >= progressPause {
			last = time.Now()
			_ = writeLine(w, control, line) // a client that is gone ends the context
		}
	})
	if line.Report = report; err != nil {
		line.Problem = reply.Fill(r, err)
		noteOf(r.Context()).failed(line.Problem)
	} else {
		a.keepVerification(r, report)
		noteOf(r.Context()).verified(report)
	}
	_ = writeLine(w, control, line) // the last word either way
	return nil
}

// keepVerification notes it for the page about the server. The report does not depend on that.
func (a *API) keepVerification(r *http.Request, report *engine.VerifyReport) {
	if err := console.KeepVerification(a.log.Records(), a.now(), report); err != nil {
		reply.Keep(r, err)
	}
}

// verified notes what a verification found. Problems make it a failure, so that who looks for failures finds it.
func (n *note) verified(report *engine.VerifyReport) {
	n.found(report.Events)
	if found := len(report.Problems); found > 0 {
		n.failure = &engine.EventError{Code: "damaged", Message: fmt.Sprintf("%d problems were found", found)}
	}
}

func writeLine(w http.ResponseWriter, control *http.ResponseController, line verifyLine) error {
	body, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_ = control.SetWriteDeadline(time.Now().Add(clientPatience)) // a writer without deadlines has no slow client
	if _, err := w.Write(append(body, '\n')); err != nil {
		return err
	}
	return control.Flush()
}
