package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// newReport returns an empty report that says what machine, command, date and commit it is of.
func newReport(ctx context.Context, o options) *report {
	return &report{
		Machine:  orUnknown(valueOf("/proc/cpuinfo", "model name")),
		Cores:    runtime.NumCPU(),
		MemoryGB: memoryGB(),
		System:   runtime.GOOS + "/" + runtime.GOARCH + " " + firstLine("/proc/sys/kernel/osrelease"),
		Go:       runtime.Version(),
		Load:     loadAverage(),
		Command:  o.command(),
		Date:     time.Now().UTC().Format(time.RFC3339),
		Commit:   commit(ctx),
		Events:   o.events,
		Seed:     o.seed,
		Wrong:    []string{},
	}
}

// commit names the checked-out commit, and says when files differ from it.
func commit(ctx context.Context) string {
	id, err := exec.CommandContext(ctx, "git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(id))
	if changed, err := exec.CommandContext(ctx, "git", "status", "--porcelain").Output(); err != nil || len(changed) > 0 {
		name += " and changes"
	}
	return name
}

func memoryGB() int {
	kib, err := strconv.Atoi(strings.TrimSuffix(valueOf("/proc/meminfo", "MemTotal"), " kB"))
	if err != nil {
		return 0
	}
	return (kib + 1<<19) >> 20
}

// loadAverage returns how many processes wanted a core in the last minute.
func loadAverage() string {
	load, _, _ := strings.Cut(firstLine("/proc/loadavg"), " ")
	if load == "" {
		return "unknown"
	}
	return load
}

// valueOf returns the value of the first "name: value" line of a file, or nothing.
func valueOf(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstLine(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown machine"
	}
	return s
}
