package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const memoryInterval = 50 * time.Millisecond

// usage is a process's resident memory in bytes. Mapped files are cache that the kernel can take back at any time.
type usage struct{ Total, Anonymous, Files int64 }

// A sampler reads a process's resident memory all the time and keeps the samples by what was going on.
type sampler struct {
	pid  int
	done chan struct{}
	gone sync.WaitGroup

	mu      sync.Mutex
	during  string
	samples map[string][]usage
}

func watchMemory(pid int) *sampler {
	s := &sampler{pid: pid, done: make(chan struct{}), samples: map[string][]usage{}}
	s.gone.Go(s.run)
	return s
}

func (s *sampler) run() {
	tick := time.NewTicker(memoryInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
		}
		now, err := memoryOf(s.pid)
		if err != nil {
			continue // the process is gone, or this system has no /proc
		}
		s.mu.Lock()
		s.samples[s.during] = append(s.samples[s.during], now)
		s.mu.Unlock()
	}
}

// label names what is going on from now on.
func (s *sampler) label(during string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.during = during
}

// spread returns the median and the most of each figure during what was labelled; ok is false when there was no sample.
func (s *sampler) spread(during string) (median, most usage, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.samples[during]
	if len(all) == 0 {
		return median, most, false
	}
	figure := func(of func(usage) int64) (int64, int64) {
		values := make([]int64, len(all))
		for k, u := range all {
			values[k] = of(u)
		}
		slices.Sort(values)
		return values[len(values)/2], values[len(values)-1]
	}
	median.Total, most.Total = figure(func(u usage) int64 { return u.Total })
	median.Anonymous, most.Anonymous = figure(func(u usage) int64 { return u.Anonymous })
	median.Files, most.Files = figure(func(u usage) int64 { return u.Files })
	return median, most, true
}

func (s *sampler) stop() {
	close(s.done)
	s.gone.Wait()
}

// memoryOf reads a process's resident memory from Linux's /proc.
func memoryOf(pid int) (usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, fmt.Errorf("read memory of process: %w", err)
	}
	return parseStatus(string(text))
}

func parseStatus(text string) (usage, error) {
	var u usage
	found := 0
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		into := map[string]*int64{"VmRSS": &u.Total, "RssAnon": &u.Anonymous, "RssFile": &u.Files}[name]
		if into == nil {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return usage{}, fmt.Errorf("read %s: %w", name, err)
		}
		*into = kib << 10
		found++
	}
	if found != 3 {
		return usage{}, fmt.Errorf("find 3 memory figures, have %d", found)
	}
	return u, nil
}
