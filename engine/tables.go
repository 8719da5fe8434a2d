package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/blevesearch/mmap-go"
	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
)

// checkTables looks at a store's manifest and tables before Badger does. Badger opens tables in goroutines of its own, where a damaged
// footer, index or last block panics and takes the process with it; and it removes every table that its manifest does not name,
// which after damage to the manifest are all the events.
func checkTables(o badger.Options) error {
	files, err := filepath.Glob(filepath.Join(o.Dir, "*.sst"))
	if err != nil {
		return err
	}
	named, whole, err := readStoreManifest(o)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(files) == 0 && !o.ReadOnly:
		return nil // not yet begun
	case err != nil:
		return fmt.Errorf("%w: store manifest: %w", ErrDamaged, err)
	case o.ReadOnly && !whole:
		return fmt.Errorf("%w: store manifest: ends within an entry", ErrDamaged)
	}
	for id := range named {
		if err := checkTable(table.NewFilename(id, o.Dir)); err != nil {
			return fmt.Errorf("%w: table %06d.sst: %w", ErrDamaged, id, err)
		}
	}
	// A store that grows may have one more: of a flush that a crash interrupted.
	if n := len(files) - len(named); o.ReadOnly && n > 0 {
		return fmt.Errorf("%w: store manifest: does not name %d of %d tables", ErrDamaged, n, len(files))
	}
	return nil
}

// readStoreManifest returns the tables that a store's manifest names, and whether all of it could be read: a crash may leave the last
// entry torn.
func readStoreManifest(o badger.Options) (tables map[uint64]badger.TableManifest, whole bool, err error) {
	f, err := os.Open(filepath.Join(o.Dir, badger.ManifestFilename))
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	m, end, err := badger.ReplayManifestFile(f, o.ExternalMagicVersion, o)
	return m.Tables, end == info.Size(), err
}

// checkTable opens a table as Badger will.
func checkTable(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := mmap.Map(f, mmap.RDONLY, 0)
	if err != nil {
		return err
	}
	defer func() {
		if recover() != nil {
			err = errors.New("footer, index or last block cannot be read")
		}
		err = errors.Join(err, data.Unmap())
	}()
	_, err = table.OpenInMemoryTable(data, 0, &table.Options{
		ReadOnly: true, BlockSize: blockBytes, Compression: options.ZSTD, ChkMode: options.OnBlockRead,
	})
	return err
}
