package main

import (
	"cmp"
	"slices"
	"time"
)

// A model holds the right answers, counted from the generator in one plain pass. It shares no code with the engine or the index.
type model struct {
	load   workload
	events int // in the log

	total    map[string]int // by question name
	failures int
	page     map[string][]int // first page by question name: event numbers

	histogramTotal int
	histogram      [histogramBuckets]bucketCount

	facets map[string][]facetCount // by column, limited and in order

	deep      question // what is paged through
	deepPages int
	deepOrder []int // event numbers of all its pages

	exportFrom   time.Time
	exportRows   int
	workbookFrom time.Time
	workbookRows int
}

type bucketCount struct{ Count, Failures int }

type facetCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

const (
	histogramBuckets = 60
	facetLimit       = 10
	deepestPage      = 1000
	exportMost       = 1_000_000
	workbookMost     = 200_000
)

// newModel counts the first events of load.
func newModel(load workload, events int) *model {
	m := &model{load: load, events: events, total: map[string]int{}, page: map[string][]int{}, facets: map[string][]facetCount{}}
	m.exportFrom, m.workbookFrom = startOfNewest(load, events, exportMost), startOfNewest(load, events, workbookMost)
	firsts := make([]*leaders, len(questions))
	for k, q := range questions {
		firsts[k] = newLeaders(pageSize, q.sort != "")
	}
	deepKeyword, deepAll := newLeaders(deepestPage*pageSize, false), newLeaders(deepestPage*pageSize, false)
	byValue := make([]map[string]int, len(facetColumns))
	for k := range byValue {
		byValue[k] = map[string]int{}
	}
	for n := range events {
		f := load.facts(n)
		for k, q := range questions {
			if q.match(&f) {
				m.total[q.name]++
				firsts[k].add(&f)
			}
		}
		m.failures += oneIf(f.failure >= 0)
		m.exportRows += oneIf(f.micros >= m.exportFrom.UnixMicro())
		m.workbookRows += oneIf(f.micros >= m.workbookFrom.UnixMicro())
		deepAll.add(&f)
		if hasKeyword(&f) {
			deepKeyword.add(&f)
			m.countBucket(&f)
			for k, c := range facetColumns {
				byValue[k][c.value(&f)]++
			}
		}
	}
	for k, q := range questions {
		m.page[q.name] = firsts[k].numbers()
	}
	for k, c := range facetColumns {
		m.facets[c.column] = topValues(byValue[k])
	}
	m.chooseDeep(deepKeyword, deepAll)
	return m
}

// startOfNewest returns a time from which on there are about so many events, or all.
func startOfNewest(load workload, events, most int) time.Time {
	if events <= most {
		return load.Until.Add(-span - lateMax - load.slot())
	}
	return load.Until.Add(-load.slot() * time.Duration(most))
}

// countBucket counts an event into the histogram of the workload's span.
func (m *model) countBucket(f *facts) {
	start := m.load.Until.Add(-span).UnixMicro()
	if f.micros < start || f.micros >= m.load.Until.UnixMicro() {
		return
	}
	b := &m.histogram[(f.micros-start)/(span/histogramBuckets).Microseconds()]
	b.Count++
	b.Failures += oneIf(f.failure >= 0)
	m.histogramTotal++
}

// chooseDeep pages through the keyword where it has a thousand pages, else through all events, as far as they go.
func (m *model) chooseDeep(withKeyword, all *leaders) {
	m.deep, m.deepOrder = questions[0], all.numbers()
	if order := withKeyword.numbers(); len(order) == deepestPage*pageSize {
		m.deep, m.deepOrder = questions[1], order
	}
	m.deepPages = (len(m.deepOrder) + pageSize - 1) / pageSize
}

// topValues lists the most frequent values, equal counts by value.
func topValues(counts map[string]int) []facetCount {
	all := make([]facetCount, 0, len(counts))
	for v, n := range counts {
		all = append(all, facetCount{v, n})
	}
	slices.SortFunc(all, func(a, b facetCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return all[:min(len(all), facetLimit)]
}

// leaders keeps the first most events in an order: newest first, or by user and then newest first.
type leaders struct {
	most   int
	byUser bool
	hits   []hit // sorted when full; up to twice most
	full   bool  // hits[:most] are sorted and a hit behind its last does not count
}

type hit struct {
	micros       int64
	number, user int
}

func newLeaders(most int, byUser bool) *leaders { return &leaders{most: most, byUser: byUser} }

func (l *leaders) add(f *facts) {
	h := hit{f.micros, f.number, f.user}
	if l.full && l.order(h, l.hits[l.most-1]) > 0 {
		return
	}
	l.hits = append(l.hits, h)
	if len(l.hits) == 2*l.most {
		l.trim()
		l.full = true
	}
}

func (l *leaders) trim() {
	slices.SortFunc(l.hits, l.order)
	l.hits = l.hits[:min(len(l.hits), l.most)]
}

func (l *leaders) order(a, b hit) int {
	if l.byUser && a.user != b.user {
		return cmp.Compare(names[a.user], names[b.user])
	}
	return cmp.Compare(b.micros, a.micros)
}

// numbers returns the leading events in order.
func (l *leaders) numbers() []int {
	l.trim()
	all := make([]int, len(l.hits))
	for k, h := range l.hits {
		all[k] = h.number
	}
	return all
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
