package client

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var statsCommand = Command{
	Name:    "stats",
	Aliases: []string{"status"},
	Summary: "Show how the server is: events, windows, disk, index",
	Usage:   "[flags]",
	Examples: `
# at a glance
annals stats
# how many events wait to be indexed
annals stats --json | jq '.size - .indexed'
# another server
annals stats --server https://audit.example.com --token "$TOKEN"`,
	Run: runStats,
}

type stats struct {
	Version   string     `json:"version"`
	Events    uint64     `json:"events"`
	Size      uint64     `json:"size"`
	Indexed   uint64     `json:"indexed"`
	Bytes     int64      `json:"bytes"`
	FreeBytes int64      `json:"free_bytes"`
	Windows   []struct { // absent, with the rest, for a token of some tenants
		First   uint64    `json:"first"`
		End     uint64    `json:"end"`
		MinTime time.Time `json:"min_time"`
		MaxTime time.Time `json:"max_time"`
		State   string    `json:"state"`
		Bytes   int64     `json:"bytes"`
		Damaged string    `json:"damaged"`
	} `json:"windows"`
	Index struct {
		Segments int    `json:"segments"`
		Bytes    int64  `json:"bytes"`
		Rebuilds uint64 `json:"rebuilds"`
	} `json:"index"`
}

func runStats(ctx context.Context, env *Env, args []string) error {
	var c connection
	var asJSON bool
	f := env.Flags()
	c.register(f)
	f.BoolVar(&asJSON, "json", false, "print the server's answer as a line of JSON")
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
	var raw jsontext.Value
	if err := c.get(ctx, "/stats", nil, &raw); err != nil {
		return err
	}
	if asJSON {
		return printValue(env, raw, true)
	}
	var s stats
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return printStats(env.screen(env.Stdout), c.base.String(), &s)
}

func printStats(out screen, server string, s *stats) error {
	var b strings.Builder
	fmt.Fprintf(&b, "server    %s, Annals %s\n", server, visible(s.Version))
	fmt.Fprintf(&b, "events    %s kept, %s ever\n", grouped(s.Events), grouped(s.Size))
	if s.Windows == nil {
		fmt.Fprintf(&b, "index     %s behind\n", grouped(s.Size-min(s.Indexed, s.Size)))
		_, err := fmt.Fprint(out.w, b.String())
		return err
	}
	fmt.Fprintf(&b, "index     %s behind, %d %s of %s, rebuilt %d %s\n", grouped(s.Size-min(s.Indexed, s.Size)), s.Index.Segments,
		plural(uint64(s.Index.Segments), "segment"), megabytes(s.Index.Bytes), s.Index.Rebuilds, plural(s.Index.Rebuilds, "time"))
	fmt.Fprintf(&b, "disk      %s used, %s free", megabytes(s.Bytes), megabytes(s.FreeBytes))
	if s.Events > 0 {
		fmt.Fprintf(&b, ", %d bytes per event", s.Bytes/int64(s.Events))
	}
	b.WriteString("\nwindows\n")
	for _, w := range s.Windows {
		line := fmt.Sprintf("  from seq %12s %12s events  %-6s %10s", grouped(w.First), grouped(w.End-min(w.First, w.End)), visible(w.State), megabytes(w.Bytes))
		if w.End > w.First && !w.MinTime.IsZero() {
			line += "  " + w.MinTime.Local().Format(timeLayout) + " to " + w.MaxTime.Local().Format(timeLayout)
		}
		if w.Damaged != "" {
			line = out.paint(red, line+"  DAMAGED: "+visible(w.Damaged))
		}
		b.WriteString(line + "\n")
	}
	if _, err := fmt.Fprint(out.w, b.String()); err != nil {
		return fmt.Errorf("write stats: %w", err)
	}
	return nil
}

func megabytes(n int64) string {
	switch {
	case n >= 100e9:
		return fmt.Sprintf("%.0f GB", float64(n)/1e9)
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f kB", float64(n)/1e3)
}
