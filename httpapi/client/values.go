package client

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// value is a flag's: text as it was given, read into where it is wanted.
type value[T any] struct {
	into *T
	text string
	read func(string) (T, error)
}

func (v *value[T]) String() string { return v.text }

// Set implements flag.Value.
func (v *value[T]) Set(text string) error {
	got, err := v.read(text)
	if err != nil {
		return err
	}
	*v.into, v.text = got, text
	return nil
}

// newFlag declares a flag with a default, which must be one that can be read.
func newFlag[T any](f *Flags, into *T, name, text, usage string, read func(string) (T, error)) {
	v := &value[T]{into: into, read: read}
	if err := v.Set(text); err != nil {
		panic("default of --" + name + ": " + err.Error())
	}
	f.Var(v, name, usage)
}

// AgeVar declares a flag such as 90d.
func (f *Flags) AgeVar(into *time.Duration, name, text, usage string) {
	newFlag(f, into, name, text, usage, func(text string) (time.Duration, error) {
		age, err := parseAge(text)
		if err != nil {
			return 0, errors.New("want an age such as 12h, 90d, 8w or 1y")
		}
		return age, nil
	})
}

// SizeVar declares a flag such as 512MiB.
func (f *Flags) SizeVar(into *uint64, name, text, usage string) {
	newFlag(f, into, name, text, usage, parseSize)
}

// LevelVar declares a flag that is the least level of messages.
func (f *Flags) LevelVar(into *slog.Level, name, text, usage string) {
	newFlag(f, into, name, text, usage, func(text string) (level slog.Level, err error) {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			return 0, errors.New("want debug, info, warn or error")
		}
		return level, nil
	})
}

// parseSize reads a number of bytes with an optional unit.
func parseSize(text string) (uint64, error) {
	number := strings.TrimRight(text, "KMGTiB")
	shift, ok := map[string]int{"": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}[text[len(number):]]
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || !ok || n<<shift>>shift != n {
		return 0, errors.New("want a size such as 512MiB or 2GiB")
	}
	return n << shift, nil
}

// parseAge reads a duration with days, weeks and years besides Go's units; "" and "0" are none.
func parseAge(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'y': 365 * 24 * time.Hour}
	if text == "" || text == "0" {
		return 0, nil
	}
	if unit, ok := units[text[len(text)-1]]; ok {
		n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
		if age := time.Duration(n) * unit; err == nil && age/unit == time.Duration(n) && age > 0 {
			return age, nil
		}
	} else if age, err := time.ParseDuration(text); err == nil && age > 0 {
		return age, nil
	}
	return 0, fmt.Errorf("%q is not an age such as 12h, 90d, 8w or 1y", text)
}
