package ingest

import (
	"bufio"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"annals/httpapi/ingest/record"
	"annals/httpapi/ingest/record/recordtest"
)

// TestDetectOwnRecords: every format recognises the records that it is tested with, whatever their file is called, and no other format is
// surer.
func TestDetectOwnRecords(t *testing.T) {
	for _, f := range Formats() {
		files := recordtest.Files(t, filepath.Join(f.Name, "testdata"))
		if len(files) == 0 {
			t.Errorf("format %s has no records in testdata", f.Name)
		}
		for _, file := range files {
			if got, err := Detect(head(t, file), "records"); err != nil || got.Name != f.Name {
				t.Errorf("%s is detected as %q (%v)", file, got.Name, err)
			}
		}
	}
}

func head(t *testing.T, file string) []byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var br *bufio.Reader
	if br, err = record.Open(f); err != nil {
		t.Fatal(err)
	}
	b, _ := br.Peek(record.HeadBytes) // a file shorter than that ends it with an error that means nothing here
	return b
}

// TestFormatsSorted: detection breaks ties by the table's order, and people read it.
func TestFormatsSorted(t *testing.T) {
	all := Formats()
	if !sort.SliceIsSorted(all, func(i, j int) bool { return all[i].Name < all[j].Name }) {
		t.Error("formats are not in the order of their names")
	}
}
