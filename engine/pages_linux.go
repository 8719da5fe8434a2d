package engine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mappedBytes returns how much of its mapped files the process has in memory; only Linux tells, elsewhere it is 0.
func mappedBytes() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(data)
	if err != nil || len(fields) < 3 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[2]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// giveBack lets go of the pages of a mapped file.
func giveBack(mapped []byte) error { return unix.Madvise(mapped, unix.MADV_DONTNEED) }

// giveBackTables lets go of the pages of the tables that are mapped from the directories of stores, which are absolute. Badger does not say where it
// has mapped them, the system does. The stores must be held: a table is unmapped when its store is closed, and compaction, which would do it
// at other times, is off. The mappings are shared, so that nothing written to them is lost.
func giveBackTables(stores []string) error {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(maps)) {
		// 7f1c2a000000-7f1c2b000000 rw-s 00000000 fe:00 1234    /var/lib/annals/windows/00000000000000000000/log/000001.sst
		fields := strings.Fields(line)
		if len(fields) != 6 || !strings.HasSuffix(fields[5], ".sst") || !strings.HasSuffix(fields[1], "s") ||
			!slices.Contains(stores, filepath.Dir(fields[5])) {
			continue
		}
		low, high, _ := strings.Cut(fields[0], "-")
		from, err1 := strconv.ParseUint(low, 16, 64)
		to, err2 := strconv.ParseUint(high, 16, 64)
		if err1 != nil || err2 != nil || from >= to {
			return fmt.Errorf("read address %q", fields[0])
		}
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, uintptr(from), uintptr(to-from), unix.MADV_DONTNEED); errno != 0 {
			return fmt.Errorf("give back pages of %s: %w", filepath.Base(fields[5]), errno)
		}
	}
	return nil
}
