package client

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestValues: what a flag takes, and what it says of anything else.
func TestValues(t *testing.T) {
	env := &Env{Getenv: func(string) string { return "" }, command: &Command{Name: "test"}}
	f := env.Flags()
	var age time.Duration
	var size uint64
	var level slog.Level
	f.AgeVar(&age, "age", "12h", "")
	f.SizeVar(&size, "size", "512MiB", "")
	f.LevelVar(&level, "level", "info", "")
	f.String("client-secret", "", "")
	if age != 12*time.Hour || size != 512<<20 || level != slog.LevelInfo {
		t.Errorf("defaults %v, %d, %v", age, size, level)
	}
	set := func(args, want string) {
		t.Helper()
		_, err := f.Parse(strings.Fields(args))
		if got := ""; err != nil {
			if got = err.Error(); want == "" || !strings.Contains(got, want) {
				t.Errorf("%s: %v", args, err)
			}
		} else if want != "" {
			t.Errorf("%s: taken", args)
		}
	}
	set("--age 90d --size 2GiB --level debug --client-secret x", "")
	if age != 90*24*time.Hour || size != 2<<30 || level != slog.LevelDebug {
		t.Errorf("%v, %d, %v", age, size, level)
	}
	if told := f.Values(); told["age"] != "90d" || told["size"] != "2GiB" || told["level"] != "debug" || told["client-secret"] != "(given)" {
		t.Errorf("told %v", told)
	}
	for _, wrong := range []string{"x", "-1h", "1.5d", "d", "99999999999y"} {
		set("--age="+wrong, `--age: cannot read "`+wrong+`": want an age`)
	}
	for _, wrong := range []string{"x", "-1", "1KB", "MiB", "1.5GiB", "99999999999TiB"} {
		set("--size="+wrong, "want a size")
	}
	set("--level=loud", "want debug, info, warn or error")
}
