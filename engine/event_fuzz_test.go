package engine_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// FuzzDecodeEvent: whatever comes in, decoding ends with an event or a FieldError; and an event that is taken reads the same after it
// was written and read again.
func FuzzDecodeEvent(f *testing.F) {
	m := enginetest.NewMaker("fuzz", 1)
	for _, e := range m.Events(30) {
		must(f, e.Normalize(time.Now()))
		f.Add(e.AppendJSON(nil))
	}
	for _, s := range []string{
		`{"action":"a"}`, `{"action":"a","details":{"n":1E5,"s":"\ud800"}}`, `{"action":"a","time":"2024-02-30T00:00:00Z"}`, `{"action":"a","seq":-1}`,
		`{"action":"a","action":"b"}`, `{"Action":"a"}`, `[]`, `null`, ``, `{"action":"a"}{}`, "{\"action\":\"\xff\"}", `{"action":"a","details":null,"resources":null}`,
		`{"action":"a","details":{"a":{"b":[1,2,{"c":"\u0000"}]}},"write":null,"error":{}}`, `{"action":"\u2028<>&","time":"2024-01-01T00:00:00+14:00"}`,
	} {
		f.Add([]byte(s))
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := engine.DecodeEvent(data)
		if err == nil {
			err = e.Normalize(now)
		}
		if err != nil {
			if _, ok := errors.AsType[*engine.FieldError](err); !ok {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		text := e.AppendJSON(nil)
		again, err := engine.DecodeEvent(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		must(t, again.Normalize(now))
		if second := again.AppendJSON(nil); !bytes.Equal(text, second) {
			t.Fatalf("%q\nis   %s\nthen %s", data, text, second)
		}
	})
}
