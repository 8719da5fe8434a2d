package engine

import (
	"os"
	"runtime/debug"
	"time"
)

// The collector's time is worth more than memory while many events come, and less when few do: they leave half as much garbage before it is
// collected. GOGC, where it is set, is the operator's word instead.
const (
	manyEvents  = 20_000 // a second
	busyPercent = 100
	calmPercent = 50
)

// calmness gives memory back to the system when a time of much writing is over: what it took is mostly garbage by then, and with nothing
// more to collect the runtime would keep it for minutes.
type calmness struct {
	size    uint64    // of the log at the last look
	at      time.Time // of the last look
	grown   uint64    // events since memory was last given back
	still   int       // looks in a row without growth
	percent int       // that the collector was last told
	told    bool      // by GOGC what to do
}

// newCalmness takes what the start has read for events that came: it leaves as much garbage.
func newCalmness(size uint64, now time.Time) calmness {
	_, told := os.LookupEnv("GOGC")
	return calmness{size: size, at: now, grown: size, told: told}
}

func (c *calmness) look(l *Log, now time.Time) {
	size := l.Size()
	c.pace(float64(size-c.size) / max(now.Sub(c.at), time.Millisecond).Seconds())
	c.at = now
	if size != c.size {
		c.grown, c.size, c.still = c.grown+size-c.size, size, 0
		return
	}
	if c.still++; c.still >= 3 && c.grown > 20_000 && len(l.toIndex()) == 0 {
		debug.FreeOSMemory()
		c.grown = 0
	}
}

// pace tells the collector how many events come in a second.
func (c *calmness) pace(events float64) {
	percent := calmPercent
	if events > manyEvents {
		percent = busyPercent
	}
	if percent != c.percent && !c.told {
		c.percent = percent
		debug.SetGCPercent(percent)
	}
}
