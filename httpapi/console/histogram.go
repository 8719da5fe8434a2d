package console

import (
	"math"
	"time"

	"annals/engine"
)

// The histogram's drawing area, in SVG units; the style sheet stretches it over the page's width.
const (
	histogramWidth  = 1200
	histogramHeight = 84
)

// histogram is drawn on the server: each bar is a link to its stretch of time.
type histogram struct {
	Bars     []bar
	Ticks    []tick
	Most     uint64 // events in the highest bar
	Failures uint64
	From, To time.Time
	Width    int
	Height   int
}

type bar struct {
	X, Width       float64
	SuccessY, Tall float64 // of successes
	FailureY, Fail float64 // of failures, at the foot
	Start, End     time.Time
	Count, Failed  uint64
	URL            string
}

type tick struct {
	X    float64
	Text string
}

// draw lays out the buckets for the filter's list.
func draw(buckets []engine.Bucket, f filter, loc *time.Location) histogram {
	h := histogram{Width: histogramWidth, Height: histogramHeight}
	if len(buckets) == 0 {
		return h
	}
	for _, b := range buckets {
		h.Most = max(h.Most, b.Count)
		h.Failures += b.Failures
	}
	h.From, h.To = buckets[0].Start, buckets[len(buckets)-1].End
	step := float64(histogramWidth) / float64(len(buckets))
	tall := func(n uint64) float64 {
		if n == 0 {
			return 0
		}
		return math.Max(1.5, float64(n)/float64(h.Most)*histogramHeight) // one event among millions is still seen
	}
	for i, b := range buckets {
		failed := tall(b.Failures)
		total := math.Max(tall(b.Count), failed)
		if b.Count > b.Failures {
			total = math.Max(total, failed+1.5)
		}
		total = math.Min(total, histogramHeight)
		failed = math.Min(failed, total)
		h.Bars = append(h.Bars, bar{
			X: float64(i) * step, Width: math.Max(1, step-1.5),
			SuccessY: histogramHeight - total, Tall: total - failed, FailureY: histogramHeight - failed, Fail: failed,
			Start: b.Start, End: b.End, Count: b.Count, Failed: b.Failures, URL: f.Between(b.Start, b.End),
		})
	}
	h.Ticks = ticks(h.From, h.To, loc)
	return h
}

// tickSteps are how far ticks may be apart.
var tickSteps = []time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute,
	30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 2 * 24 * time.Hour, 7 * 24 * time.Hour,
	14 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour, 365 * 24 * time.Hour, 5 * 365 * 24 * time.Hour,
}

// ticks are at most eight round times between from and to.
func ticks(from, to time.Time, loc *time.Location) []tick {
	span := to.Sub(from)
	step := tickSteps[len(tickSteps)-1]
	for _, s := range tickSteps {
		if span/s <= 8 {
			step = s
			break
		}
	}
	layout := "01-02"
	switch {
	case step < time.Minute:
		layout = "15:04:05"
	case step < 24*time.Hour && span <= 24*time.Hour:
		layout = "15:04"
	case step < 24*time.Hour:
		layout = "01-02 15:04"
	case span > 300*24*time.Hour:
		layout = "2006-01-02"
	}
	// Round in the viewer's zone: days begin at its midnight.
	_, offset := from.In(loc).Zone()
	shift := time.Duration(offset) * time.Second
	var all []tick
	for t := from.Add(shift).Truncate(step).Add(step).Add(-shift); t.Before(to); t = t.Add(step) {
		x := float64(t.Sub(from)) / float64(span) * histogramWidth
		if x > 20 && x < histogramWidth-20 {
			all = append(all, tick{x, t.In(loc).Format(layout)})
		}
	}
	return all
}
