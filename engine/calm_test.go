package engine

import (
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
		want   int
	}{{0, calmPercent}, {60_000, busyPercent}, {50_000, busyPercent}, {100, calmPercent}} {
		if c.pace(step.events); now() != step.want {
			t.Errorf("%.0f events a second: %d %%, want %d", step.events, now(), step.want)
		}
	}
	t.Setenv("GOGC", "300")
	debug.SetGCPercent(300)
	c = newCalmness(0, time.Now())
	for _, events := range []float64{0, 60_000, 0} {
		if c.pace(events); now() != 300 {
			t.Errorf("GOGC is 300, and %.0f events a second make it %d", events, now())
		}
	}
}
