package index

import "syscall"

func dontNeed(mapped []byte) error { return syscall.Madvise(mapped, syscall.MADV_DONTNEED) }
