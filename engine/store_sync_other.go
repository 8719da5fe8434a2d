//go:build !linux

package engine

func unmapLog([]byte) {}
