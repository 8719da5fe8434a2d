//go:build !linux

package engine

func mappedBytes() int64 { return 0 }

func giveBackTables([]string) error { return nil }
