//go:build unix

package engine

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

func freeSpace(dir string) (bytes, inodes uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	inodes = math.MaxUint64
	if s.Files > 0 { // file systems without inode tables say 0 of 0
		inodes = uint64(s.Ffree)
	}
	return uint64(s.Bavail) * uint64(s.Bsize), inodes, nil
}

// freeDescriptors returns how many more files the process may open; only Linux lists the open ones.
func freeDescriptors() (uint64, error) {
	d, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0, errors.ErrUnsupported
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	return uint64(limit.Cur) - min(uint64(limit.Cur), uint64(len(names))), nil
}

// lockDir takes the data directory for this process.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("data directory %s is in use by another process: %w", dir, err)
	}
	return f, nil
}

// blockBytesOf returns what a file takes on disk.
func blockBytesOf(info os.FileInfo) int64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int64(s.Blocks) * 512
	}
	return info.Size()
}
