package auditd

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

func events(t *testing.T, text string) (all []string) {
	t.Helper()
	err := Read(strings.NewReader(text), record.Options{}, func(ev *engine.Event, err error) error {
		if err != nil {
			return err
		}
		all = append(all, ev.ID+" "+string(ev.Details))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestJoinInAnyOrder: the same records in another order, doubled, and reversed are the same events.
func TestJoinInAnyOrder(t *testing.T) {
	b, err := os.ReadFile("testdata/normal.log")
	if err != nil {
		t.Fatal(err)
	}
	normal := events(t, string(b))
	slices.Sort(normal)
	lines := strings.SplitAfter(string(b), "\n")
	doubled := string(b) + string(b)
	slices.Reverse(lines)
	for name, text := range map[string]string{"doubled": doubled, "reversed": strings.Join(lines, "")} {
		got := events(t, text)
		slices.Sort(got)
		if !slices.Equal(got, normal) {
			t.Errorf("%s: got %d events\n%s\nwant %d\n%s", name, len(got), strings.Join(got, "\n"), len(normal), strings.Join(normal, "\n"))
		}
	}
}

func TestJoinIsBounded(t *testing.T) {
	var b strings.Builder
	line := func(serial, n int) { fmt.Fprintf(&b, "type=PATH msg=audit(1.000:%d): item=%d\n", serial, n) }
	line(0, 0)
	for serial := range maxOpen {
		line(serial+1, 0)
	}
	line(0, 1)
	if got := len(events(t, b.String())); got != maxOpen+2 {
		t.Errorf("got %d events, want %d: the first is cut by too many others", got, maxOpen+2)
	}
	b.Reset()
	for n := range 2 * maxRecords {
		line(0, n)
	}
	if got := len(events(t, b.String())); got != 2 {
		t.Errorf("got %d events, want 2: the first is too long", got)
	}
}
