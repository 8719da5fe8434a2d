package httpapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
)

// tailed makes n events, each newer than those before.
func tailed(from, n int) []*engine.Event {
	events := make([]*engine.Event, n)
	for i := range events {
		events[i] = &engine.Event{ID: fmt.Sprint("t", from+i), Time: testNow.Add(time.Duration(from+i-100_000) * time.Millisecond), Action: "job.run",
			Actor: engine.Actor{ID: "u-1", Name: "amy"}, Module: fmt.Sprint("m", (from+i)%2), Result: engine.Success, Operation: "edit"}
	}
	return events
}

// tailIDs are the events on the page, the newest first.
func (w *window) tailIDs() []string {
	w.t.Helper()
	return evaluate[[]string](w, `[...document.querySelectorAll("#tail-rows tr")].map((tr) => tr.dataset.id)`)
}

// following waits until the page follows.
func (w *window) following() {
	w.t.Helper()
	w.until(`document.querySelector("#tail")?.dataset.state === "following"`)
}

// ids are those of tailed from..to, the newest first.
func ids(from, to int) (all []string) {
	for i := to - 1; i >= from; i-- {
		all = append(all, fmt.Sprint("t", i))
	}
	return all
}

// TestTailPage: it begins with what there is, adds what comes, holds it back while it is paused, and another filter follows something else.
func TestTailPage(t *testing.T) {
	s := newServer(t, Options{})
	enginetest.Append(t, s.log, tailed(0, 60)...)
	w := s.window(t, look{})
	w.open("/tail?range=custom&from=never") // a period is nothing to a tail
	w.following()
	if got := w.tailIDs(); !slices.Equal(got, ids(10, 60)) {
		t.Fatalf("it begins with %q", got)
	}
	enginetest.Append(t, s.log, tailed(60, 3)...)
	w.until(`document.querySelectorAll("#tail-rows tr").length === 53`)
	if got := w.tailIDs(); !slices.Equal(got, ids(10, 63)) {
		t.Errorf("then it has %q", got)
	}
	if first, second := w.text("#tail-rows tr:nth-child(1)"), w.text("#tail-rows tr:nth-child(4)"); shape(first) != shape(second) {
		t.Errorf("a row that came is %q, one of the server's is %q", first, second)
	}

	w.press("p")
	enginetest.Append(t, s.log, tailed(63, 2)...)
	w.until(`document.querySelector("#tail-new").innerText === "2 new events"`)
	if got := w.count("#tail-rows tr"); got != 53 || w.text("#tail-pause") != "Resume" {
		t.Errorf("%d rows while it is paused", got)
	}
	w.click("#tail-new")
	w.until(`document.querySelectorAll("#tail-rows tr").length === 55`)
	enginetest.Append(t, s.log, tailed(65, 1)...)
	w.until(`document.querySelector("#tail-new").innerText === "1 new event"`)
	w.click("#tail-pause")
	w.until(`document.querySelectorAll("#tail-rows tr").length === 56`)
	if got := w.tailIDs(); !slices.Equal(got, ids(10, 66)) {
		t.Errorf("after the pause it has %q", got)
	}
	w.click("#tail-clear")
	if got := w.count("#tail-rows tr"); got != 0 {
		t.Errorf("%d rows after clearing", got)
	}

	w.open("/tail")
	w.following()
	w.typeIn("#q", "module:m1\r")
	w.until(`location.search.includes("module%3Am1") && document.querySelector("#tail").dataset.stream.includes("module%3Am1")`)
	w.following()
	enginetest.Append(t, s.log, tailed(66, 4)...)
	w.until(`document.querySelector("#tail-rows tr")?.dataset.id === "t69"`)
	if got := w.tailIDs(); slices.ContainsFunc(got, func(id string) bool { return (id[len(id)-1]-'0')%2 == 0 }) || got[0] != "t69" || got[1] != "t67" {
		t.Errorf("of m1 it has %q", got)
	}

	w.click("#tail-rows tr a")
	w.until(`location.pathname === "/events"`)
	w.idle()
	if got := w.text("#drawer"); !strings.Contains(got, "t69") {
		t.Errorf("the row leads to %q", got)
	}
}

// shape is a row without what differs between two events.
func shape(row string) string {
	return strings.NewReplacer("m0", "m", "m1", "m").Replace(row[len("2026-11-23 11:58:20"):])
}

// TestTailReader: what is read stays where it is, whatever comes, until the reader wants the rest.
func TestTailReader(t *testing.T) {
	s := newServer(t, Options{})
	enginetest.Append(t, s.log, tailed(0, 60)...)
	w := s.window(t, look{})
	w.open("/tail")
	w.following()
	evaluate[bool](w, `(scrollTo(0, 500), true)`)
	w.until(`scrollY === 500`)
	place := `document.querySelector("#tail-rows tr:nth-child(20)").dataset.id + " " + document.querySelector("#tail-rows tr:nth-child(20)").getBoundingClientRect().top`
	before := evaluate[string](w, place)
	enginetest.Append(t, s.log, tailed(60, 37)...)
	w.until(`document.querySelector("#tail-new").innerText === "37 new events"`)
	if after := evaluate[string](w, place); after != before || evaluate[int](w, "scrollY") != 500 {
		t.Errorf("what was at %s is at %s", before, after)
	}
	w.click("#tail-new")
	w.until(`document.querySelectorAll("#tail-rows tr").length === 87`)
	if got := evaluate[string](w, `scrollY + " " + document.querySelector("#tail-rows .seen").dataset.id + " " + document.querySelector("#tail-new").hidden`); got != "0 t59 true" {
		t.Errorf("then it is at %s", got)
	}
	// Back at the top, the rest comes by itself.
	evaluate[bool](w, `(scrollTo(0, 500), true)`)
	w.until(`scrollY === 500`)
	enginetest.Append(t, s.log, tailed(97, 2)...)
	w.until(`document.querySelector("#tail-new").innerText === "2 new events"`)
	evaluate[bool](w, `(scrollTo(0, 0), true)`)
	w.until(`document.querySelectorAll("#tail-rows tr").length === 89`)
}

// TestTailReconnects: connections are cut while events come; each event is on the page once.
func TestTailReconnects(t *testing.T) {
	s := newServer(t, Options{})
	enginetest.Append(t, s.log, tailed(0, 5)...)
	w := s.window(t, look{})
	w.allow("net::ERR")
	w.open("/tail")
	n := 5
	for range 3 {
		w.following()
		for range 4 {
			enginetest.Append(t, s.log, tailed(n, 25)...)
			n += 25
		}
		s.CloseClientConnections()
		w.until(`document.querySelector("#tail").dataset.state !== "following"`)
		if got := w.text("#tail-state"); !strings.Contains(got, "onnect") {
			t.Errorf("the state is %q", got)
		}
		enginetest.Append(t, s.log, tailed(n, 25)...)
		n += 25
	}
	w.until(fmt.Sprintf(`document.querySelectorAll("#tail-rows tr").length >= %d`, n))
	if got := w.tailIDs(); !slices.Equal(got, ids(0, n)) {
		t.Errorf("%d events are on the page as %q", n, got)
	}
}

// TestTailKeepsUp: of more events than a page can have, the newest are on it, and the others are counted.
func TestTailKeepsUp(t *testing.T) {
	s := newServer(t, Options{})
	w := s.window(t, look{})
	w.open("/tail")
	w.following()
	if got := w.text(".tail-none"); !strings.Contains(got, "No events yet") {
		t.Errorf("without events it says %q", got)
	}
	const n = 6000
	for from := 0; from < n; from += 500 {
		enginetest.Append(t, s.log, tailed(from, 500)...)
	}
	w.until(fmt.Sprintf(`document.querySelector("#tail-rows tr")?.dataset.id === "t%d"`, n-1))
	rows := w.tailIDs()
	if len(rows) > 1000 || w.text("#tail-left span") != fmt.Sprintf("%d,%03d events are not shown here any more.", (n-len(rows))/1000, (n-len(rows))%1000) {
		t.Errorf("%d rows, and %q", len(rows), w.text("#tail-left"))
	}
	slices.Sort(rows)
	if len(slices.Compact(rows)) != len(rows) {
		t.Error("some events are there twice")
	}
}

// TestTailAfterMistake: a query that was wrong at first is followed once it is mended, without loading the page again.
func TestTailAfterMistake(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{})
	w.allow("status of 400")
	w.open("/tail?q=colour:red")
	w.until(`!!document.querySelector("#q-error mark")`)
	w.clear("#q")
	w.typeIn("#q", "orders\r")
	w.following()
}

// TestTailSessionOver: a token that is revoked ends the tail, and the page says how to go on.
func TestTailSessionOver(t *testing.T) {
	s := newServer(t, Options{Heartbeat: 5 * time.Millisecond})
	root := auth.Caller{Tenants: engine.Tenants{All: true}}
	token, text, err := s.api.access.Make(root, auth.Wish{Name: "w", Grants: []auth.Grant{{Role: "reader", All: true}}})
	if err != nil {
		t.Fatal(err)
	}
	s.token = text
	w := s.window(t, look{})
	w.allow("status of 401")
	w.open("/tail")
	w.following()
	if _, err := s.api.access.Revoke(root, token.ID); err != nil {
		t.Fatal(err)
	}
	w.until(`document.querySelector("#tail").dataset.state === "session"`)
	if got := w.text(".tail-state"); !strings.Contains(got, "Your session is over.") || !strings.Contains(got, "Sign in") {
		t.Errorf("it says %q", got)
	}
}

// TestTailLook: hostile events are text, whether the server or the script has made the row, in both languages and themes.
func TestTailLook(t *testing.T) {
	s := newServer(t, Options{})
	hostile := "<img src=x onerror=alert(1)> \u202eevil\u202c </td><script>alert(2)</script> {n}"
	event := func(id string) *engine.Event {
		return &engine.Event{ID: id + `"><b>&event=t0`, Time: testNow, Action: hostile, Actor: engine.Actor{Name: hostile, ID: hostile}, Module: hostile, Result: engine.Failure,
			Error: &engine.EventError{Message: hostile}, Source: engine.Source{IP: hostile}, Details: []byte(`{"x":"` + strings.Repeat("y", 200_000) + `"}`)}
	}
	enginetest.Append(t, s.log, event("a"))
	for i, l := range []look{{}, {Dark: true, Lang: "zh-CN"}, {Width: 375, Height: 800, Lang: "zh-CN"}, {Width: 375, Height: 800, Dark: true}} {
		w := s.window(t, l)
		w.open("/tail")
		w.following()
		enginetest.Append(t, s.log, event(fmt.Sprint("b", i)))
		w.until(fmt.Sprintf(`document.querySelectorAll("#tail-rows tr").length === %d`, i+2))
		for _, row := range []string{"#tail-rows tr:first-child ", "#tail-rows tr:last-child "} {
			for _, cell := range []string{".c-user .names > bdi", ".c-module bdi", ".c-event .event > bdi", ".c-event small bdi", ".c-ip bdi"} {
				if got := evaluate[string](w, fmt.Sprintf(`document.querySelector(%q).textContent`, row+cell)); got != hostile {
					t.Errorf("%s shows %q", row+cell, got)
				}
			}
		}
		if n := w.count("#tail-rows img, #tail-rows script, #tail-rows b"); n > 0 {
			t.Errorf("%d elements out of events", n)
		}
		if got := evaluate[string](w, `new URL(document.querySelector("#tail-rows tr a").href).searchParams.get("event")`); got != fmt.Sprintf(`b%d"><b>&event=t0`, i) {
			t.Errorf("the row leads to %q", got)
		}
		if got := w.text("#tail-state"); (got == "实时跟踪中") != (l.Lang != "") {
			t.Errorf("%+v: the state is %q", l, got)
		}
		if wide := evaluate[int64](w, `document.documentElement.scrollWidth`); l.Width > 0 && wide > l.Width {
			t.Errorf("the page is %d wide in a window of %d", wide, l.Width)
		}
		w.accessible()
	}
}
