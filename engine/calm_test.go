package engine

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The collector is told to leave less when few events come, and nothing where the operator has said what it is to do.
func TestPace(t *testing.T) {
	before := debug.SetGCPercent(70)
	defer debug.SetGCPercent(before)
	now := func() int {
		percent := debug.SetGCPercent(70)
		debug.SetGCPercent(percent)
		return percent
	}
	c := newCalmness(0, time.Now())
	for _, step := range []struct {
		events float64
		live   uint64
		want   int
	}{{0, 200 << 20, 50}, {60_000, 200 << 20, 100}, {50_000, 210 << 20, 100}, {100, 150 << 20, 50}, {100, 96 << 20, 150}, {100, 50 << 20, 350},
		{60_000, 50 << 20, 350}, {100, 1 << 20, 400}, {100, 0, 400}} {
		if c.pace(step.events, step.live); now() != step.want {
			t.Errorf("%.0f events a second, %d bytes alive: %d %%, want %d", step.events, step.live, now(), step.want)
		}
	}
	if runtime.GC(); liveBytes() == 0 {
		t.Error("nothing is alive")
	}
	t.Setenv("GOGC", "300")
	debug.SetGCPercent(300)
	c = newCalmness(0, time.Now())
	for _, events := range []float64{0, 60_000, 0} {
		if c.pace(events, 1); now() != 300 {
			t.Errorf("GOGC is 300, and %.0f events a second make it %d", events, now())
		}
	}
}
