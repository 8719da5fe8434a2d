package console

import (
	"strings"
	"testing"
	"time"
)

func TestTicks(t *testing.T) {
	zone := func(name string) *time.Location {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return loc
	}
	for _, c := range []struct {
		name, zone, from, to, want string
	}{
		{"half a minute", "UTC", "2026-11-23T12:00:00Z", "2026-11-23T12:00:30Z", "12:00:05 12:00:10 12:00:15 12:00:20 12:00:25"},
		{"a day", "UTC", "2026-11-22T12:10:00Z", "2026-11-23T12:10:00Z", "15:00 18:00 21:00 00:00 03:00 06:00 09:00"},
		{"a zone of half hours", "Asia/Kolkata", "2026-11-23T00:00:00Z", "2026-11-23T06:00:00Z", "06:00 07:00 08:00 09:00 10:00 11:00"},
		{"clocks put forward", "Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T04:00:00Z", "00:00 01:00 03:00 04:00 05:00"},
		{"clocks put back", "Europe/Berlin", "2026-10-24T22:30:00Z", "2026-10-25T03:30:00Z", "01:00 02:00 03:00 04:00"},
		{"days over a change", "America/New_York", "2026-10-30T00:00:00Z", "2026-11-04T00:00:00Z", "10-30 10-31 11-01 11-02 11-03"},
		{"no midnight that day", "America/Sao_Paulo", "2018-11-02T00:00:00Z", "2018-11-07T00:00:00Z", "11-03 11-04 11-05 11-06"},
		{"weeks", "UTC", "2026-10-24T12:00:00Z", "2026-11-23T12:00:00Z", "10-26 11-02 11-09 11-16"},
		{"months", "UTC", "2026-01-10T00:00:00Z", "2026-06-10T00:00:00Z", "2026-02 2026-03 2026-04 2026-05 2026-06"},
		{"years", "UTC", "2009-04-01T00:00:00Z", "2026-11-01T00:00:00Z", "2010 2015 2020 2025"},
		{"centuries", "UTC", "1500-01-01T00:00:00Z", "2026-11-01T00:00:00Z", "1600 1700 1800 1900 2000"},
		{"all that can be written", "Asia/Shanghai", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "2000 4000 6000 8000"},
		{"nothing", "UTC", "2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, tick := range ticks(at(t, c.from), at(t, c.to), zone(c.zone)) {
				got = append(got, tick.Text)
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("%s, want %s", text, c.want)
			}
		})
	}
}

// TestTicksEnd: no span and no zone makes the axis endless, crowded or out of order.
func TestTicksEnd(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for span := time.Millisecond; span < 250*365*day; span += span/3 + 1 {
			all := ticks(at(t, "2018-10-20T11:22:33Z"), at(t, "2018-10-20T11:22:33Z").Add(span), loc)
			last := 0.0
			for _, tick := range all {
				if tick.X <= last || tick.X >= histogramWidth {
					t.Errorf("%s, %v: tick %s at %v after %v", name, span, tick.Text, tick.X, last)
				}
				last = tick.X
			}
			if len(all) > maxTicks || span > time.Minute && len(all) == 0 {
				t.Errorf("%s, %v: %d ticks", name, span, len(all))
			}
		}
	}
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
