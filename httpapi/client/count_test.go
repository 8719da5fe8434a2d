package client

import "testing"

func TestRecordCounters(t *testing.T) {
	f := func(format, text string, want uint64, whole bool) {
		t.Helper()
		for _, step := range []int{1, 3, len(text) + 1} {
			c := newRecordCounter(format)
			for i := 0; i < len(text); i += step {
				c.add([]byte(text[i:min(i+step, len(text))]))
			}
			if c.count() != want || c.whole() != whole {
				t.Errorf("%s %q in steps of %d: %d, whole %v; want %d, %v", format, text, step, c.count(), c.whole(), want, whole)
			}
		}
	}
	f("ndjson", "", 0, true)
	f("ndjson", "{}\n{}\n", 2, true)
	f("ndjson", "{}\n{", 1, false)
	f("csv", "", 0, false)
	f("csv", "\ufeffa,b\r\n", 0, true)
	f("csv", "a,b\r\n1,\"two\r\nlines and \"\"quotes\"\"\"\r\n", 1, true)
	f("csv", "a,b\r\n1,\"two\r\n", 0, false)
	f("csv", "a,b\r\n1,2\r\n3", 1, false)
	f("json", "[\n]\n", 0, true)
	f("json", `[{"a":{"b":[{}]}},`+"\n"+`{"c":"}]\"["}`+"\n]\n", 2, true)
	f("json", `[{"a":1},{"b":`, 1, false)
	f("json", "", 0, false)
}

func TestShape(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := shape(in); got != want {
			t.Errorf("shape(%q) = %q, want %q", in, got, want)
		}
	}
	f(`result: "perhaps 12" is not one of success, failure`, `result: "…" is not one of success, failure`)
	f("event: is 300000 bytes, the limit is 262144", "event: is N bytes, the limit is N")
	f("stored SHA-256 28f54018ef, sent abc9", "stored SHA-N N, sent N")
	f("at 2026-11-23T07:00:00Z 审计9", "at N-N-N:N:N N")
	f(`an "open quote`, `an "…"`)
}
