package syslog

import (
	"fmt"
	"time"
)

// yearGuess finds the year of times that lack it.
type yearGuess struct {
	now  time.Time
	zone *time.Location
	year int // of the time before; 0: by the clock
	last time.Time
}

// time reads "Jan _2 15:04:05". By the clock it is the latest such time that is not in the future, with a day's grace. From a
// given year on, going back by more than half a year is a new year.
func (y *yearGuess) time(stamp string) (time.Time, error) {
	if y.year == 0 {
		for year := y.now.In(y.zone).Year() + 1; year > y.now.Year()-9; year-- {
			if t, err := y.in(year, stamp); err == nil && !t.After(y.now.Add(24*time.Hour)) {
				return t, nil
			}
		}
		return y.in(y.now.Year(), stamp)
	}
	t, err := y.in(y.year, stamp)
	if err == nil && t.Before(y.last.AddDate(0, -6, 0)) {
		y.year++
		t, err = y.in(y.year, stamp)
	}
	if err == nil {
		y.last = t
	}
	return t, err
}

func (y *yearGuess) in(year int, stamp string) (time.Time, error) {
	t, err := time.ParseInLocation("2006 Jan _2 15:04:05", fmt.Sprintf("%04d %s", year, stamp), y.zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q is no date of %d", stamp, year)
	}
	return t.UTC(), nil
}
