// Package recordtest holds translators to what every one of them promises.
package recordtest

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

var update = flag.Bool("update", false, "rewrite the golden files with what the translators make of the records now")

// Now is the clock of the golden files.
var Now = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

const goldenSuffix = ".golden.json"

// Reader is a format's Read.
type Reader = func(r io.Reader, o record.Options, emit record.Emit) error

// Golden translates every file of testdata and compares the events and errors with the file of the same name and .golden.json.
func Golden(t *testing.T, read Reader) {
	files := Files(t, "testdata")
	if len(files) == 0 {
		t.Fatal("no records in testdata")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := translate(t, file, read)
			if *update {
				if err := os.WriteFile(file+goldenSuffix, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file + goldenSuffix)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("translated otherwise than %s says (rewrite with -update and look at the difference); got\n%s", file+goldenSuffix, got)
			}
		})
	}
}

// Files returns the record files in dir: all but golden files and notices.
func Files(t testing.TB, dir string) []string {
	all, err := filepath.Glob(filepath.Join(dir, "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, file := range all {
		if !strings.HasSuffix(file, goldenSuffix) && !strings.HasSuffix(file, ".md") && !strings.HasSuffix(file, ".txt") {
			files = append(files, file)
		}
	}
	return files
}

func translate(t *testing.T, file string, read Reader) []byte {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	br, err := record.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	enc := jsontext.NewEncoder(&out, jsontext.WithIndent("  "))
	err = read(br, record.Options{Now: Now}, func(ev *engine.Event, err error) error {
		Check(t, ev, err)
		if err != nil {
			return json.MarshalEncode(enc, map[string]string{"error": err.Error()})
		}
		if err := ev.Normalize(Now); err != nil {
			t.Errorf("log would refuse event %q: %v", ev.ID, err)
		}
		return json.MarshalEncode(enc, ev)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Check holds one emitted pair against what every translator promises.
func Check(t testing.TB, ev *engine.Event, err error) {
	t.Helper()
	if err != nil {
		if re := (*record.Error)(nil); !errors.As(err, &re) || re.N < 1 || ev != nil {
			t.Errorf("emitted event %v with error %v, want a *record.Error alone", ev, err)
		}
		return
	}
	text := strings.Join([]string{ev.ID, ev.Action, ev.Actor.ID, ev.Actor.Name, ev.Actor.Domain, ev.Description, ev.Module, ev.Project.ID}, " ")
	for _, r := range ev.Resources {
		text += r.ID + r.Name + r.Type
	}
	switch {
	case ev.Action == "":
		t.Error("event without action")
	case ev.ID == "" || len(ev.ID) > engine.MaxIDBytes:
		t.Errorf("event ID %q", ev.ID)
	case ev.Time.IsZero():
		t.Error("event without time")
	case !utf8.ValidString(text):
		t.Errorf("text is not UTF-8: %q", text)
	case ev.Details.Kind() != '{' || !ev.Details.IsValid():
		t.Errorf("details are no JSON object: %q", ev.Details)
	}
}

// Fuzz feeds a translator with anything, from the files of testdata on. Twice the same bytes must give twice the same events.
func Fuzz(f *testing.F, detect func(head []byte, filename string) int, read Reader) {
	for _, file := range Files(f, "testdata") {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if !strings.HasSuffix(file, ".gz") {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if n := detect(data[:min(len(data), record.HeadBytes)], "file"); n < 0 || n > 100 {
			t.Errorf("confidence is %d", n)
		}
		ids := func() (ids []string) {
			err := read(bytes.NewReader(data), record.Options{Now: Now}, func(ev *engine.Event, err error) error {
				Check(t, ev, err)
				if err == nil {
					ids = append(ids, ev.ID)
				}
				return nil
			})
			if err != nil {
				t.Errorf("read: %v", err)
			}
			return ids
		}
		if a, b := ids(), ids(); strings.Join(a, " ") != strings.Join(b, " ") {
			t.Errorf("IDs differ between two readings: %q and %q", a, b)
		}
	})
}
