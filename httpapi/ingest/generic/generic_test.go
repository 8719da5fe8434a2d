package generic

import (
	"testing"

	"annals/httpapi/ingest/record/recordtest"
)

func TestGolden(t *testing.T) { recordtest.Golden(t, Read) }

func FuzzRead(f *testing.F) { recordtest.Fuzz(f, Detect, Read) }

func TestIsFailure(t *testing.T) {
	f := func(word string, want bool) {
		t.Helper()
		if got := isFailure(word); got != want {
			t.Errorf("isFailure(%q) = %v", word, got)
		}
	}
	f("FAILURE", true)
	f("Failed", true)
	f("LOGIN_ERROR_INVALID_PASSWORD", true)
	f("LOGIN_NO_ERROR", false)
	f("not denied", false)
	f("NO", true)
	f("false", true)
	f("403", true)
	f("200", false)
	f("0", false)
	f("700000", false)
	f("SUCCESS", false)
	f("allowed", false)
	f("", false)
}

func TestPlain(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		if got := plain(name); got != want {
			t.Errorf("plain(%q) = %q, want %q", name, got, want)
		}
	}
	f("EVENT_TIMESTAMP", "eventtimestamp")
	f("@timestamp", "timestamp")
	f("eventTime", "eventtime")
	f("_id", "_id")
	f("事件", "")
}
