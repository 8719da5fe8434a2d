package client

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// outcomes counts what became of records.
type outcomes struct{ created, duplicate, rejected uint64 }

// fileReport is what became of one file. Its counts may be added to by several senders at once.
type fileReport struct {
	name    string
	format  string
	records int   // read so far; only the reader's
	failed  error // why the file could not be read, or not to its end
	keep    int   // how many rejected records are kept with their place

	mu sync.Mutex
	outcomes
	first  []string          // the first rejected records: place and reason
	others map[string]uint64 // reasons of the rest, with values taken out, counted
}

func (r *fileReport) add(o outcomes) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.created += o.created
	r.duplicate += o.duplicate
}

// maxReasons bounds how many kinds of reasons are told apart.
const maxReasons = 50

func (r *fileReport) reject(place, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rejected++
	if len(r.first) < r.keep {
		r.first = append(r.first, place+": "+reason)
		return
	}
	kind := shape(reason)
	if r.others == nil {
		r.others = map[string]uint64{}
	}
	if r.others[kind] == 0 && len(r.others) >= maxReasons {
		kind = "other reasons"
	}
	r.others[kind]++
}

// shape takes the values out of a reason, so that reasons of one kind count together: what is in double quotes becomes "…",
// a word with a digit in it (a number, a time, a hash) becomes N.
func shape(reason string) string {
	var b strings.Builder
	for len(reason) > 0 {
		n := len(reason) - len(strings.TrimLeftFunc(reason, isWordRune))
		switch {
		case reason[0] == '"':
			b.WriteString(`"…"`)
			_, reason, _ = strings.Cut(reason[1:], `"`)
			continue
		case n == 0:
			_, n = utf8.DecodeRuneInString(reason)
			b.WriteString(reason[:n])
		case strings.ContainsFunc(reason[:n], unicode.IsDigit):
			b.WriteByte('N')
		default:
			b.WriteString(reason[:n])
		}
		reason = reason[n:]
	}
	return b.String()
}

func isWordRune(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

func anyOutcome(reports []*fileReport) bool {
	return slices.ContainsFunc(reports, func(r *fileReport) bool { return r.outcomes != outcomes{} || r.failed != nil })
}

// printReports writes the outcome of every file, the total, and why records were rejected.
func printReports(out screen, reports []*fileReport, dryRun bool, took time.Duration) {
	created := "imported"
	if dryRun {
		created = "would go in"
	}
	fmt.Fprintf(out.w, "%11s %11s %11s  %-14s %s\n", created, "duplicate", "rejected", "format", "file")
	var total outcomes
	for _, r := range reports {
		total.created += r.created
		total.duplicate += r.duplicate
		total.rejected += r.rejected
		printCounts(out, r.outcomes, r.format, r.name)
	}
	if len(reports) > 1 {
		printCounts(out, total, "", fmt.Sprintf("total of %d files", len(reports)))
	}
	for _, r := range reports {
		r.printReasons(out)
	}
	fmt.Fprintf(out.w, "took %s\n", took.Round(time.Millisecond))
}

func printCounts(out screen, o outcomes, format, name string) {
	line := fmt.Sprintf("%11s %11s %11s  %-14s %s", grouped(o.created), grouped(o.duplicate), grouped(o.rejected), format, visible(name))
	if o.rejected > 0 {
		line = out.paint(red, line)
	}
	fmt.Fprintln(out.w, line)
}

func (r *fileReport) printReasons(out screen) {
	if r.failed == nil && r.rejected == 0 {
		return
	}
	fmt.Fprintf(out.w, "\n%s:\n", visible(r.name))
	if r.failed != nil {
		fmt.Fprintf(out.w, "  %s\n", out.paint(red, "not read to its end: "+visible(r.failed.Error())))
	}
	for _, line := range r.first {
		fmt.Fprintf(out.w, "  %s\n", visible(line))
	}
	kinds := make([]string, 0, len(r.others))
	for kind := range r.others {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if r.others[a] != r.others[b] {
			return int(r.others[b]) - int(r.others[a])
		}
		return strings.Compare(a, b)
	})
	for _, kind := range kinds {
		fmt.Fprintf(out.w, "  and %s more: %s\n", grouped(r.others[kind]), visible(kind))
	}
}
