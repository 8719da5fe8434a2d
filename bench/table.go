package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A row is one line of the table. Its figures are in Unit; a figure that was not measured is absent.
type row struct {
	What   string   `json:"what"`
	Unit   string   `json:"unit"`
	Median *float64 `json:"median,omitempty"` // or the only figure
	High   *float64 `json:"p99,omitempty"`    // or the most, where What says so
	Runs   int      `json:"runs,omitzero"`
	Bar    *bar     `json:"bar,omitempty"`
	Met    *bool    `json:"met,omitempty"`
}

// A bar is what a figure is hoped to reach. It is shown, never enforced.
type bar struct {
	AtLeast *float64 `json:"at_least,omitempty"` // for the median
	AtMost  *float64 `json:"at_most,omitempty"`  // for the p99 where there is one, else the median
}

// A report is a run's table and what is needed to run it again.
type report struct {
	Machine  string   `json:"machine"`
	Cores    int      `json:"cores"`
	MemoryGB int      `json:"memory_gb"`
	System   string   `json:"system"`
	Go       string   `json:"go"`
	Load     string   `json:"load_average"` // when the run began: of other work on the machine
	Command  string   `json:"command"`
	Date     string   `json:"date"`
	Commit   string   `json:"commit"`
	Events   int      `json:"events"`
	Seed     uint64   `json:"seed"`
	Rows     []row    `json:"rows"`
	Wrong    []string `json:"wrong_answers"`
}

func (r *report) add(one row) {
	one.judge()
	r.Rows = append(r.Rows, one)
}

// figure adds a row of one figure.
func (r *report) figure(what, unit string, value float64, b *bar) {
	r.add(row{What: what, Unit: unit, Median: &value, Bar: b})
}

// times adds a row of durations in milliseconds.
func (r *report) times(what string, all []time.Duration, b *bar) {
	if len(all) == 0 {
		return
	}
	median, high := millis(quantile(all, 0.5)), millis(quantile(all, 0.99))
	r.add(row{What: what, Unit: "ms", Median: &median, High: &high, Runs: len(all), Bar: b})
}

func (r *row) judge() {
	if r.Bar == nil || r.Median == nil {
		return
	}
	met := true
	if r.Bar.AtLeast != nil {
		met = *r.Median >= *r.Bar.AtLeast
	}
	if r.Bar.AtMost != nil {
		worst := r.Median
		if r.High != nil {
			worst = r.High
		}
		met = met && *worst <= *r.Bar.AtMost
	}
	r.Met = &met
}

func atLeast(v float64) *bar { return &bar{AtLeast: &v} }

// atMost returns the bar, or none for 0.
func atMost(v float64) *bar {
	if v == 0 {
		return nil
	}
	return &bar{AtMost: &v}
}

// quantile returns the smallest duration that a share q of all is not above.
func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// print writes the report as text with its columns aligned.
func (r *report) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %d GB, %s, %s, load average %s before\n", r.Machine, r.Cores, r.MemoryGB, r.System, r.Go, r.Load)
	fmt.Fprintf(&b, "%s\n%s, commit %s, seed %d\n\n", r.Command, r.Date, r.Commit, r.Seed)
	lines := [][]string{{"what", "median", "p99", "runs", "bar", ""}}
	for _, one := range r.Rows {
		lines = append(lines, one.cells())
	}
	align(&b, lines)
	for _, wrong := range r.Wrong {
		fmt.Fprintf(&b, "\nWRONG ANSWER: %s", wrong)
	}
	if len(r.Wrong) > 0 {
		b.WriteByte('\n')
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	return nil
}

func (r *row) cells() []string {
	show := func(v *float64) string {
		if v == nil {
			return ""
		}
		return number(*v) + " " + r.Unit
	}
	cells := []string{r.What, show(r.Median), show(r.High), "", "", ""}
	if r.Runs > 0 {
		cells[3] = number(float64(r.Runs))
	}
	if r.Bar != nil && r.Bar.AtLeast != nil {
		cells[4] = "≥ " + show(r.Bar.AtLeast)
	}
	if r.Bar != nil && r.Bar.AtMost != nil {
		cells[4] = "≤ " + show(r.Bar.AtMost)
	}
	if r.Met != nil {
		cells[5] = map[bool]string{true: "ok", false: "missed"}[*r.Met]
	}
	return cells
}

// align writes lines in columns; all but the first and the last column keep to the right.
func align(b *strings.Builder, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for k, cell := range line {
			widths[k] = max(widths[k], len([]rune(cell)))
		}
	}
	for _, line := range lines {
		var text strings.Builder
		for k, cell := range line {
			pad := strings.Repeat(" ", widths[k]-len([]rune(cell)))
			if k == 0 || k == len(line)-1 {
				text.WriteString(cell + pad)
			} else {
				text.WriteString(pad + cell)
			}
			text.WriteString("  ")
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
}

// number writes large numbers in groups of three digits and small ones with three significant digits.
func number(v float64) string {
	if v < 100 && v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', max(0, 2-int(math.Floor(math.Log10(math.Abs(v))))), 64)
	}
	digits := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for k := len(digits) - 3; k > 0; k -= 3 {
		digits = digits[:k] + "," + digits[k:]
	}
	if v < 0 {
		digits = "-" + digits
	}
	return digits
}

// save writes the report as JSON.
func (r *report) save(path string) error {
	text, err := json.Marshal(r, jsontext.WithIndent("  "), json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("save report: %w", err)
	}
	return nil
}
