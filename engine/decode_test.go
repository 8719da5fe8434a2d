package engine

import (
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"
)

// FuzzDecode holds the fast decoder against the general one: what the fast one takes, the general one takes too and reads the same.
func FuzzDecode(f *testing.F) {
	f.Add(string(benchLine))
	for _, s := range []string{
		`{}`, `{"action":"a"}`, ` { "action" : "a" , "details" : { "a" : [ 1 , -0.5e+3 , null , true , {} ] } } `,
		`{"action":"a","action":"b"}`, `{"details":{"a":1,"a":2}}`, `{"details":{"a":01}}`, `{"details":{"a":-}}`, `{"details":{"a":1.}}`,
		`{"details":{"a":nul}}`, `{"details":{}}x`, `{"time":"2026-01-01T00:00:00Z"}`, `{"time":"2026-02-30T00:00:00Z"}`,
		`{"time":"2026-01-01T00:00:00.Z"}`, `{"time":"2026-01-01T24:00:00Z"}`, `{"time":"2026-01-01T00:00:60Z"}`, `{"time":"2026-01-01T00:00:00.1234567891Z"}`,
		`{"resources":[]}`, `{"resources":[{},{"id":"x"}]}`, `{"error":{}}`, `{"write":false,"dangerous":true}`, `{"actor":null}`,
		"{\"action\":\"\xff\"}", "{\"action\":\"\u2028\"}", `{"action":"\u0041"}`, `{"seq":1}`, `{"x":1}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var fast, slow Event
		if !decodeFast(text, &fast) {
			return
		}
		if err := json.Unmarshal([]byte(text), &slow, decodeOptions); err != nil {
			t.Fatalf("fast takes what general refuses (%v): %q", err, text)
		}
		fast.checked = nil
		if !reflect.DeepEqual(fast, slow) {
			t.Errorf("%q\nfast    %+v\ngeneral %+v", text, fast, slow)
		}
	})
}

// The usual event takes the fast way.
func TestDecodeFast(t *testing.T) {
	if !decodeFast(string(benchLine), new(Event)) {
		t.Error("the general decoder has to read an ordinary event")
	}
}
