package client

import (
	"archive/zip"
	"io"
	"strings"
	"testing"
)

func TestRecordCounters(t *testing.T) {
	f := func(format, text string, want uint64, whole bool) {
		t.Helper()
		for _, step := range []int{1, 3, len(text) + 1} {
			c := newRecordCounter(format)
			for i := 0; i < len(text); i += step {
				c.add([]byte(text[i:min(i+step, len(text))]))
			}
			if got := c.whole(); c.count() != want || got != whole {
				t.Errorf("%s %q in steps of %d: %d, whole %v; want %d, %v", format, text, step, c.count(), got, want, whole)
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
	f("ndjson.zip", zipOf(t, "a.ndjson", "{}\n{}\n"), 2, true)
	f("ndjson.zip", zipOf(t, "a.ndjson", "{}\n{"), 1, false)
	f("ndjson.zip", strings.TrimSuffix(zipOf(t, "a.ndjson", "{}\n{}\n"), "\x00"), 2, false)
	f("csv.zip", zipOf(t, "a.csv", "a,b\r\n1,2\r\n", "b.csv", "a,b\r\n1,2\r\n"), 2, true)
	f("csv.zip", "a,b\r\n1,2\r\n", 0, false)
	f("csv.zip", "", 0, false)
	workbook := zipOf(t, "xl/worksheets/sheet1.xml", "<row r=1><row r=2><c>&lt;row </c><rowx><<row r=3>", "xl/worksheets/sheet2.xml", "<row r=1><row r=2>",
		"xl/worksheets/sheet3.xml", "<row r=1><row r=2>", "xl/workbook.xml", "<row r=1>")
	f("xlsx", workbook, 3, true)
	f("xlsx", zipOf(t, "xl/worksheets/sheet1.xml", ""), 0, false)
	f("xlsx.zip", zipOf(t, "a.xlsx", workbook), 3, true)
	f("xlsx.zip", workbook, 0, false)
}

func TestCutZipIsNotWhole(t *testing.T) {
	f := func(format, text string) {
		t.Helper()
		c := newRecordCounter(format)
		c.add([]byte(text))
		if c.whole() {
			t.Errorf("%s %q is whole", format, text)
		}
	}
	file := zipOf(t, "xl/worksheets/sheet1.xml", "<row r=1><row r=2>")
	for cut := range len(file) {
		f("xlsx", file[:cut])
		f("xlsx.zip", zipOf(t, "a.xlsx", file[:cut]))
	}
}

// zipOf makes a zip of entries, names and texts in turn.
func zipOf(t *testing.T, entries ...string) string {
	t.Helper()
	var b strings.Builder
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, entries[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
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
