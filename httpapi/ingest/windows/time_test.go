package windows

import (
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

func TestLocalTime(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		o := record.Options{Location: time.FixedZone("west", -4*3600)}
		err := Read(strings.NewReader(line), o, func(ev *engine.Event, err error) error {
			if err != nil {
				return err
			}
			if got := ev.Time.Format(time.RFC3339Nano); got != want {
				t.Errorf("%s is %s, want %s", line, got, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	f(`{"EventID":1102,"EventTime":"2020-06-09 22:50:54"}`, "2020-06-10T02:50:54Z")
	f(`{"EventID":1102,"EventTime":"2020-06-09 22:50:54","@timestamp":"2020-06-10T02:50:56.540Z"}`, "2020-06-10T02:50:56.54Z")
	f(`{"EventID":1102,"TimeCreated":"2020-06-09 22:50:54.5"}`, "2020-06-10T02:50:54.5Z")
	f(`{"EventID":1102,"TimeCreated":"2020-06-09T22:50:54.5Z","@timestamp":"2020-06-10T02:50:56.540Z"}`, "2020-06-09T22:50:54.5Z")
}

func TestFailed(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		o, err := record.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := failed(o, o.Str("EventID")); got != want {
			t.Errorf("failed(%s) = %v", text, got)
		}
	}
	f(`{"EventID":4624,"Keywords":-9214364837600034816}`, false)
	f(`{"EventID":4673,"Keywords":-9218868437227405312}`, true)
	f(`{"EventID":4624,"Keywords":"0x8020000000000000"}`, false)
	f(`{"EventID":4673,"Keywords":"0x8010000000000000"}`, true)
	f(`{"EventID":4673,"Keywords":"Audit Failure"}`, true)
	f(`{"EventID":4625}`, true)
	f(`{"EventID":4624}`, false)
	f(`{"EventID":4625,"EventType":"AUDIT_SUCCESS"}`, false)
}
