//go:build !linux

package index

import "errors"

func dontNeed([]byte) error { return errors.ErrUnsupported }
