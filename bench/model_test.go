package main

import (
	"slices"
	"sort"
	"testing"
	"time"
)

func TestModelAgreesWithAPlainRecount(t *testing.T) {
	const extra = 500
	m := newModel(small, small.Events+extra)
	all := readEvents(small.appendBatch(nil, 0, small.Events+extra))
	for _, q := range questions {
		found := ask(all, q.q)
		if m.total[q.name] != len(found) {
			t.Errorf("%s: model counts %d, the events %d", q.name, m.total[q.name], len(found))
		}
		if q.sort != "" {
			sort.SliceStable(found, func(a, b int) bool { return found[a].Actor.Name < found[b].Actor.Name })
		}
		if got, want := idsOf(small, m.page[q.name]), firstIDs(found, pageSize); !slices.Equal(got, want) {
			t.Errorf("%s: model's page is\n%v, the events give\n%v", q.name, got, want)
		}
	}
	if got, want := idsOf(small, m.deepOrder), firstIDs(ask(all, m.deep.q), 50_000); !slices.Equal(got, want) || m.deepPages != 410 {
		t.Errorf("model's %d deep pages differ from the events", m.deepPages)
	}
	checkFacets(t, m, all)
	checkHistogram(t, m, all)
	if m.exportRows != len(all) {
		t.Errorf("model exports %d rows of %d", m.exportRows, len(all))
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
	start, total, found := small.Until.Add(-span), 0, ask(all, keyword)
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

func TestExportOfALargeWorkloadIsAMillionRows(t *testing.T) {
	w := workload{Seed: 1, Events: 1_100_000, Until: defaultUntil}
	if rows := newModel(w, w.Events).exportRows; rows < 990_000 || rows > exportMost {
		t.Errorf("export has %d rows", rows)
	}
}

func firstIDs(found []plainEvent, most int) []string {
	ids := make([]string, min(len(found), most))
	for k := range ids {
		ids[k] = found[k].ID
	}
	return ids
}
