package native

import (
	"bytes"
	"testing"

	"annals/engine"
	"annals/httpapi/ingest/record"
	"annals/httpapi/ingest/record/recordtest"
)

func TestGolden(t *testing.T) { recordtest.Golden(t, Read) }

func FuzzRead(f *testing.F) { recordtest.Fuzz(f, Detect, Read) }

func TestDetect(t *testing.T) {
	f := func(head string, want bool) {
		t.Helper()
		if n := Detect([]byte(head), ""); n >= 50 != want {
			t.Errorf("Detect(%s) = %d, want it to be native: %v", head, n, want)
		}
	}
	f(`{"action":"a"}`, true)
	f(`{"action":"a","time":"2026-11-22T07:00:00Z","actor":{"name":"amy"},"details":{"x":1`, true) // cut by the head's end
	f(`[{"id":"1","action":"a","dangerous":false}]`, true)
	f(`{"id":"1","time":"t","action":"a","operation":"edit","reslt":"failure","module":"m"}`, true) // to be refused by name, not guessed at
	f(`{"action":"a","actor":"amy"}`, false)
	f(`{"action":"a","timestamp":1,"user":"amy"}`, false)
	f(`{"time":"2026-11-22T07:00:00Z"}`, false)
	f(`{"id":"1","action":"a","operation":"Set-Mailbox"}`, false)
	f(`not JSON`, false)
	f(``, false)
}

// TestTenant: an event's own tenant is kept, unless the reader is told another.
func TestTenant(t *testing.T) {
	f := func(option, own, want string) {
		t.Helper()
		line := []byte(`{"id":"1","time":"2026-11-22T07:00:00Z","tenant":"` + own + `","action":"a"}`)
		err := Read(bytes.NewReader(line), record.Options{Tenant: option}, func(e *engine.Event, err error) error {
			if err != nil || e.Tenant != want {
				t.Errorf("event %+v, error %v, want tenant %q", e, err, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	f("", "acme", "acme")
	f("", "", "")
	f("other", "acme", "other")
	f("other", "", "other")
}

// TestExportRoundTrip: what the log writes out reads back as the same event, but for what the log sets.
func TestExportRoundTrip(t *testing.T) {
	first := normalized(t, []byte(`{"id":"n-1","time":"2026-11-22T07:00:00.5Z","tenant":"acme","actor":{"name":"艾米"},"action":"a \u0000b"}
{"id":"n-2","time":"2026-11-22T07:00:00Z","action":"x","result":"failure","error":{"code":"1"},"details":{"n":1.50,"seq":7}}`))
	if again := normalized(t, first); !bytes.Equal(first, again) {
		t.Errorf("read back as\n%swant\n%s", again, first)
	}
}

// normalized reads events and returns them as an export writes them.
func normalized(t *testing.T, in []byte) []byte {
	t.Helper()
	var out []byte
	err := Read(bytes.NewReader(in), record.Options{}, func(e *engine.Event, err error) error {
		if err == nil {
			err = e.Normalize(recordtest.Now)
		}
		if err != nil {
			return err
		}
		out = append(e.AppendJSON(out), '\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
