package httpapi

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
)

// failingEvents are of the last two days: failures of twelve kinds, some of which are new today, failures that say nothing, and successes.
func failingEvents() (events []*engine.Event) {
	r := rand.New(rand.NewPCG(4, 2))
	for i := range 600 {
		e := &engine.Event{ID: fmt.Sprint("x", i), Time: testNow.Add(-time.Duration(r.IntN(48*3600)) * time.Second), Action: "job.run",
			Actor: engine.Actor{Name: fmt.Sprint("user ", r.IntN(9))}, Module: fmt.Sprint("module ", r.IntN(4)), Result: engine.Success}
		if kind := r.IntN(26); kind < 13 {
			if e.Result = engine.Failure; kind > 0 {
				e.Error = &engine.EventError{Code: "E", Message: fmt.Sprintf("%s failed after %d ms", strings.Repeat(string(rune('a'+kind)), 4), i)}
			}
			if kind > 9 {
				e.Time = testNow.Add(-time.Duration(r.IntN(24*3600)) * time.Second)
			}
		}
		events = append(events, e)
	}
	return events
}

// TestExceptions holds the page's numbers against a plain count, and follows a kind to the list.
func TestExceptions(t *testing.T) {
	s := newServer(t, Options{})
	events := failingEvents()
	enginetest.Append(t, s.log, events...)
	w := s.window(t, look{})
	w.open("/exceptions")
	for _, filter := range []string{"", "module=module+2", "q=user:%22user+3%22"} {
		w.open("/exceptions?" + filter)
		got := evaluate[[]string](w, `[...document.querySelectorAll("#kinds tbody tr")].map((tr) => [tr.dataset.group ?? "", tr.querySelector(".k-count .n").innerText,
			...[...tr.querySelectorAll("time")].map((t) => t.innerText), ...[...tr.querySelectorAll(".k-who .n")].map((n) => n.innerText), tr.querySelector(".new") ? "new" : "old"].join(" | "))`)
		if want := plainKinds(events, filter); !slices.Equal(got, want) {
			t.Errorf("%q: rows\n%s\nwant\n%s", filter, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}

	w.open("/exceptions")
	count := w.text("#kinds tbody tr:nth-child(2) .n")
	group := evaluate[string](w, `document.querySelector("#kinds tbody tr:nth-child(2)").dataset.group`)
	w.click("#kinds tbody tr:nth-child(2) .whole")
	w.until(`location.pathname === "/events"`)
	w.idle()
	if got := w.text(".total strong"); got != count+" events" {
		t.Errorf("the list of the kind has %s, the row %s", got, count)
	}
	if address, err := url.QueryUnescape(w.path()); err != nil || !strings.Contains(address, "group="+group) {
		t.Errorf("the list is %s, %v", address, err)
	}
	w.open("/exceptions?group=" + url.QueryEscape(group) + "&group=x")
	if got := w.text("#kinds tbody tr .n"); got != count || w.count("#kinds tbody tr") != 1 {
		t.Errorf("of the kind alone there are %s in %d rows", got, w.count("#kinds tbody tr"))
	}
	w.click("#kinds .above")
	w.until(`location.pathname === "/events"`)
	w.idle()
	if got := w.path(); !strings.Contains(got, "range=all") || !strings.Contains(got, "sort=time") || strings.Contains(got, "group=x") {
		t.Errorf("the first of the kind is looked for in %s", got)
	}
	w.open("/exceptions")
	count = w.text("#kinds tr.unknown .n")
	w.click("#kinds tr.unknown .whole")
	w.until(`location.pathname === "/events"`)
	w.idle()
	if got := w.text(".total strong"); got != count+" events" {
		t.Errorf("the list of those that say nothing has %s, the row %s", got, count)
	}
}

// plainKinds counts by looking at each event; the filter is one of TestExceptions'.
func plainKinds(events []*engine.Event, filter string) (rows []string) {
	kinds, from := map[string][]*engine.Event{}, testNow.Add(-24*time.Hour)
	for _, e := range events {
		if e.Result != engine.Failure || strings.HasPrefix(filter, "module") && e.Module != "module 2" || strings.HasPrefix(filter, "q=user") && e.Actor.Name != "user 3" {
			continue
		}
		kinds[engine.ErrorGroup(e)] = append(kinds[engine.ErrorGroup(e)], e)
	}
	counts := map[string]int{}
	for group, all := range kinds {
		slices.SortFunc(all, func(a, b *engine.Event) int { return a.Time.Compare(b.Time) })
		in := slices.DeleteFunc(slices.Clone(all), func(e *engine.Event) bool { return e.Time.Before(from) })
		if len(in) == 0 {
			continue
		}
		users, modules := map[string]bool{}, map[string]bool{}
		for _, e := range in {
			users[e.Actor.Name], modules[e.Module] = true, true
		}
		age := "old"
		if group != "" && !all[0].Time.Before(from) {
			age = "new"
		}
		row := fmt.Sprintf("%s | %d | %s | %s | %d | %d | %s", group, len(in), all[0].Time.Format(time.DateTime), in[len(in)-1].Time.Format(time.DateTime), len(users), len(modules), age)
		rows, counts[row] = append(rows, row), len(in)
	}
	slices.SortFunc(rows, func(a, b string) int {
		unknownA, unknownB := strings.HasPrefix(a, " |"), strings.HasPrefix(b, " |")
		switch {
		case unknownA != unknownB && unknownA:
			return 1
		case unknownA != unknownB:
			return -1
		case counts[a] != counts[b]:
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	return rows
}

// TestExceptionsOrders: the last one seen first, the newest kind first.
func TestExceptionsOrders(t *testing.T) {
	s := newServer(t, Options{})
	enginetest.Append(t, s.log, failingEvents()...)
	w := s.window(t, look{})
	w.open("/exceptions?range=last-3d")
	for i, column := range map[int]int{2: 2, 3: 1} { // of the orders: which time of a row is in order
		w.click(fmt.Sprintf(".orders a:nth-child(%d)", i))
		w.until(fmt.Sprintf(`document.querySelector(".orders a:nth-child(%d)").getAttribute("aria-current") === "true"`, i))
		times := evaluate[[]string](w, fmt.Sprintf(`[...document.querySelectorAll("#kinds tbody tr:not(.unknown)")].map((tr) => tr.querySelectorAll("time")[%d].innerText)`, column-1))
		slices.Reverse(times)
		if len(times) != 12 || !slices.IsSorted(times) {
			t.Errorf("order %d: %q", i, times)
		}
	}
}

// TestExceptionsLook: hostile errors are text, in both languages and themes; without failures the page says that this is good.
func TestExceptionsLook(t *testing.T) {
	s := newServer(t, Options{})
	w := s.window(t, look{})
	w.open("/exceptions")
	if got := w.text(".empty h2"); !strings.Contains(got, "No failures") {
		t.Errorf("without events: %q", got)
	}
	w.accessible()
	hostile := "<img src=x onerror=alert(1)> \u202eevil\u202c </td><script>alert(2)</script> {{.}}"
	enginetest.Append(t, s.log,
		&engine.Event{ID: "h1", Time: testNow.Add(-time.Hour), Action: "a", Actor: engine.Actor{Name: hostile}, Module: hostile, Result: engine.Failure, Error: &engine.EventError{Message: hostile}},
		&engine.Event{ID: "h2", Time: testNow.Add(-time.Hour), Action: "a", Result: engine.Failure})
	for _, l := range []look{{}, {Dark: true, Lang: "zh-CN"}, {Width: 375, Height: 800, Lang: "zh-CN"}, {Width: 375, Height: 800, Dark: true}} {
		w := s.window(t, l)
		w.open("/exceptions")
		if got := w.texts("#kinds tbody tr .whole bdi"); len(got) != 1 || got[0] != hostile {
			t.Errorf("the error is shown as %q", got)
		}
		if n := w.count("#kinds img, #kinds script"); n > 0 {
			t.Errorf("%d elements out of an error", n)
		}
		if title := w.text(".orders a"); (title == "次数最多") != (l.Lang != "") {
			t.Errorf("%+v: the order is called %q", l, title)
		}
		if wide := evaluate[int64](w, `document.documentElement.scrollWidth`); l.Width > 0 && wide > l.Width {
			t.Errorf("the page is %d wide in a window of %d", wide, l.Width)
		}
		w.accessible()
	}
	w.allow("status of 400")
	w.open("/exceptions?q=colour:red&order=new&module=m")
	if got := w.text("#q-error mark"); got != "colour:red" || w.count(".chip") != 2 {
		t.Errorf("the mistake is at %q, with %d chips", got, w.count(".chip"))
	}
}
