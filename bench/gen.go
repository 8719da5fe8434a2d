package main

import (
	"math"
	"sort"
	"time"
)

// A workload is every event of a run, each computed from its number alone, so that senders in parallel and the
// checker agree without sharing anything.
type workload struct {
	Seed   uint64
	Events int       // spread evenly over span
	Until  time.Time // end of the spread; events numbered Events and above follow it, a millisecond apart
}

// span is how much time a workload's events cover, up to its Until.
const span = 30 * 24 * time.Hour

// Shares of the workload.
const (
	failureShare = 0.05
	lateShare    = 0.005
	rareShare    = 0.001 // each of the rare comments
)

// Bounds of how far an event that arrives late lies before its neighbours.
const (
	lateMin = 2 * time.Minute
	lateMax = 6 * time.Hour
)

// facts are an event before it is written as JSON: numbers that index the word lists of words.go.
// The checker counts facts and never reads JSON; a test holds the two against each other.
type facts struct {
	number            int
	micros            int64 // event time, Unix microseconds; no two events of a workload share one
	late              bool
	user, project     int
	module, op        int
	failure           int // index into failures, or -1
	name, tag, region int
	agent, channel    int
	comment           int // index into comments, or -1
	version, host     int
	request, resource uint64 // unique in the workload
	id                uint64 // random part of the event ID, unique in the workload
}

// facts returns event number n.
func (w workload) facts(n int) facts {
	d := dice(mix(w.Seed) ^ mix(uint64(n)))
	f := facts{
		number:   n,
		late:     d.chance(lateShare) && n < w.Events,
		user:     userTail.pick(d.roll()),
		project:  projectTail.pick(d.roll()),
		module:   moduleTail.pick(d.roll()),
		op:       operationTail.pick(d.roll()),
		failure:  -1,
		name:     d.below(len(firstNames) * len(secondNames)),
		tag:      d.below(len(tags)),
		region:   d.below(len(regions)),
		agent:    d.below(len(agents)),
		channel:  d.below(len(channels)),
		comment:  pickComment(&d),
		version:  1 + d.below(9),
		host:     1 + d.below(3),
		request:  mix(w.Seed + 3*uint64(n)),
		resource: mix(w.Seed + 3*uint64(n) + 1),
		id:       mix(w.Seed + 3*uint64(n) + 2),
	}
	if d.chance(failureShare) {
		f.failure = d.below(len(failures))
	}
	f.micros = w.micros(n, f.late, &d)
	return f
}

// micros places event n in time. The span is cut in one slot per event. An event in order takes an even microsecond of its own
// slot; a late one an odd microsecond of a slot some way back, chosen by the distance, so that two never meet.
func (w workload) micros(n int, late bool, d *dice) int64 {
	if n >= w.Events {
		return w.Until.UnixMicro() + int64(n-w.Events)*1000
	}
	slot := w.slot().Microseconds()
	start := w.Until.Add(-span).UnixMicro() + int64(n)*slot
	if !late {
		return start + 2*int64(d.below(int(slot/2)))
	}
	least := max(1, lateMin.Microseconds()/slot)
	most := min(max(least+1, lateMax.Microseconds()/slot), slot/2)
	back := least + int64(d.below(int(max(1, most-least))))
	return start - back*slot + 2*(back%(slot/2)) + 1
}

// slot is the time between two events that arrive in order, in whole microseconds.
func (w workload) slot() time.Duration {
	return (span / time.Duration(w.Events)).Truncate(time.Microsecond)
}

// dice is a small random source (splitmix64) that is cheap to start afresh for every event.
type dice uint64

func (d *dice) roll() uint64 {
	*d += 0x9e3779b97f4a7c15
	return mix(uint64(*d))
}

func (d *dice) below(n int) int {
	return int((d.roll() >> 32) * uint64(n) >> 32)
}

func (d *dice) chance(share float64) bool {
	return float64(d.roll()>>11) < share*(1<<53)
}

// mix is splitmix64's finisher: a permutation of the 64-bit numbers, so different inputs stay different.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// A tail picks numbers from 0 with falling probability.
type tail []uint64 // rising upper bounds

// zipf returns a tail of n numbers where the k-th is picked in proportion to 1/k^s.
func zipf(n int, s float64) tail {
	sum := 0.0
	for k := range n {
		sum += math.Pow(float64(k+1), -s)
	}
	t := make(tail, n)
	run := 0.0
	for k := range n {
		run += math.Pow(float64(k+1), -s)
		t[k] = uint64(run / sum * (1 << 63))
	}
	t[n-1] = 1 << 63
	return t
}

func (t tail) pick(roll uint64) int {
	roll >>= 1
	return sort.Search(len(t), func(k int) bool { return roll < t[k] })
}

var (
	userTail      = zipf(users, 0.8)
	projectTail   = zipf(projects, 0.6)
	moduleTail    = zipf(len(modules), 0.5)
	operationTail = zipf(len(operations), 0.5)
)

// pickComment gives each rare comment its share; of the other events every second has a common one.
func pickComment(d *dice) int {
	for k := range rareComments {
		if d.chance(rareShare) {
			return k
		}
	}
	if d.chance(0.5) {
		return -1
	}
	return rareComments + d.below(len(comments)-rareComments)
}
