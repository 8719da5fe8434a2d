package main

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"
)

var small = workload{Seed: 1, Events: 20_000, Until: defaultUntil}

func TestEventsDependOnSeedAndNumberOnly(t *testing.T) {
	forth := small.appendBatch(nil, 0, 100)
	var back []byte
	for n := 99; n >= 0; n-- {
		back = append(small.appendBatch(nil, n, n+1), back...)
	}
	if !bytes.Equal(forth, back) {
		t.Error("events differ with the order in which they are made")
	}
	other := workload{Seed: 2, Events: small.Events, Until: small.Until}
	if bytes.Equal(forth, other.appendBatch(nil, 0, 100)) {
		t.Error("another seed gave the same events")
	}
}

func TestEventsAreUniqueAndInTheSpan(t *testing.T) {
	const extra = 1000
	times, ids, random := map[int64]bool{}, map[string]bool{}, map[uint64]bool{}
	oldest := small.Until.Add(-span - lateMax - small.slot()).UnixMicro()
	for n := range small.Events + extra {
		f := small.facts(n)
		if times[f.micros] || ids[f.eventID()] || random[f.request] || random[f.resource] {
			t.Fatalf("event %d repeats a time or an ID: %+v", n, f)
		}
		times[f.micros], ids[f.eventID()] = true, true
		random[f.request], random[f.resource] = true, true
		if before := f.micros < small.Until.UnixMicro(); before != (n < small.Events) || f.micros < oldest {
			t.Fatalf("event %d at %v is outside of the span", n, time.UnixMicro(f.micros))
		}
	}
}

func TestTimesAreUniqueInALargeWorkload(t *testing.T) {
	w := workload{Seed: 3, Events: 10_000_000, Until: defaultUntil}
	times := map[int64]bool{}
	for n := 4_000_000; n < 4_200_000; n++ {
		f := w.facts(n)
		if times[f.micros] {
			t.Fatalf("event %d repeats a time", n)
		}
		times[f.micros] = true
	}
}

func TestProportions(t *testing.T) {
	var failed, late, keyword, rare, bytes int
	users, projects := map[int]int{}, map[int]bool{}
	modules, ops := map[int]bool{}, map[int]bool{}
	newest := int64(0)
	for n := range small.Events {
		f := small.facts(n)
		users[f.user]++
		projects[f.project], modules[f.module], ops[f.op] = true, true, true
		failed += oneIf(f.failure >= 0)
		late += oneIf(f.micros < newest)
		keyword += oneIf(tags[f.tag] == "settlement")
		rare += oneIf(f.comment == 0)
		bytes += len(f.appendJSON(nil))
		newest = max(newest, f.micros)
	}
	share := func(what string, got int, want, tolerance float64) {
		t.Helper()
		if s := float64(got) / float64(small.Events); math.Abs(s-want) > tolerance {
			t.Errorf("%s: %.4f of the events, want %.4f", what, s, want)
		}
	}
	share("failures", failed, 0.05, 0.005)
	share("late", late, 0.005, 0.002)
	share("keyword", keyword, 0.05, 0.005)
	share("rare comment", rare, 0.001, 0.0008)
	share("busiest user", users[0], 0.05, 0.03)
	if mean := bytes / small.Events; mean < 650 || mean > 690 {
		t.Errorf("mean size is %d bytes, want about 670", mean)
	}
	if len(users) < 2000 || len(projects) != 200 || len(modules) != 9 || len(ops) != 7 {
		t.Errorf("%d users, %d projects, %d modules, %d operations", len(users), len(projects), len(modules), len(ops))
	}
}

func TestEventsAreJSON(t *testing.T) {
	for n := range 2000 {
		f := small.facts(n)
		var e struct {
			ID     string
			Time   time.Time
			Result string
			Error  *struct{ Code, Message string }
		}
		line := f.appendJSON(nil)
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("event %d: %v\n%s", n, err, line)
		}
		if e.ID != f.eventID() || e.Time.UnixMicro() != f.micros || (e.Error != nil) != (e.Result == "failure") {
			t.Fatalf("event %d reads back as %+v", n, e)
		}
	}
}

func BenchmarkFacts(b *testing.B) {
	for n := 0; b.Loop(); n++ {
		_ = small.facts(n % small.Events)
	}
}

func BenchmarkJSON(b *testing.B) {
	buf := make([]byte, 0, 1024)
	for n := 0; b.Loop(); n++ {
		f := small.facts(n % small.Events)
		buf = f.appendJSON(buf[:0])
	}
}
