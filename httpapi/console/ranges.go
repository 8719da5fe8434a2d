package console

import (
	"time"

	"annals/engine"
)

// A period is a range of time that one click chooses. Name is a preset of engine.ParsePreset, or all or custom.
type period struct {
	Name    string
	Label   string
	buckets int // of its histogram, so that bars are round stretches of time
}

// The periods, as the list offers them.
var periods = []period{
	{"last-5m", "Last 5 minutes", 60},
	{"last-15m", "Last 15 minutes", 60},
	{"last-1h", "Last hour", 60},
	{"last-6h", "Last 6 hours", 72},
	{"last-1d", "Last 24 hours", 96},
	{"last-3d", "Last 3 days", 72},
	{"last-7d", "Last 7 days", 84},
	{"last-30d", "Last 30 days", 60},
	{"today", "Today", 96},
	{"yesterday", "Yesterday", 96},
	{"day-before-yesterday", "Day before yesterday", 96},
	{"this-week", "This week", 84},
	{"last-week", "Last week", 84},
	{allTime, "All time", 90},
	{custom, "Custom period", 90},
}

const (
	allTime       = "all"
	custom        = "custom"
	defaultPeriod = "last-1d"
)

func periodNamed(name string) (period, bool) {
	for _, p := range periods {
		if p.Name == name {
			return p, true
		}
	}
	return period{}, false
}

// within returns the period's bounds at now in loc. Those of custom are what was typed.
func (p period) within(now time.Time, loc *time.Location) (from, to time.Time) {
	if p.Name == allTime || p.Name == custom {
		return from, to
	}
	from, to, _ = engine.ParsePreset(p.Name, now, loc)
	return from, to
}
