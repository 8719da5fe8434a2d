package enginetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"annals/engine"
)

// Check holds every kind of answer to q against the model's.
func (m *Model) Check(t testing.TB, l *engine.Log, q engine.Query) {
	t.Helper()
	want := m.Find(q)
	m.checkPages(t, l, q, want)
	m.checkEach(t, l, q)
	checkHistogram(t, l, q, want)
	checkFacets(t, l, q, want)
}

// checkPages walks the whole answer by cursor, and looks at some pages by number.
func (m *Model) checkPages(t testing.TB, l *engine.Log, q engine.Query, want []*engine.Event) {
	t.Helper()
	if len(want) > 40*q.Limit {
		q.Limit = 1 + len(want)/40
	}
	var got []*engine.Event
	for page := q; ; {
		r := Search(t, l, page)
		if r.Total != uint64(len(want)) {
			t.Fatalf("%s: total is %d, want %d", describe(q), r.Total, len(want))
		}
		got = append(got, r.Events...)
		if page.Cursor = r.Next; r.Next == "" {
			break
		}
		if len(r.Events) != q.Limit {
			t.Fatalf("%s: a page that is not the last has %d events", describe(q), len(r.Events))
		}
	}
	sameEvents(t, q, got, want)
	for _, n := range []int{1, 2, 1 + len(want)/q.Limit, 2 + len(want)/q.Limit} {
		page := q
		page.Page = n
		from := min(len(want), (n-1)*q.Limit)
		sameEvents(t, page, Search(t, l, page).Events, want[from:min(len(want), from+q.Limit)])
	}
}

func (m *Model) checkEach(t testing.TB, l *engine.Log, q engine.Query) {
	t.Helper()
	q.Sort = ""
	want := m.Find(q)
	var got []*engine.Event
	var total uint64
	start := func(n uint64) error { total = n; return nil }
	err := l.Each(context.Background(), q, start, func(e *engine.Event) error { got = append(got, e); return nil })
	if err != nil || total != uint64(len(want)) {
		t.Fatalf("each of %s: %d events, want %d; %v", describe(q), total, len(want), err)
	}
	sameEvents(t, q, got, want)
}

func checkHistogram(t testing.TB, l *engine.Log, q engine.Query, want []*engine.Event) {
	t.Helper()
	n := 1 + len(want)%70
	buckets, total, err := l.Histogram(context.Background(), q, n)
	if err != nil || total != uint64(len(want)) {
		t.Fatalf("histogram of %s: total %d, want %d; %v", describe(q), total, len(want), err)
	}
	if len(buckets) != 0 && len(buckets) != n || len(buckets) == 0 && len(want) > 0 {
		t.Fatalf("histogram of %s: %d buckets, want %d", describe(q), len(buckets), n)
	}
	var sum uint64
	for i, b := range buckets {
		if i > 0 && !b.Start.Equal(buckets[i-1].End) {
			t.Fatalf("histogram of %s: bucket %d does not begin where the one before ends", describe(q), i)
		}
		var count, failures uint64
		for _, e := range want {
			if !e.Time.Before(b.Start) && e.Time.Before(b.End) {
				count++
				if e.Result == engine.Failure {
					failures++
				}
			}
		}
		if b.Count != count || b.Failures != failures {
			t.Fatalf("histogram of %s: bucket %v to %v has %d events and %d failures, want %d and %d",
				describe(q), b.Start, b.End, b.Count, b.Failures, count, failures)
		}
		sum += b.Count
	}
	if sum != total {
		t.Fatalf("histogram of %s: the buckets hold %d of %d events", describe(q), sum, total)
	}
}

func checkFacets(t testing.TB, l *engine.Log, q engine.Query, want []*engine.Event) {
	t.Helper()
	limit := 1 + len(want)%12
	facets, total, err := l.Facets(context.Background(), q, engine.Columns, limit)
	if err != nil || total != uint64(len(want)) {
		t.Fatalf("facets of %s: total %d, want %d; %v", describe(q), total, len(want), err)
	}
	for _, c := range engine.Columns {
		if w := facet(want, c, limit); !slices.Equal(facets[c], w) {
			t.Fatalf("facet %s of %s:\ngot  %v\nwant %v", c, describe(q), facets[c], w)
		}
	}
}

// Search returns one page or fails the test.
func Search(t testing.TB, l *engine.Log, q engine.Query) *engine.Result {
	t.Helper()
	r, err := l.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("search %s: %v", describe(q), err)
	}
	return r
}

// sameEvents compares events byte by byte, order included.
func sameEvents(t testing.TB, q engine.Query, got, want []*engine.Event) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d events, want %d", describe(q), len(got), len(want))
	}
	for i := range got {
		if g, w := string(got[i].AppendJSON(nil)), string(want[i].AppendJSON(nil)); g != w {
			t.Fatalf("%s: place %d of %d:\ngot  %.500s\nwant %.500s", describe(q), i, len(want), g, w)
		}
	}
}

func describe(q engine.Query) string {
	text := "(" + engine.FormatQuery(q.Where) + ") in " + q.From.Format(time.RFC3339Nano) + "/" + q.To.Format(time.RFC3339Nano) + " by " + q.Sort
	if q.Desc {
		text += " desc"
	}
	return text
}
