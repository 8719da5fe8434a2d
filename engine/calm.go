package engine

import (
	"os"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

// The collector's time is worth more than memory while many events come, and less when few do: they leave half as much garbage before it is
// collected. Where little is alive its half would be collected all the time, so there may always be so much garbage, and so large a heap. GOGC,
// where it is set, is the operator's word instead.
const (
	manyEvents   = 20_000 // a second
	busyPercent  = 100
	calmPercent  = 50
	maxPercent   = 400
	garbageBytes = 96 << 20
	heapBytes    = 240 << 20
)

// calmness gives memory back to the system when a time of much writing is over: what it took is mostly garbage by then, and with nothing
// more to collect the runtime would keep it for minutes.
type calmness struct {
	size    uint64    // of the log at the last look
	at      time.Time // of the last look
	grown   uint64    // events since memory was last given back
	still   int       // looks in a row without growth
	percent int       // that the collector was last told; a multiple of calmPercent
	told    bool      // by GOGC what to do
}

// newCalmness takes what the start has read for events that came: it leaves as much garbage.
func newCalmness(size uint64, now time.Time) calmness {
	_, told := os.LookupEnv("GOGC")
	return calmness{size: size, at: now, grown: size, told: told}
}

func (c *calmness) look(l *Log, now time.Time) {
	size := l.Size()
	c.pace(float64(size-c.size)/max(now.Sub(c.at), time.Millisecond).Seconds(), liveBytes())
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

// pace tells the collector what to do when so many events come in a second and so much of the heap is alive.
func (c *calmness) pace(events float64, live uint64) {
	garbage := max(garbageBytes, heapBytes-min(live, heapBytes))
	percent := int(min(garbage*100/max(live, 1), maxPercent)) / calmPercent * calmPercent
	if percent = max(percent, calmPercent); events > manyEvents {
		percent = max(percent, busyPercent)
	}
	if percent != c.percent && !c.told {
		c.percent = percent
		debug.SetGCPercent(percent)
	}
}

// liveBytes is how much of the heap the last collection found alive.
func liveBytes() uint64 {
	sample := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	runtimemetrics.Read(sample)
	if sample[0].Value.Kind() != runtimemetrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
