package engine

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The clock and zone of testdata/query/parse.txt.
var (
	queryNow  = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	queryZone = time.FixedZone("", 8*3600)
)

func TestParseScript(t *testing.T) {
	text, err := os.ReadFile("testdata/query/parse.txt")
	if err != nil {
		t.Fatal(err)
	}
	query := ""
	for n, line := range strings.Split(string(text), "\n") {
		mark, want, _ := strings.Cut(line, " ")
		switch mark {
		case "#", "":
		case "=", ">", "!":
			if got := scriptAnswer(mark, query); got != want && !(mark == "!" && strings.HasPrefix(got, want)) {
				t.Errorf("line %d: %s\n got %s %s\nwant %s %s", n+1, query, mark, got, mark, want)
			}
		default:
			query = line
		}
	}
}

func scriptAnswer(mark, query string) string {
	e, err := ParseQuery(query, queryNow, queryZone)
	switch mark {
	case "!":
		qe, ok := err.(*QueryError)
		if !ok {
			return "no mistake: " + FormatQuery(e)
		}
		return strconv.Itoa(qe.Column) + " " + qe.Message
	case "=":
		if err != nil {
			return err.Error()
		}
		return FormatQuery(e)
	}
	return planText(Compile(e, Tenants{All: true}, time.Time{}, time.Time{}, nil))
}

func TestParseMistakes(t *testing.T) {
	f := func(query string, column int, message string) {
		t.Helper()
		e, err := ParseQuery(query, queryNow, queryZone)
		qe, ok := err.(*QueryError)
		if !ok {
			t.Errorf("%q: no mistake: %s", query, FormatQuery(e))
			return
		}
		if qe.Column != column || !strings.Contains(qe.Message, message) {
			t.Errorf("%q: %v; want column %d: … %s", query, err, column, message)
		}
	}
	f("a OR", 5, "the query ends where a word or field should follow")
	f("OR a", 1, "missing before this operator")
	f("a AND AND b", 7, "missing before this operator")
	f("AND", 1, "missing before this operator")
	f("NOT", 4, "the query ends")
	f("-", 1, "nothing follows -")
	f("a - b", 3, "nothing follows -")
	f("()", 2, "missing before )")
	f("a (b", 3, "this ( is never closed")
	f("用户 (b", 4, "this ( is never closed")
	f("a) b", 2, "this ) closes nothing")
	f("orders(1)", 7, "put a space before (")
	f(`say "hi`, 5, "this quote is never closed")
	f(`a"b"`, 2, "put a space before the quote")
	f(`"a"b`, 4, "put a space here")
	f(`"a"*`, 4, "* ends a word")
	f(`""`, 1, "nothing is between the quotes")
	f("x a*b", 4, "* is possible only at the end")
	f("**", 1, "* is possible only at the end")
	f("*", 1, "* needs the beginning of a word")
	f("user:", 6, "user: needs a value here")
	f("user: amy", 6, "user: needs a value here")
	f("user:amy,", 10, "user: needs a value here")
	f("user:a*b", 7, "* is possible only at the end")
	f("usr:amy", 1, "there is no field usr (did you mean user?)")
	f("操作 opration:x", 4, "did you mean operation?")
	f("mod:x", 1, "did you mean module?")
	f("actr:x", 1, "did you mean user?")
	f("zzz:x", 1, "there is no field zzz. Fields are action, after,")
	f(`zzz:"x"`, 1, "there is no field zzz")
	f("details:x", 1, "details needs a path")
	f(`details."a"`, 12, `write details."path":value`)
	f(`details."":x`, 11, `write details."path":value`)
	f("a operation:remove", 13, `is never "remove"; it is one of create, edit, delete, publish, stop, login, logout, read, other`)
	f("result:success,ok", 16, `is never "ok"; it is one of success, failure`)
	f("result:x*", 8, "is never")
	f("ip:10.0.0.0/33", 4, "is no address range")
	f("ip:10.0.0/8", 4, "is no address range")
	f("after:soon", 7, `"soon" is no time; write 2026-11-01`)
	f("after:2026-13-01", 7, "is no time")
	f("before:2026-11-01,2026-11-02", 19, "before: takes one time")
	f("after:2026*", 7, "after: takes one time")
	f("time:soon", 6, `"soon" is no period of time; write today`)
	f("time:last-0x", 6, "is no period of time")
	f("a \xff", 3, "not UTF-8")
	f(strings.Repeat("é", 4097), 4097, "longer than 8192 bytes")
	f(strings.Repeat("a ", 257), 513, "more than 256 words and values")
	f("user:"+strings.Repeat("a,", 256)+"b", 518, "more than 256 words and values")
	f(strings.Repeat("(", 33)+"a"+strings.Repeat(")", 33), 33, "nested deeper than 32 levels")
	f(strings.Repeat("NOT ", 33)+"a", 129, "nested deeper than 32 levels")
}

func TestParseEmpty(t *testing.T) {
	for _, text := range []string{"", " ", "\t\n\u3000"} {
		if e, err := ParseQuery(text, queryNow, nil); e != nil || err != nil {
			t.Errorf("%q: %v, %v", text, e, err)
		}
	}
	if p := Compile(nil, Tenants{All: true}, time.Time{}, time.Time{}, nil); planText(p) != "all" {
		t.Errorf("no query: %s", planText(p))
	}
}

func TestParseTimes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got, err := ParseTime(text, queryNow, queryZone)
		if s := got.UTC().Format(time.RFC3339Nano); err != nil || s != want {
			t.Errorf("%s: %s, %v; want %s", text, s, err, want)
		}
	}
	f("2026-11-08T12:00:00.5Z", "2026-11-08T12:00:00.5Z")
	f("2026-11-08T12:00:00+02:00", "2026-11-08T10:00:00Z")
	f("2026-11-08T12:00Z", "2026-11-08T12:00:00Z")
	f("2026-11-08t12:00z", "2026-11-08T12:00:00Z")
	f("2026-11-08T12:00", "2026-11-08T04:00:00Z")
	f("2026-11-08T12:00:01", "2026-11-08T04:00:01Z")
	f("2026-11-08 12:00", "2026-11-08T04:00:00Z")
	f("2026-11-08", "2026-11-07T16:00:00Z")
	f("now", "2026-11-23T09:30:00Z")
	f("now-15m", "2026-11-23T09:15:00Z")
	f("NOW+2h", "2026-11-23T11:30:00Z")
	f("now-1d", "2026-11-22T09:30:00Z")
	f("now-2w", "2026-11-09T09:30:00Z")
	f("now-30s", "2026-11-23T09:29:30Z")
	f("today", "2026-11-22T16:00:00Z")
	f("yesterday", "2026-11-21T16:00:00Z")
	for _, bad := range []string{"", "now-", "now-m", "now-5", "now-5y", "now--5m", "now-99999999999m", "now-4000000000w", "nowhere", "12:00", "2026-11-31"} {
		if got, err := ParseTime(bad, queryNow, queryZone); err == nil {
			t.Errorf("%q is %s", bad, got)
		}
	}
}

func TestParsePresets(t *testing.T) {
	f := func(text, from, to string) {
		t.Helper()
		a, b, ok := ParsePreset(text, queryNow, queryZone)
		if a, b := a.UTC().Format(time.RFC3339), b.UTC().Format(time.RFC3339); !ok || a != from || b != to {
			t.Errorf("%s: %s to %s, %v; want %s to %s", text, a, b, ok, from, to)
		}
	}
	f("today", "2026-11-22T16:00:00Z", "2026-11-23T16:00:00Z")
	f("yesterday", "2026-11-21T16:00:00Z", "2026-11-22T16:00:00Z")
	f("day-before-yesterday", "2026-11-20T16:00:00Z", "2026-11-21T16:00:00Z")
	f("this-week", "2026-11-22T16:00:00Z", "2026-11-29T16:00:00Z")
	f("last-week", "2026-11-15T16:00:00Z", "2026-11-22T16:00:00Z")
	f("2026-11-01", "2026-10-31T16:00:00Z", "2026-11-01T16:00:00Z")
	f("last-5m", "2026-11-23T09:25:00Z", "2026-11-23T09:30:00Z")
	f("last-15m", "2026-11-23T09:15:00Z", "2026-11-23T09:30:00Z")
	f("last-hour", "2026-11-23T08:30:00Z", "2026-11-23T09:30:00Z")
	f("last-6h", "2026-11-23T03:30:00Z", "2026-11-23T09:30:00Z")
	f("Last-Day", "2026-11-22T09:30:00Z", "2026-11-23T09:30:00Z")
	f("last-3d", "2026-11-20T09:30:00Z", "2026-11-23T09:30:00Z")
	f("last-30d", "2026-10-24T09:30:00Z", "2026-11-23T09:30:00Z")
	sunday := queryNow.AddDate(0, 0, 6)
	if from, _, _ := ParsePreset("this-week", sunday, nil); !from.Equal(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the week of Sunday %s begins %s", sunday, from)
	}
	if e, err := ParseQuery("time:today", queryNow, queryZone); err != nil || FormatQuery(e) != "after:2026-11-22T16:00:00Z before:2026-11-23T16:00:00Z" {
		t.Errorf("time:today is %s, %v", FormatQuery(e), err)
	}
}

// TestDaysBegin: a day has all of its moments and none of the day before, also where clocks are changed at midnight.
func TestDaysBegin(t *testing.T) {
	f := func(zone, day, from, to string) {
		t.Helper()
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		noon, err := time.ParseInLocation("2006-01-02 15", day+" 12", loc)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"today", day} {
			a, b, ok := ParsePreset(word, noon, loc)
			if a, b := a.UTC().Format(time.RFC3339), b.UTC().Format(time.RFC3339); !ok || a != from || b != to {
				t.Errorf("%s in %s: %s to %s, %v; want %s to %s", word, zone, a, b, ok, from, to)
			}
			if at, err := ParseTime(word, noon, loc); err != nil || at.UTC().Format(time.RFC3339) != from {
				t.Errorf("%s in %s begins %s, %v; want %s", word, zone, at, err, from)
			}
		}
	}
	f("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z") // 00:00 is skipped
	f("America/Havana", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z")
	f("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z")
	f("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z") // 00:00 comes twice
	f("Asia/Amman", "2021-10-29", "2021-10-28T21:00:00Z", "2021-10-29T22:00:00Z")
	f("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")
	f("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z")
}

func FuzzParseQuery(f *testing.F) {
	text, err := os.ReadFile("testdata/query/parse.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		f.Add(line)
	}
	f.Add(`-time:last-15m OR after:now-2d -"x" details."q\"":*,"a"* NOT --x`)
	event := benchEvent()
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseQuery(text, queryNow, queryZone)
		if err != nil {
			if qe, ok := err.(*QueryError); !ok || qe.Column < 1 || qe.Column > len(text)+1 || qe.Message == "" {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		checkRoundTrip(t, text, e)
		NewMatcher(Compile(e, Tenants{All: true}, time.Time{}, time.Time{}, nil)).Match(event)
		if who := (Tenants{Names: []string{"other"}}); NewMatcher(Compile(e, who, time.Time{}, time.Time{}, nil)).Match(event) {
			t.Fatalf("%q reaches around the wall", text)
		}
	})
}
