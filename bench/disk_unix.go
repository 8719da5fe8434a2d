//go:build unix

package main

import (
	"io/fs"
	"syscall"
)

// allocated returns the bytes of the blocks that a file has, which are fewer than its length when it has holes.
func allocated(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512
	}
	return info.Size()
}
