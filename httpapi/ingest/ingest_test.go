package ingest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"annals/engine"
	"annals/httpapi/ingest/record"
	"annals/httpapi/ingest/record/recordtest"
)

func TestFormatsAreInOrder(t *testing.T) {
	if !slices.IsSortedFunc(formats, func(a, b Format) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("the table is not in the order of names: %s", names())
	}
}

// TestDetect holds every format's own records against all formats. A format's folder has its name.
func TestDetect(t *testing.T) {
	for _, want := range Formats() {
		files := recordtest.Files(t, filepath.Join(want.Name, "testdata"))
		if len(files) == 0 {
			t.Errorf("format %s has no records to detect", want.Name)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			br, err := record.Open(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			head, _ := br.Peek(record.HeadBytes)
			if got, err := Detect(head, filepath.Base(file)); err != nil || got.Name != want.Name {
				t.Errorf("%s is detected as %q, %v", file, got.Name, err)
			}
		}
	}
}

func TestDetectUnknown(t *testing.T) {
	for _, head := range []string{"", "\n\n", "hello", "{", "[]", "{}", "a,b,c\n1,2,3\n", "\x00\x01\x02", "PK\x03\x04"} {
		_, err := Detect([]byte(head), "file")
		if !errors.Is(err, ErrUnknownFormat) || !strings.Contains(err.Error(), "auditd, ") {
			t.Errorf("Detect(%q): %v, want an error that lists the formats", head, err)
		}
	}
	if _, err := ByName("nothing"); !errors.Is(err, ErrUnknownFormat) {
		t.Errorf("ByName: %v", err)
	}
	if f, err := ByName("vault"); err != nil || f.Name != "vault" {
		t.Errorf("ByName: %v, %v", f.Name, err)
	}
}

// TestReadIsRepeatable reads every record of every format twice, plain and compressed: the IDs must be the same.
func TestReadIsRepeatable(t *testing.T) {
	for _, f := range Formats() {
		for _, file := range recordtest.Files(t, filepath.Join(f.Name, "testdata")) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var z bytes.Buffer
			w := gzip.NewWriter(&z)
			if _, err := w.Write(b); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			plain := ids(t, f, b, file)
			if again := ids(t, f, b, file); !slices.Equal(plain, again) {
				t.Errorf("%s: IDs differ between two readings", file)
			}
			if !strings.HasSuffix(file, ".gz") && !slices.Equal(plain, ids(t, f, z.Bytes(), file+".gz")) {
				t.Errorf("%s: IDs differ when it is compressed", file)
			}
		}
	}
}

func ids(t *testing.T, want Format, b []byte, file string) (ids []string) {
	f, err := Read(bytes.NewReader(b), filepath.Base(file), record.Options{Now: recordtest.Now}, func(ev *engine.Event, err error) error {
		recordtest.Check(t, ev, err)
		if err == nil {
			ids = append(ids, ev.ID)
		}
		return nil
	})
	if err != nil || f.Name != want.Name {
		t.Errorf("%s is read as %q, %v", file, f.Name, err)
	}
	return ids
}

func TestReadCutGzip(t *testing.T) {
	b, err := os.ReadFile("cloudtrail/testdata/s3_delivery.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Read(bytes.NewReader(b[:len(b)-8]), "cut.json.gz", record.Options{}, func(*engine.Event, error) error { return nil })
	if err == nil {
		t.Error("a cut gzip file is read without an error")
	}
	if _, err := Read(bytes.NewReader(b[:4]), "cut.json.gz", record.Options{}, nil); err == nil {
		t.Error("a cut gzip header is read without an error")
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte(`{"eventName":`), "x.json")
	f.Add([]byte("type=SYSCALL msg=audit(1.0:1): a=b"), "audit.log")
	f.Add([]byte("<34>1 - - -"), "messages")
	f.Fuzz(func(t *testing.T, head []byte, filename string) {
		a, errA := Detect(head, filename)
		b, errB := Detect(head, filename)
		if a.Name != b.Name || (errA == nil) != (errB == nil) {
			t.Errorf("detected as %q and %q", a.Name, b.Name)
		}
	})
}
