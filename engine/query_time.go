package engine

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const presetWords = "today, yesterday, day-before-yesterday, this-week, last-week, last-15m (m, h, d, w), last-hour, last-day or a date"

// ParseTime reads a point in time: RFC 3339 with or without seconds, and in loc where it has no zone; a date, which
// is its first moment in loc; now, now-15m or now+1h (s, m, h, d, w); or today, yesterday, day-before-yesterday,
// this-week, last-week, which are their first moments. A nil loc is UTC.
func ParseTime(s string, now time.Time, loc *time.Location) (time.Time, error) {
	if loc == nil {
		loc = time.UTC
	}
	word := strings.ToLower(s)
	if rest, ok := strings.CutPrefix(word, "now"); ok {
		if t, ok := shifted(rest, now); ok {
			return t, nil
		}
	}
	if from, _, ok := calendar(word, now.In(loc)); ok {
		return from, nil
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		y, m, d := day.Date()
		return dayBegins(y, m, d, loc), nil
	}
	digits := strings.ToUpper(s)
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04",
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04",
	} {
		if t, err := time.ParseInLocation(layout, digits, loc); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2026-11-01, 2026-11-08T12:00Z, now-15m (s, m, h, d, w), today or yesterday", shorten(s))
}

// ParsePreset reads a period of time, [from, to): a calendar word or date in loc (weeks begin on Monday), or last-15m and its like, which
// ends now. A nil loc is UTC.
func ParsePreset(s string, now time.Time, loc *time.Location) (from, to time.Time, ok bool) {
	if loc == nil {
		loc = time.UTC
	}
	s = strings.ToLower(s)
	switch s {
	case "last-hour":
		s = "last-1h"
	case "last-day":
		s = "last-1d"
	}
	if from, to, ok = calendar(s, now.In(loc)); ok {
		return from, to, true
	}
	if n, is := strings.CutPrefix(s, "last-"); is {
		from, ok = shifted("-"+n, now)
		return from, now, ok
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		y, m, d := day.Date()
		return dayBegins(y, m, d, loc), dayBegins(y, m, d+1, loc), true
	}
	return from, to, false
}

// calendar reads the words that name days and weeks around now.
func calendar(word string, now time.Time) (from, to time.Time, ok bool) {
	y, m, d := now.Date()
	monday := -(int(now.Weekday()) + 6) % 7
	var first, days int
	switch word {
	case "today":
		first, days = 0, 1
	case "yesterday":
		first, days = -1, 1
	case "day-before-yesterday":
		first, days = -2, 1
	case "this-week":
		first, days = monday, 7
	case "last-week":
		first, days = monday-7, 7
	default:
		return from, to, false
	}
	day := func(n int) time.Time { return dayBegins(y, m, d+n, now.Location()) }
	return day(first), day(first + days), true
}

// dayBegins is a day's first moment, which is not midnight where clocks skip that, as in Santiago and Cairo in spring; where they show it
// twice, it is the first of the two.
func dayBegins(y int, m time.Month, d int, loc *time.Location) time.Time {
	t, midnight := time.Date(y, m, d, 0, 0, 0, 0, loc), time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	_, offset := t.Zone()
	if early := midnight.Sub(t) - time.Duration(offset)*time.Second; early > 0 {
		return t.Add(early) // time.Date has gone back to the day before
	}
	_, before := t.Add(-1).Zone()
	return t.Add(-time.Duration(max(0, before-offset)) * time.Second)
}

// shifted reads "", -15m or +2h and moves now by it.
func shifted(s string, now time.Time) (time.Time, bool) {
	if s == "" {
		return now, true
	}
	if len(s) < 3 || s[0] != '-' && s[0] != '+' {
		return now, false
	}
	unit, ok := map[byte]time.Duration{
		's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
	}[s[len(s)-1]]
	n, err := strconv.ParseUint(s[1:len(s)-1], 10, 32)
	if !ok || err != nil || n > uint64(math.MaxInt64/unit) {
		return now, false
	}
	by := time.Duration(n) * unit
	if s[0] == '-' {
		by = -by
	}
	return now.Add(by), true
}
