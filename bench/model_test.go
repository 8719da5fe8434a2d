package main

import (
	"slices"
	"sort"
	"testing"
	"time"
)

func TestModelAgreesWithAPlainRecount(t *testing.T) {
	const extra = 100
	load := workload{Seed: 1, Events: 4000, Until: defaultUntil}
	m := newModel(load, load.Events+extra)
	all := readEvents(load.appendBatch(nil, 0, load.Events+extra))
	for _, q := range questions {
		found := ask(all, q.q)
		if m.total[q.name] != len(found) {
			t.Errorf("%s: model counts %d, the events %d", q.name, m.total[q.name], len(found))
		}
		if q.sort != "" {
			sort.SliceStable(found, func(a, b int) bool { return found[a].Actor.Name < found[b].Actor.Name })
		}
		if got, want := idsOf(load, m.page[q.name]), firstIDs(found, pageSize); !slices.Equal(got, want) {
			t.Errorf("%s: model's page is\n%v, the events give\n%v", q.name, got, want)
		}
	}
	if got, want := idsOf(load, m.deepOrder), firstIDs(ask(all, m.deep.q), 50_000); !slices.Equal(got, want) || m.deepPages != 82 {
		t.Errorf("model's %d deep pages differ from the events", m.deepPages)
	}
	checkFacets(t, m, all)
	checkHistogram(t, m, all)
	if m.exportRows != len(all) || m.workbookRows != len(all) {
		t.Errorf("model exports %d and %d rows of %d", m.exportRows, m.workbookRows, len(all))
	}
}

func checkFacets(t *testing.T, m *model, all []plainEvent) {
	found := ask(all, keyword)
	for column, value := range plainColumns {
		if got, want := m.facets[column], plainFacet(found, value); !slices.Equal(got, want) {
			t.Errorf("facet %s: model counts\n%v, the events give\n%v", column, got, want)
		}
	}
}

func checkHistogram(t *testing.T, m *model, all []plainEvent) {
	start, total, found := m.load.Until.Add(-span), 0, ask(all, keyword)
	for k, got := range m.histogram {
		var want bucketCount
		for _, e := range found {
			if from := start.Add(time.Duration(k) * 12 * time.Hour); !e.Time.Before(from) && e.Time.Before(from.Add(12*time.Hour)) {
				want.Count++
				want.Failures += oneIf(e.Result == "failure")
			}
		}
		total += want.Count
		if got != want {
			t.Errorf("bucket %d: model counts %v, the events give %v", k, got, want)
		}
	}
	if m.histogramTotal != total {
		t.Errorf("histogram total is %d, the events give %d", m.histogramTotal, total)
	}
}

func TestEveryQuestionHitsItsShare(t *testing.T) {
	m := newModel(small, small.Events)
	want := map[string]float64{"newest page": 1, "one keyword": 0.05, "two keywords": 0.00625, "three filters + keyword": 0.0025,
		"phrase": 0.001, "phrase in errors": 0.00625, "prefix": 0.05, "nothing found": 0, "keyword, sorted by user": 0.05}
	for _, q := range questions {
		if got := float64(m.total[q.name]) / float64(small.Events); got < want[q.name]*0.6 || got > want[q.name]*1.4 {
			t.Errorf("%s hits %.4f of the events, want about %.4f", q.name, got, want[q.name])
		}
	}
}

func TestExportOfALargeWorkloadIsItsNewestPart(t *testing.T) {
	from, rows := startOfNewest(small, small.Events, 5000).UnixMicro(), 0
	for n := range small.Events {
		f := small.facts(n)
		rows += oneIf(f.micros >= from)
	}
	if rows < 4900 || rows > 5000 {
		t.Errorf("%d events are in the part of 5,000", rows)
	}
}

func firstIDs(found []plainEvent, most int) []string {
	ids := make([]string, min(len(found), most))
	for k := range ids {
		ids[k] = found[k].ID
	}
	return ids
}
