package engine

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// TestSyncStore: a commit large enough leaves no page of the log with the process, and all of it in the file.
func TestSyncStore(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, storeName), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := openStore(dir, false, memTableBytes, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if len(logOf(db)) < memTableBytes {
		t.Fatalf("the log is not where it was in Badger 4.9.6: %d bytes", len(logOf(db)))
	}
	for round := range 40 { // over the end of a memtable
		txn := db.NewTransactionAt(uint64(round), true)
		value := []byte(fmt.Sprintf("value of round %03d ", round) + strings.Repeat("x", 1<<20-100))
		if err := txn.SetEntry(badger.NewEntry(fmt.Appendf(nil, "key %03d", round), value)); err != nil {
			t.Fatal(err)
		}
		if err := txn.CommitAt(uint64(round+1), nil); err != nil {
			t.Fatal(err)
		}
		logs, err := filepath.Glob(filepath.Join(dir, storeName, "*.mem"))
		if err != nil || len(logs) == 0 {
			t.Fatalf("no log: %v", err)
		}
		newest := filepath.Base(logs[len(logs)-1]) // Badger removes the others when it likes
		small := memoryOf(t, dir, newest)
		if err := syncStore(db, unmapBytes-1); err != nil {
			t.Fatal(err)
		}
		if got := memoryOf(t, dir, newest); got < small {
			t.Errorf("round %d: of %d KiB are %d left after a small commit", round, small, got)
		}
		if err := syncStore(db, int64(len(value))); err != nil {
			t.Fatal(err)
		}
		if got := memoryOf(t, dir, newest); got >= small {
			t.Errorf("round %d: of %d KiB of the log are %d left", round, small, got)
		}
		if got := bytes.Count(logOf(db), []byte(fmt.Sprintf("value of round %03d ", round))); got != 1 {
			t.Fatalf("round %d: the log has the value %d times", round, got)
		}
	}
}
