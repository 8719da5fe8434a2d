package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// space is what files take: their length, and the blocks that the file system gave them.
type space struct{ Bytes, Blocks int64 }

func (s *space) add(info fs.FileInfo) {
	s.Bytes += info.Size()
	s.Blocks += allocated(info)
}

// spaceOf adds up a data directory, the index's files apart from the log's.
func spaceOf(dir string) (log, index space, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if rel, _ := filepath.Rel(dir, path); strings.Contains("/"+filepath.ToSlash(rel), "/index") {
			index.add(info)
		} else {
			log.add(info)
		}
		return nil
	})
	if err != nil {
		return log, index, fmt.Errorf("add up data directory: %w", err)
	}
	return log, index, nil
}
