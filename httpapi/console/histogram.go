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
