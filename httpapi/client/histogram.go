package client

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var histogramCommand = Command{
	Name:    "histogram",
	Summary: "Count events over time, with bars",
	Usage:   "[flags] [QUERY...]",
	Details: "The range from --from to --to, or from the first to the last match, in equal parts; failures are counted beside.",
	Examples: `
# the last day by the hour
annals histogram --from now-24h --to now --buckets 24
# when did the quota errors begin
annals histogram error:quota*
# for a chart elsewhere
annals histogram operation:login --json | jq -r '.buckets[] | [.start, .count] | @csv'`,
	Run: runHistogram,
}

type bucket struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Count    uint64    `json:"count"`
	Failures uint64    `json:"failures"`
}

func runHistogram(ctx context.Context, env *Env, args []string) error {
	var a ask
	buckets := count(24)
	var asJSON bool
	f := env.Flags()
	a.register(f)
	f.Var(&buckets, "buckets", "divide the range into `N` parts")
	f.BoolVar(&asJSON, "json", false, "print the server's answer as a line of JSON")
	if err := a.parse(args); err != nil {
		return err
	}
	loc, err := a.location()
	if err != nil {
		return err
	}
	values := a.values()
	values.Set("buckets", strconv.Itoa(int(buckets)))
	var raw jsontext.Value
	if err := a.get(ctx, "/histogram", values, &raw); err != nil {
		return a.explain(err)
	}
	if asJSON {
		return printValue(env, raw, true)
	}
	var answer struct {
		Buckets []bucket `json:"buckets"`
		Total   uint64   `json:"total"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	printHistogram(env.screen(env.Stdout), answer.Buckets, loc)
	fmt.Fprintf(env.Stderr, "%s %s\n", grouped(answer.Total), plural(answer.Total, "event"))
	return nil
}

func printHistogram(out screen, buckets []bucket, loc *time.Location) {
	var most uint64
	for _, b := range buckets {
		most = max(most, b.Count)
	}
	room := 40
	if out.width > 0 {
		room = max(10, out.width-len(timeLayout)-28)
	}
	for _, b := range buckets {
		failed := ""
		if b.Failures > 0 {
			failed = out.paint(red, fmt.Sprintf("%s failed", grouped(b.Failures)))
		}
		line := fmt.Sprintf("%s %10s  %s %s", b.Start.In(loc).Format(timeLayout), grouped(b.Count), bar(b.Count, most, room), failed)
		fmt.Fprintln(out.w, strings.TrimRight(line, " "))
	}
}

// bar draws n of most as a line of blocks, in eighths of a block; anything above zero is seen.
func bar(n, most uint64, room int) string {
	if n == 0 || most == 0 {
		return ""
	}
	eighths := max(1, int(float64(n)/float64(most)*float64(room)*8+0.5))
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}
