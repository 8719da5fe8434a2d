package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGiveBackTables: tables that are given back take up no memory, and are read again as they were.
func TestGiveBackTables(t *testing.T) {
	l, w := sealedLog(t, 256)
	read := func() (ids []string) {
		t.Helper()
		err := l.readRange(t.Context(), w.first, w.end.Load(), func(e *Event) error {
			ids = append(ids, e.ID)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	l.recent.indexed(w.end.Load() + recentDone) // not from memory
	before := read()
	if resident := memoryOf(t, w.dir, ".sst"); resident == 0 {
		t.Fatal("nothing was read from a mapped table")
	}
	if _, err := w.acquire(); err != nil {
		t.Fatal(err)
	}
	dir, err := realDir(w.dir)
	if err == nil {
		err = giveBackTables([]string{filepath.Join(dir, storeName)})
	}
	if err != nil {
		t.Fatal(err)
	}
	if resident := memoryOf(t, w.dir, ".sst"); resident != 0 {
		t.Errorf("%d KiB of tables are in memory", resident)
	}
	w.release()
	if after := read(); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("%d events before, %d after", len(before), len(after))
	}
}

// memoryOf is how many KiB of the files with the ending below dir, which are mapped, the system counts as this process's memory.
func memoryOf(t *testing.T, dir, ending string) (kib int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatalf("read what is in memory: %v", err)
	}
	dir, err = realDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	ours := false
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) >= 5 && strings.Contains(fields[0], "-"):
			ours = len(fields) == 6 && strings.HasPrefix(fields[5], dir) && strings.HasSuffix(fields[5], ending)
		case ours && fields[0] == "Rss:":
			n := 0
			for _, c := range fields[1] {
				n = n*10 + int(c-'0')
			}
			kib += n
		}
	}
	return kib
}
