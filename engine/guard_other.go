//go:build !unix

package engine

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// freeSpace cannot tell here: these platforms are for development only.
func freeSpace(string) (bytes, inodes uint64, err error) { return math.MaxUint64, math.MaxUint64, nil }

func freeDescriptors() (uint64, error) { return 0, errors.ErrUnsupported }

// lockDir relies on the stores' own locks here.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	return f, nil
}

func blockBytesOf(info os.FileInfo) int64 { return info.Size() }
