package record

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// layouts are the vendors' ways to write a time, most frequent first. Seconds take a fraction in all of them.
var layouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 -0700",
	"2006-01-02T15:04:05-0700",
	"2006-01-02T15:04:05 -0700",
	"2006-01-02 15:04:05 MST",
	"1/2/2006 3:04:05 PM",
	"01/02/2006 15:04:05",
	"2006-01-02",
	time.RFC1123Z,
	time.RFC1123,
	"Mon Jan _2 15:04:05 2006",
}

// Time reads a time as vendors write it: RFC 3339 and its relatives, or a number of seconds, milliseconds, micro- or
// nanoseconds since 1970. A time without a zone is in loc (nil: UTC).
func Time(s string, loc *time.Location) (time.Time, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, fmt.Errorf("no time")
	}
	if loc == nil {
		loc = time.UTC
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			return t.UTC(), nil
		}
	}
	if t, ok := unixTime(s); ok {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("time %q is in no known form", Cut(s, 64))
}

// unixTime reads digits by their magnitude: 10^11 and more are milliseconds, 10^14 microseconds, 10^17 nanoseconds.
func unixTime(s string) (time.Time, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 || len(frac) > 9 {
		return time.Time{}, false
	}
	var nanos int64
	if frac != "" {
		if nanos, err = strconv.ParseInt((frac + "000000000")[:9], 10, 64); err != nil || nanos < 0 {
			return time.Time{}, false
		}
	}
	switch {
	case n >= 1e17:
		return time.Unix(0, n).UTC(), true
	case n >= 1e14:
		return time.UnixMicro(n).UTC(), true
	case n >= 1e11:
		return time.UnixMilli(n).UTC().Add(time.Duration(nanos / 1000)), true
	}
	return time.Unix(n, nanos).UTC(), true
}

// Cut returns s, or its first n bytes up to a rune's end and an ellipsis.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
