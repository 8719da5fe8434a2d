package syslog

import (
	"testing"
	"time"
)

func TestYearByTheClock(t *testing.T) {
	now := time.Date(2026, 2, 10, 12, 0, 0, 0, time.UTC)
	f := func(stamp, want string) {
		t.Helper()
		y := yearGuess{now: now, zone: time.UTC}
		got, err := y.time(stamp)
		if text := got.Format(time.RFC3339); err != nil || text != want {
			t.Errorf("%q is %s, %v, want %s", stamp, text, err, want)
		}
	}
	f("Feb 10 11:59:59", "2026-02-10T11:59:59Z")
	f("Feb 11 11:59:59", "2026-02-11T11:59:59Z")
	f("Feb 12 00:00:00", "2025-02-12T00:00:00Z")
	f("Dec 31 23:59:59", "2025-12-31T23:59:59Z")
	f("Feb 29 00:00:00", "2024-02-29T00:00:00Z")
}

func TestYearGiven(t *testing.T) {
	y := yearGuess{zone: time.FixedZone("east", 3600), year: 2019}
	f := func(stamp, want string) {
		t.Helper()
		got, err := y.time(stamp)
		if text := got.Format(time.RFC3339); err != nil || text != want {
			t.Errorf("%q is %s, %v, want %s", stamp, text, err, want)
		}
	}
	f("Nov 30 10:00:00", "2019-11-30T09:00:00Z")
	f("Dec 31 23:59:59", "2019-12-31T22:59:59Z")
	f("Dec 31 23:59:58", "2019-12-31T22:59:58Z")
	f("Jan  1 01:00:00", "2020-01-01T00:00:00Z")
	f("Feb 29 01:00:00", "2020-02-29T00:00:00Z")
}

func TestRepeats(t *testing.T) {
	var r, again repeats
	a, b := r.id("line"), r.id("line")
	if a == b {
		t.Error("two equal lines have one ID")
	}
	if a != again.id("line") || b != again.id("line") {
		t.Error("IDs differ when the file is read again")
	}
}
