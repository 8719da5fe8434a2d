package engine

import "golang.org/x/sys/unix"

// unmapLog lets go of the pages of a log that is mapped from a file and shared: what was written to them is the file's. That it cannot be done is
// no matter, syncing is right without it.
func unmapLog(mapped []byte) {
	if len(mapped) > 0 {
		_ = unix.Madvise(mapped, unix.MADV_DONTNEED)
	}
}
