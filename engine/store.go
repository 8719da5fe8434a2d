package engine

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

const (
	storeName = "log" // the Badger directory inside a window's directory

	memTableBytes = 16 << 20 // never smaller than an earlier run's, see manifestStoreSize
	blockBytes    = 16 << 10
)

// storeOptions are Badger's settings for a window. Compaction is off: an append-only log has nothing to compact, and a
// compaction of Badger 4.9.6 that cannot create a table drops its input (levels.go, a deferred error evaluated too
// early). Values always stay in the tree, so the value log, whose sync errors Badger only logs, is never used.
func storeOptions(dir string, readOnly bool, memTable int64, logger *slog.Logger) badger.Options {
	cache := int64(8 << 20)
	if readOnly {
		cache = 512 << 10 // there may be many, and reads in order need few blocks
	}
	return badger.DefaultOptions(filepath.Join(dir, storeName)).
		WithReadOnly(readOnly).
		WithSyncWrites(false). // syncStore does it
		WithDetectConflicts(false).
		WithMemTableSize(memTable).
		WithNumMemtables(2).
		WithNumCompactors(0).
		WithNumLevelZeroTables(1 << 19).
		WithNumLevelZeroTablesStall(1 << 20).
		WithCompactL0OnClose(false).
		WithBlockSize(blockBytes).
		WithCompression(options.ZSTD).
		WithZSTDCompressionLevel(1).
		WithBlockCacheSize(cache).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithValueThreshold(1 << 20).
		WithValueLogFileSize(1 << 20).
		WithMetricsEnabled(false).
		WithNumGoroutines(2).
		WithLogger(storeLogger{logger})
}

func openStore(dir string, readOnly bool, memTable int64, logger *slog.Logger) (*badger.DB, error) {
	o := storeOptions(dir, readOnly, memTable, logger)
	err := tendLogs(o.Dir)
	if err == nil {
		err = checkTables(o)
	}
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", filepath.Base(dir), err)
	}
	db, err := badger.OpenManaged(o)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", filepath.Base(dir), err)
	}
	return db, nil
}

// tendLogs finishes what a crash interrupted. Badger deletes a log by cutting it to nothing and then removing it, and makes one
// by the reverse; it does not open a store in which it died between the two. Such a file holds nothing that is not in a table. Other
// logs of memtables may hold what was written but not synced: from now on it counts as being there, so it must be on disk.
func tendLogs(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); ext != ".mem" && ext != ".vlog" {
			continue
		}
		info, err := f.Info()
		if err != nil {
			return err
		}
		path := filepath.Join(dir, f.Name())
		switch {
		case info.Size() == 0:
			err = os.Remove(path)
		case filepath.Ext(path) == ".mem":
			err = syncFile(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// storeLogger passes Badger's warnings and errors on; what it tells at info level is for debugging Badger.
type storeLogger struct{ to *slog.Logger }

func (l storeLogger) Errorf(format string, args ...any)   { l.to.Error(storeMessage(format, args)) }
func (l storeLogger) Warningf(format string, args ...any) { l.to.Warn(storeMessage(format, args)) }
func (l storeLogger) Infof(format string, args ...any)    {}
func (l storeLogger) Debugf(format string, args ...any)   {}

func storeMessage(format string, args []any) string {
	return "store: " + strings.TrimSpace(fmt.Sprintf(format, args...))
}
