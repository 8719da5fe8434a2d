package console

import (
	"math"
	"time"
)

// tick is a round time on the histogram's axis.
type tick struct {
	X    float64
	Text string
}

// maxTicks is how many times the axis has room for.
const maxTicks = 8

// tickEdge is how near to an end of the axis a time would be cut off.
const tickEdge = 30

// tickStep is how far ticks are apart: a length of time within an hour, or hours, days, months or years of the calendar, which differ in length
// where clocks are changed.
type tickStep struct {
	length                     time.Duration // what it is, or about
	hours, days, months, years int
}

const day = 24 * time.Hour

var tickSteps = []tickStep{
	{length: time.Second}, {length: 5 * time.Second}, {length: 15 * time.Second}, {length: 30 * time.Second}, {length: time.Minute}, {length: 2 * time.Minute},
	{length: 5 * time.Minute}, {length: 15 * time.Minute}, {length: 30 * time.Minute},
	{length: time.Hour, hours: 1}, {length: 2 * time.Hour, hours: 2}, {length: 3 * time.Hour, hours: 3}, {length: 6 * time.Hour, hours: 6}, {length: 12 * time.Hour, hours: 12},
	{length: day, days: 1}, {length: 2 * day, days: 2}, {length: 7 * day, days: 7}, {length: 14 * day, days: 14},
	{length: 30 * day, months: 1}, {length: 90 * day, months: 3}, {length: 180 * day, months: 6},
	{length: 365 * day, years: 1}, {length: 2 * 365 * day, years: 2}, {length: 5 * 365 * day, years: 5}, {length: 10 * 365 * day, years: 10},
	{length: 50 * 365 * day, years: 50}, {length: 100 * 365 * day, years: 100},
	{length: math.MaxInt64, years: 2000}, // no duration is longer
}

// ticks are at most maxTicks round times between from and to, as clocks in loc show them.
func ticks(from, to time.Time, loc *time.Location) []tick {
	span := seconds(from, to)
	if span <= 0 {
		return nil
	}
	step := tickSteps[len(tickSteps)-1]
	for _, s := range tickSteps {
		if math.Ceil(span/s.length.Seconds()) <= maxTicks {
			step = s
			break
		}
	}
	layout := step.layout(span)
	var all []tick
	for t := step.first(from.In(loc)); t.Before(to) && len(all) < maxTicks; t = step.after(t) {
		if x := seconds(from, t) / span * histogramWidth; x > tickEdge && x < histogramWidth-tickEdge {
			all = append(all, tick{x, t.Format(layout)})
		}
	}
	return all
}

// seconds is how long it is from one time to another, which may be more than the 292 years that a duration holds.
func seconds(from, to time.Time) float64 {
	return float64(to.Unix()-from.Unix()) + float64(to.Nanosecond()-from.Nanosecond())/1e9
}

// first is a round time not after t, which has the viewer's zone.
func (s tickStep) first(t time.Time) time.Time {
	y, m, d := t.Date()
	switch {
	case s.years > 0:
		return clock(y-y%s.years, 1, 1, 0, t.Location())
	case s.months > 0:
		return clock(y, m-(m-1)%time.Month(s.months), 1, 0, t.Location())
	case s.days > 1:
		return clock(y, m, d-(int(t.Weekday())+6)%7, 0, t.Location()) // weeks begin on Monday
	case s.days == 1, s.hours > 0:
		return clock(y, m, d, 0, t.Location())
	}
	return clock(y, m, d, t.Hour(), t.Location())
}

// after is the round time that follows t.
func (s tickStep) after(t time.Time) time.Time {
	y, m, d := t.Date()
	switch {
	case s.years > 0:
		return clock(y+s.years, 1, 1, 0, t.Location())
	case s.months > 0:
		return clock(y, m+time.Month(s.months), 1, 0, t.Location())
	case s.days > 0:
		return clock(y, m, d+s.days, 0, t.Location())
	case s.hours > 0:
		return clock(y, m, d, t.Hour()-t.Hour()%s.hours+s.hours, t.Location())
	}
	return t.Add(s.length)
}

// clock is when clocks show the hour or, where they skip it, the first moment after.
func clock(y int, m time.Month, d, hour int, loc *time.Location) time.Time {
	t, want := time.Date(y, m, d, hour, 0, 0, 0, loc), time.Date(y, m, d, hour, 0, 0, 0, time.UTC)
	_, offset := t.Zone()
	if early := want.Sub(t) - time.Duration(offset)*time.Second; early > 0 {
		return t.Add(early)
	}
	return t
}

func (s tickStep) layout(span float64) string {
	switch {
	case s.years > 0:
		return "2006"
	case s.months > 0:
		return "2006-01"
	case s.days > 0:
		return "01-02"
	case s.length < time.Minute:
		return "15:04:05"
	case span > day.Seconds():
		return "01-02 15:04"
	}
	return "15:04"
}
