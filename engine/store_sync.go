package engine

import (
	"reflect"

	"github.com/dgraph-io/badger/v4"
)

// syncStore makes what was committed to the store durable. Nobody else may commit to it meanwhile: a commit may begin another log.
//
// Badger would do it itself (SyncWrites), but what costs most of a sync is then out of reach: it writes its log through a mapping, and to sync
// it the kernel takes the right to write away page by page, each time with an interrupt to every other processor that runs this process. A
// processor of two spent an eighth of a burst of writes on that. Letting go of all pages first (unmapLog) takes one interrupt; the data stays
// in the system's cache, from where the sync writes it.
func syncStore(db *badger.DB, bytes int64) error {
	if bytes >= unmapBytes {
		unmapLog(logOf(db))
	}
	return db.Sync()
}

// unmapBytes is how much must be synced at a time for it to be worth while.
const unmapBytes = 64 << 10

// logOf returns the mapping of the log of the store's memtable, which Badger does not show, or nil when it has none where this Badger keeps it.
func logOf(db *badger.DB) []byte {
	v := reflect.ValueOf(db)
	for _, name := range []string{"mt", "wal", "MmapFile", "Data"} {
		if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
			return nil
		}
		if v = v.Elem().FieldByName(name); !v.IsValid() {
			return nil
		}
	}
	if v.Type() != reflect.TypeFor[[]byte]() {
		return nil
	}
	return v.Bytes()
}
