package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTheRealBinaryAnswersRight(t *testing.T) {
	var table, notes strings.Builder
	dir := t.TempDir()
	args := []string{"--events", "2000", "--runs", "2", "--dir", filepath.Join(dir, "run"), "--json", filepath.Join(dir, "result.json")}
	if err := start(t.Context(), args, &table, &notes); err != nil {
		t.Fatalf("%v\n%s\n%s", err, notes.String(), table.String())
	}
	for _, what := range []string{"ingest burst", "rare ID", "facets", "start after clean stop", "all found"} {
		if !strings.Contains(table.String(), what) {
			t.Errorf("the table has no %q:\n%s", what, table.String())
		}
	}
}

func TestFlagsAreChecked(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		if _, err := parseFlags(args, new(strings.Builder)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gave %v, want %q", args, err, want)
		}
	}
	f("--dir is required")
	f("--events 10", "--dir", "x", "--events", "10")
	f("--only dance", "--dir", "x", "--only", "burst,dance")
	f("--runs 0", "--dir", "x", "--runs", "0")
	f(`argument "y"`, "--dir", "x", "y")
}
