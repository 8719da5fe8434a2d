package record

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"annals/engine"
)

// readAll returns, for each record of the text, its member "a", or its error.
func readAll(t *testing.T, text string, wrappers ...string) []string {
	t.Helper()
	var got []string
	err := ReadObjects(iotest.HalfReader(strings.NewReader(text)), Options{Tenant: "acme"}, func(ev *engine.Event, err error) error {
		if err != nil {
			got = append(got, err.Error())
			return nil
		}
		if ev.Tenant != "acme" {
			t.Errorf("tenant is %q", ev.Tenant)
		}
		got = append(got, ev.Action)
		return nil
	}, func(o Object) (*engine.Event, error) {
		if !o.Has("a") {
			return nil, errors.New("no a")
		}
		return &engine.Event{Action: o.Str("a"), Time: time.Unix(1, 0)}, nil
	}, wrappers...)
	if err != nil {
		t.Error(err)
	}
	return got
}

func TestReadObjects(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		if got := readAll(t, text, "Records", "items"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%.200q\n got %q\nwant %q", text, got, want)
		}
	}
	f("")
	f(" \n\n ")
	f(`{"a":"1"}`, "1")
	f("{\"a\":\"1\"}\n{\"a\":\"2\"}\n", "1", "2")
	f("\xef\xbb\xbf{\"a\":\"1\"}\r\n\r\n{\"a\":\"2\"}\r\n", "1", "2")
	f(`[{"a":"1"},{"a":"2"}]`, "1", "2")
	f("\xef\xbb\xbf[\n  {\n \"a\": \"1\"\n },\n {\"a\": \"[2]\"}\n]\n", "1", "[2]")
	f("{\n \"a\": 1\n}\n{\n \"a\": true\n}\n", "1", "true")
	f(`{"Records":[{"a":"1"},{"a":"2"}]}`, "1", "2")
	f("{\"Records\":[{\"a\":\"1\"}]}\n{\"Records\":[{\"a\":\"2\"}]}\n", "1", "2")
	f("{ \"kind\": \"List\",\n \"items\" : [ {\"a\":\"1\"}, {\"a\":\"2\"} ],\n \"metadata\": {\"x\": [1, \"]}\"]}\n}\n", "1", "2")
	f("{\"Records\":[]}")
	f("{\"Records\":[{\"b\":{\"Records\":[{\"a\":\"2\"}]},\"a\":\"1\"}]}", "1")
}

func TestReadObjectsBadRecords(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		got := readAll(t, text, "Records")
		ok := len(got) == len(want)
		for i := range got {
			ok = ok && strings.HasPrefix(got[i], want[i])
		}
		if !ok {
			t.Errorf("%.200q\n got %q\nwant %q", text, got, want)
		}
	}
	f("{\"a\":\"1\"}\n{\"a\":\nnot json\n[1]\n{\"a\":\"5\"}\n{\"a\":\"6", "1", "line 2: read JSON", "line 3: not a JSON object", "line 4: not a JSON object", "5", "line 6: read JSON")
	f("{\"a\":\"1\"}\n{\"b\":1}\n", "1", "line 2: no a")
	f("{\"a\":\"1\",\"a\":\"2\"}\n{\"a\":\"3\"}\n", "line 1: read JSON", "3")
	f("{\"a\":\"\xff\"}\n{\"a\":\"3\"}\n", "line 1: read JSON", "3")
	f(`[{"a":"1"},7,{"a":"2"},"x"]`, "1", "record 2: not a JSON object", "2", "record 4: not a JSON object")
	f(`[{"a":"1"},{"a":}`+"\n"+`,{"a":"3"}]`, "1", "record 2: read JSON", "3")
	f(`[{"a":"1"},{"a":"2`, "1", "record 2: file ends inside this record")
	f(`[{"a":"1"},`, "1", "record 2: file ends before its array")
	f(`{"Records":[{"a":"1"},{"a":"2`, "1", "record 2: file ends inside this record")
	f("[{\"a\":\"1\n\"},{\"a\":\"2\"}]", "record 1: not valid JSON: line end inside a string", "record 2: not a JSON object", "2")
	f("hello\nworld\n", "record 1: not a JSON object")
}

func TestReadObjectsLongRecords(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", MaxRecordBytes) + `"}`
	if got := readAll(t, "{\"a\":\"1\"}\n"+long+"\n{\"a\":\"3\"}\n"); len(got) != 3 || got[1] != "line 2: record is longer than 16 MiB" || got[2] != "3" {
		t.Errorf("long line: %.200q", got)
	}
	if got := readAll(t, `[{"a":"1"},`+long+`,{"a":"3"}]`); len(got) != 3 || got[1] != "record 2: record is longer than 16 MiB" || got[2] != "3" {
		t.Errorf("long element: %.200q", got)
	}
}

func TestReadObjectsStops(t *testing.T) {
	full, n := errors.New("full"), 0
	for _, text := range []string{"{\"a\":1}\n{\"a\":2}\n", `[{"a":1},{"a":2}]`} {
		n = 0
		err := ReadObjects(strings.NewReader(text), Options{}, func(*engine.Event, error) error { n++; return full },
			func(o Object) (*engine.Event, error) { return &engine.Event{Action: "a"}, nil })
		if err != full || n != 1 {
			t.Errorf("emit's error: got %v after %d records", err, n)
		}
	}
	broken := io.MultiReader(strings.NewReader("{\"a\":1}\n"+strings.Repeat(" ", 1<<17)), iotest.ErrReader(full))
	n = 0
	err := ReadObjects(broken, Options{}, func(*engine.Event, error) error { n++; return nil },
		func(o Object) (*engine.Event, error) { return &engine.Event{Action: "a"}, nil })
	if !errors.Is(err, full) || n != 1 {
		t.Errorf("reader's error: got %v after %d records", err, n)
	}
}
