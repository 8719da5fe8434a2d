package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
)

var verifyCommand = Command{
	Name:    "verify",
	Summary: "Prove that no event was lost or changed",
	Usage:   "[flags]",
	Details: `
The server reads every stored event, recomputes every hash, and holds them against the signed checkpoint. Every problem is
named. The exit status is 1 when there is one. Compare the root hash with a checkpoint that you keep elsewhere to be sure of the server too.`,
	Examples: `
# check everything, with progress
annals verify
# from cron: silent unless something is wrong
annals verify --quiet >/dev/null || mail -s 'audit log damaged' ops@example.com
# without a server
annals verify --offline --data /var/lib/annals
# the report for an auditor
annals verify --json > verified-$(date +%F).json`,
	Run: runVerify,
}

func runVerify(ctx context.Context, env *Env, args []string) error {
	var c connection
	var asJSON, quiet, offline bool
	f := env.Flags()
	c.register(f)
	f.BoolVar(&asJSON, "json", false, "print the report as a line of JSON")
	f.BoolVar(&quiet, "quiet", false, "show no progress")
	f.BoolVar(&offline, "offline", false, "read the data directory itself; no server may have it open")
	rest, err := f.Parse(args)
	if err == nil {
		err = noArguments(rest)
	}
	if err == nil {
		err = c.resolve(f)
	}
	if err != nil {
		return err
	}
	p := newProgress(env, 0, quiet)
	var report *verifyReport
	if offline {
		report, err = verifyOffline(ctx, c.data, p)
	} else {
		report, err = c.verify(ctx, p)
	}
	p.stop()
	if err != nil {
		return err
	}
	if asJSON {
		err = printValue(env, report.raw, true)
	} else {
		err = printVerified(env, report)
	}
	if err == nil && len(report.Problems) > 0 {
		return ErrReported
	}
	return err
}

type verifyReport struct {
	engine.VerifyReport
	raw jsontext.Value
}

// verify reads lines of progress until the report.
func (c *connection) verify(ctx context.Context, p *progress) (*verifyReport, error) {
	r, err := c.request(ctx, http.MethodGet, "/verify", nil, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/x-ndjson")
	resp, err := c.do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			report, lineErr := readVerifyLine(line, p)
			if report != nil || lineErr != nil {
				return report, lineErr
			}
		}
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s ended before its report: nothing is proved; run it again", r.URL.Path)
		}
		if err != nil {
			return nil, c.unreachable(ctx, err)
		}
	}
}

// readVerifyLine returns the report if the line has it, or the problem that ended the verification.
func readVerifyLine(line []byte, p *progress) (*verifyReport, error) {
	var parts struct {
		Done    int64          `json:"done"`
		Total   int64          `json:"total"`
		Report  jsontext.Value `json:"report"`
		Problem *problem       `json:"problem"`
	}
	if err := json.Unmarshal(line, &parts); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	p.set(parts.Done, parts.Total)
	if parts.Problem != nil {
		return nil, parts.Problem
	}
	if len(parts.Report) == 0 || parts.Report.Kind() == 'n' {
		return nil, nil
	}
	report := &verifyReport{raw: parts.Report}
	if err := json.Unmarshal(parts.Report, &report.VerifyReport); err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	return report, nil
}

func printVerified(env *Env, r *verifyReport) error {
	out := env.screen(env.Stdout)
	took := (time.Duration(r.TookMillis) * time.Millisecond).String()
	if len(r.Problems) == 0 {
		_, err := fmt.Fprintf(out.w, "%s\n%s %s in %d %s, every hash matches the checkpoint (%s)\ntree size %d\nroot hash %s\n",
			out.paint(bold, "intact"), grouped(r.Events), plural(r.Events, "event"), r.Windows, plural(uint64(r.Windows), "window"), took,
			r.TreeSize, visible(r.RootHash))
		return err
	}
	fmt.Fprintf(out.w, "%s\n%s %s read in %s, %d %s:\n", out.paint(red, "DAMAGED"), grouped(r.Events), plural(r.Events, "event"), took,
		len(r.Problems), plural(uint64(len(r.Problems)), "problem"))
	for _, problem := range r.Problems {
		if _, err := fmt.Fprintf(out.w, "  %s\n", visible(problem)); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}
