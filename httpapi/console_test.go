package httpapi

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/go-json-experiment/json"

	"annals/engine"
)

// consoleServer has 45 events of the last day and five of a week before, of three people in two projects and three modules.
func consoleServer(t *testing.T) *server {
	t.Helper()
	s := newServer(t, Options{})
	people := []engine.Actor{{ID: "u-1", Name: "amy", Email: "amy.smith@a.test"}, {ID: "u-2", Name: "bob", Email: "bob@a.test"}, {ID: "u-3", Name: "王小明", Email: "ming@a.test"}}
	modules := []string{"API management", "Connection management", "App integration"}
	operations := []string{"create", "edit", "delete", "publish", "login"}
	var events []*engine.Event
	for i := range 50 {
		e := &engine.Event{ID: fmt.Sprintf("e-%02d", i), Time: testNow.Add(-time.Duration(i)*25*time.Minute - time.Minute), Actor: people[i%3], Module: modules[i%3],
			Project: engine.Ref{ID: fmt.Sprintf("p-%d", i%2), Name: []string{"shop", "支付"}[i%2]}, Operation: operations[i%5],
			Result: "success", Description: fmt.Sprintf("API service{orders %d} changed", i), Resources: []engine.Resource{{Type: "API", ID: fmt.Sprintf("r-%d", i%7), Name: "orders"}},
			Source:  engine.Source{IP: fmt.Sprintf("10.0.0.%d", i%4), UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", Channel: "console"},
			Details: []byte(fmt.Sprintf(`{"request_id":"req-%d","protocol":"https","tags":["x","y%d"],"nested":{"deep":{"Version":%d}}}`, i/3, i, i))}
		e.Action = "API service." + e.Operation
		if i%5 == 2 {
			e.Result, e.Error = "failure", &engine.EventError{Code: "409", Message: fmt.Sprintf("name orders-%d is taken", i)}
		}
		if i >= 45 {
			e.Time = e.Time.Add(-7 * 24 * time.Hour)
		}
		events = append(events, e)
	}
	s.take(t, events...)
	return s
}

// take appends events that must all go in.
func (s *server) take(t *testing.T, events ...*engine.Event) {
	t.Helper()
	for _, e := range events {
		if e.Tenant == "" {
			e.Tenant = "default"
		}
	}
	outcomes, err := s.log.Append(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		if o.Err != nil {
			t.Fatalf("event %q: %v", o.ID, o.Err)
		}
	}
}

// total waits for the list to say how many events there are, and for the address to have all of the parts.
func (w *window) total(want string, parts ...string) {
	w.t.Helper()
	w.until(fmt.Sprintf(`document.querySelector(".total strong")?.innerText === %q`, want))
	w.idle()
	address, err := url.QueryUnescape(w.path())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, part := range parts {
		if !strings.Contains(address, part) {
			w.t.Errorf("the address is %s, without %s", address, part)
		}
	}
}

// check ticks a value in a menu, which stays open.
func (w *window) check(field, value string) {
	w.t.Helper()
	if !evaluate[bool](w, fmt.Sprintf(`document.querySelector("#menu-%s").open`, field)) {
		w.click("#menu-" + field + " > summary")
	}
	w.click(fmt.Sprintf(`#menu-%s input[value=%q]`, field, value))
}

// TestConsoleFilters: each filter alone, three together, each gone by its chip, and all by Reset.
func TestConsoleFilters(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{})
	w.open("/")
	w.total("45 events")
	if got := w.texts("#events thead th"); len(got) != 9 {
		t.Errorf("columns %q", got)
	}
	if got := w.text("#events tbody tr"); !strings.Contains(got, "2026-11-23 11:59:00") || !strings.Contains(got, "amy") || !strings.Contains(got, "u-1") {
		t.Errorf("the newest event is %q", got)
	}

	for _, f := range []struct{ field, value, total, part string }{
		{"user", "bob", "15 events", "user=bob"},
		{"project", "支付", "22 events", "project=支付"},
		{"module", "App integration", "15 events", "module=App integration"},
		{"operation", "delete", "9 events", "operation=delete"},
		{"result", "failure", "9 events", "result=failure"},
		{"action", "API service.publish", "9 events", "action=API service.publish"},
	} {
		w.check(f.field, f.value)
		w.total(f.total, f.part)
		w.press(kb.Escape) // the menu is over the chip
		w.click(".chip a")
		w.total("45 events")
	}

	w.typeIn("#q", `"orders 4" changed`+"\r")
	w.total("1 event", `q="orders 4" changed`)
	if got := evaluate[[]string](w, `[...document.querySelectorAll("#q-history option")].map((o) => o.value)`); !slices.Equal(got, []string{`"orders 4" changed`}) {
		t.Errorf("the history of the keyword box is %q", got)
	}
	w.click(".chip a")
	w.total("45 events")

	w.click("#menu-id > summary")
	w.typeIn(`input[name="id"]`, " e-07 \r")
	w.total("1 event", "id=e-07")
	w.click("#reset")
	w.total("45 events")

	// Three together; two values of one field widen it; counts of the others follow.
	w.check("user", "bob")
	w.total("15 events")
	w.check("operation", "edit")
	w.total("3 events")
	w.check("operation", "create")
	w.total("6 events", "operation=create", "operation=edit", "user=bob")
	w.check("project", "shop")
	w.total("3 events", "project=shop")
	if got := w.count(".chip"); got != 4 {
		t.Errorf("%d chips", got)
	}
	w.press(kb.Escape)
	w.click("#menu-module > summary")
	if got := w.text(`#menu-module .options`); !strings.Contains(got, "Connection management\n3") || strings.Contains(got, "App integration") {
		t.Errorf("modules under the other filters: %q", got)
	}
	w.accessible()
	w.click("#reset")
	w.total("45 events")
	if got := w.path(); got != "/events" {
		t.Errorf("reset leads to %s", got)
	}
}

// TestConsoleSuggestions: a user is found by e-mail address and by account ID, a value by what is inside of it.
func TestConsoleSuggestions(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{})
	w.open("/events")
	for _, c := range []struct{ field, typed, want string }{
		{"user", "amy.sm", "amy amy.smith@a.test 15"},
		{"user", "U-3", "王小明 u-3 15"},
		{"action", "ublish", "API service.publish 9"},
		{"module", "manage", "API management 15, Connection management 15"},
		{"project", "22", ""},
	} {
		w.click("#menu-" + c.field + " > summary")
		box := "#menu-" + c.field + " .find"
		w.typeIn(box, c.typed)
		shown := fmt.Sprintf(`[...document.querySelectorAll("#menu-%s .options li:not([hidden])")].map((l) => l.innerText.replace(/\s+/g, " ")).join(", ")`, c.field)
		w.until(shown + fmt.Sprintf(" === %q", c.want))
		w.clear(box)
		w.press(kb.Escape)
	}
	// Enter takes what was typed as a value.
	w.click("#menu-user > summary")
	w.typeIn("#menu-user .find", "u-2\r")
	w.total("15 events", "user=u-2")
}

// TestConsoleTime: presets, a custom period, a mistake in one, and the switch to UTC.
func TestConsoleTime(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{Zone: "Asia/Shanghai"})
	w.allow("status of 400")
	w.open("/events")
	w.total("45 events")
	if got := w.text("#events tbody time"); got != "2026-11-23 19:59:00" {
		t.Errorf("the newest event is at %s", got)
	}
	w.click("#zone")
	w.until(`document.querySelector("#events tbody time").innerText === "2026-11-23 11:59:00"`)
	w.choose("#range", "last-30d")
	w.total("50 events", "range=last-30d", "tz=UTC")
	w.click("#zone")
	w.until(`document.querySelector("#events tbody time").innerText === "2026-11-23 19:59:00"`)
	for _, c := range []struct{ name, total string }{{"last-5m", "1 event"}, {"last-15m", "1 event"}, {"last-1h", "3 events"}, {"last-6h", "15 events"}, {"last-3d", "45 events"},
		{"last-7d", "45 events"}, {"today", "45 events"}, {"yesterday", "0 events"}, {"day-before-yesterday", "0 events"}, {"this-week", "45 events"}, {"last-week", "3 events"}, {"all", "50 events"}} {
		w.choose("#range", c.name)
		w.total(c.total, "range="+c.name)
	}

	w.choose("#range", "custom")
	w.typeIn(`input[name="from"]`, "2026-11-23 18:00")
	w.typeIn(`input[name="to"]`, "never\r")
	w.until(`!!document.querySelector("#time-error")`)
	if got := w.text("#time-error"); !strings.HasPrefix(got, "This is no time.") {
		t.Errorf("the mistake is %q", got)
	}
	if got := evaluate[string](w, `document.querySelector("input[name=to]").value + document.querySelector("input[name=to]").getAttribute("aria-invalid")`); got != "nevertrue" {
		t.Errorf("what was typed is %q", got)
	}
	w.clear(`input[name="to"]`)
	w.typeIn(`input[name="to"]`, "2026-11-23 19:00\r")
	w.total("2 events", "from=2026-11-23 18:00", "range=custom")
}

// TestConsoleMistake: a mistake in the query is shown where it is, and nothing typed is lost.
func TestConsoleMistake(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{Lang: "zh-CN"})
	w.allow("status of 400")
	w.open("/events?user=bob")
	w.typeIn("#q", "orders colour:red\r")
	w.until(`!!document.querySelector("#q-error mark")`)
	if got := w.text("#q-error mark"); got != "colour:red" {
		t.Errorf("the caret is at %q", got)
	}
	if got := w.text("#q-error"); !strings.Contains(got, "没有字段 colour（") && !strings.Contains(got, "没有字段 colour。") {
		t.Errorf("the mistake is %q", got)
	}
	if got := evaluate[string](w, `document.querySelector("#q").value`); got != "orders colour:red" {
		t.Errorf("what was typed is %q", got)
	}
	if got := w.texts(".chip"); len(got) != 2 {
		t.Errorf("chips %q", got)
	}
	w.accessible()
	w.open("/events?range=custom&from=2026-11-23&to=2026-11-22")
	if got := w.text("#time-error"); got != "结束时间必须晚于开始时间。" {
		t.Errorf("the mistake is %q", got)
	}
}

// TestConsoleHistogram: a click on a bar, keys from bar to bar, and dragging over some.
func TestConsoleHistogram(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{})
	w.open("/events")
	w.total("45 events")
	if got := w.text(".total .failed"); got != "9 failures" {
		t.Errorf("failures: %q", got)
	}
	if got := evaluate[int](w, `document.querySelectorAll(".bars rect.bad").length`); got != 9 {
		t.Errorf("%d bars have failures", got)
	}
	if got := w.count(".ticks text"); got < 4 {
		t.Errorf("%d times on the axis", got)
	}
	w.drag(".bars", 0.5, 0.99999)
	w.until(`location.search.includes("range=custom")`)
	w.idle()
	if got := w.count("#events tbody tr"); got != 20 || evaluate[int](w, `parseInt(document.querySelector(".total strong").innerText)`) < 25 {
		t.Errorf("%d rows of the later half of the day, %s", got, w.text(".total strong"))
	}
	evaluate[bool](w, `history.back() ?? true`)
	w.total("45 events")
	evaluate[bool](w, `document.querySelector(".bars a").focus() ?? true`)
	w.press(kb.End)
	w.press(kb.ArrowLeft)
	w.press(kb.ArrowRight)
	if got := evaluate[string](w, `document.activeElement.getAttribute("aria-label")`); got != "2026-11-23 11:45:00 – 2026-11-23 12:00:00: 1 event, 0 failures" {
		t.Errorf("the focus is on %q", got)
	}
	w.press("\r")
	w.total("1 event", "from=2026-11-23T11:45:00Z", "to=2026-11-23T12:00:00Z")

	for _, address := range []string{"/events?range=all", "/events?range=all&id=nothing", "/events?range=custom&from=2026-11-23T11:58:30Z&to=2026-11-23T11:59:30Z",
		"/events?range=custom&from=2026-10-20&to=2026-11-05&tz=America/New_York"} {
		w.open(address)
		w.accessible()
	}
}

// TestConsoleTable: sorting, pages, their size and the columns.
func TestConsoleTable(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{})
	w.open("/events")
	w.click(".sizes a")
	w.total("45 events", "size=10")
	if got := w.text(".pager"); !strings.Contains(got, "1–10 of 45") || !strings.Contains(got, "Page 1 of 5") {
		t.Errorf("the pager says %q", got)
	}
	w.click(`.pager a[rel="next"]`)
	w.until(`document.querySelector(".pager .now").innerText === "2"`)
	w.click(`.numbers a:nth-of-type(4)`)
	w.until(`document.querySelector(".pager .now").innerText === "4"`)
	w.open("/events?size=10&page=77")
	if got := w.text(".pager .now"); got != "5" || w.count("#events tbody tr") != 5 {
		t.Errorf("a page beyond the end is page %s", got)
	}

	w.open("/events?size=100")
	for _, c := range []struct{ column, first, sort string }{{"user", "amy", "ascending"}, {"user", "王小明", "descending"}, {"ip", "10.0.0.0", "ascending"}, {"time", "2026-11-23 11:59:00", "descending"},
		{"time", "2026-11-22 17:39:00", "ascending"}, {"result", "failure", "ascending"}} {
		w.click("th.c-" + c.column + " a")
		w.until(fmt.Sprintf(`document.querySelector("th.c-%s").getAttribute("aria-sort") === %q && document.querySelector("#events tbody td.c-%s").innerText.includes(%q)`, c.column, c.sort, c.column, c.first))
	}

	w.click("#menu-columns > summary")
	w.click(`#menu-columns input[value="id"]`)
	w.click(`#menu-columns input[value="project"]`)
	w.activate("#menu-columns .primary")
	w.until(`!!document.querySelector("th.c-id")`)
	w.idle()
	if w.count("th.c-project") != 0 || w.text("#events tbody td.c-id") == "" || !strings.Contains(w.path(), "sort=result") {
		t.Errorf("columns %q at %s", w.texts("#events thead th"), w.path())
	}
}

// TestConsoleDetails: opened, read, searched, copied, filtered by, left and walked through, also over the end of a page.
func TestConsoleDetails(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{})
	w.allowClipboard()
	w.open("/events?size=10")
	w.click("#events tbody tr:nth-child(3) .c-open a")
	w.until(`document.activeElement.id === "drawer"`)
	text := w.text("#drawer")
	for _, want := range []string{"API service{orders 2} changed", "e-02", "u-3", "ming@a.test", "10.0.0.2", "Firefox 132, Linux", "Gecko/20100101", "failure", "409", "name orders-2 is taken",
		"409: name orders-<n> is taken", "API service.delete", "App integration", "r-2", "req-0"} {
		if !strings.Contains(text, want) {
			t.Errorf("the details lack %q", want)
		}
	}
	w.accessible()

	around := w.texts(".around li")
	for _, want := range []string{"An hour before and after, by this user u-3 1 event", "An hour before and after, from this address 10.0.0.2 1 event",
		"Five minutes before and after, by anybody 1 event", "At any time, on this resource r-2 7 events", "At any time, in this request req-0 3 events"} {
		if !slices.Contains(around, want) {
			t.Errorf("around it: %q lacks %q", around, want)
		}
	}

	w.typeIn("#tree-find", "HTTPS")
	w.until(`document.querySelector("#tree-found").innerText.startsWith("1")`)
	if got := w.texts("#details-tree mark"); len(got) != 1 || got[0] != "https" {
		t.Errorf("marked: %q", got)
	}
	if got := w.texts("#details-tree li:not([hidden])"); len(got) != 1 {
		t.Errorf("shown: %q", got)
	}
	w.clear("#tree-find")
	w.until(`!document.querySelector("#details-tree mark, #details-tree li[hidden]")`)

	clipboard := func() string { return evaluate[string](w, `navigator.clipboard.readText()`) }
	copied := func(selector string) string {
		evaluate[bool](w, `(document.querySelector("#copied").textContent = "") === ""`)
		w.activate(selector)
		w.until(`document.querySelector("#copied").innerText === "Copied"`)
		return clipboard()
	}
	var event engine.Event
	if err := json.Unmarshal([]byte(copied("#copy-json")), &event); err != nil || event.ID != "e-02" {
		t.Errorf("copied JSON: %v, event %q", err, event.ID)
	}
	if got := copied(`#details-tree a[href*="protocol"] + .copy-value`); got != "https" {
		t.Errorf("copied value %q", got)
	}
	link := copied("[data-copy-link]")
	if !strings.HasPrefix(link, s.URL+"/events?") {
		t.Errorf("copied link %q", link)
	}

	evaluate[bool](w, `document.querySelector("#drawer").focus() ?? true`)
	// By keyboard: through the page and over its end, and back to the row.
	for range 8 {
		before := w.text("#drawer-title")
		w.press("j")
		w.until(fmt.Sprintf(`document.querySelector("#drawer-title").innerText !== %q`, before))
	}
	if got := w.text("#drawer-title"); got != "API service{orders 10} changed" || !strings.Contains(w.path(), "page=2") {
		t.Errorf("eight further is %q at %s", got, w.path())
	}
	w.press("k")
	w.until(`document.querySelector("#drawer-title").innerText === "API service{orders 9} changed"`)
	w.click("#drawer-next")
	w.until(`document.querySelector("#drawer-title").innerText === "API service{orders 10} changed" && document.activeElement.id === "drawer-next"`)
	w.press(kb.Escape)
	w.until(`!document.querySelector("#drawer")`)
	if got := evaluate[string](w, `document.activeElement.closest("tr")?.dataset.event ?? ""`); got != "e-10" {
		t.Errorf("the focus is back on %q", got)
	}

	w.open(strings.TrimPrefix(link, s.URL))
	w.total("1 event", "range=all")
	w.click(`#details-tree a[href*="nested.deep.version"]`)
	w.total("1 event", "details.nested.deep.version=2")
	w.open("/events?range=all&event=e-02")
	w.activate(`#drawer a[href*="error=name"]`)
	w.total("1 event", "error=name orders-2 is taken")
	w.open("/events?range=all&event=e-02")
	w.click(`#drawer a[href*="group="]`)
	w.total("10 events", "group=409: name orders-<n> is taken")
	w.open("/events?event=gone&event_tenant=nowhere")
	if got := w.text("#drawer"); !strings.Contains(got, "No such event") {
		t.Errorf("an event that is not there: %q", got)
	}
}

// TestConsoleInChinese: the flow from the list to the details, and no English is left in the frame.
func TestConsoleInChinese(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{Lang: "zh-CN,zh;q=0.9", Zone: "Asia/Shanghai"})
	w.open("/events")
	w.total("45 条事件")
	w.check("result", "failure")
	w.total("9 条事件", "result=failure")
	if got := w.texts(".chip"); len(got) != 1 || !strings.HasPrefix(got[0], "操作结果\n失败") {
		t.Errorf("chips %q", got)
	}
	w.click("#reset")
	w.total("45 条事件")
	w.click("th.c-user a")
	w.until(`document.querySelector("th.c-user").getAttribute("aria-sort") === "ascending"`)
	w.click(`.pager a[rel="next"]`)
	w.until(`document.querySelector(".pager .now").innerText === "2"`)
	w.click("#events tbody tr .c-open a")
	w.until(`document.activeElement.id === "drawer"`)
	for _, heading := range []string{"基本信息", "操作信息", "事件详情", "相关事件"} {
		if !slices.Contains(w.texts("#drawer h3"), heading) {
			t.Errorf("headings %q", w.texts("#drawer h3"))
		}
	}
	w.accessible()
	w.press(kb.Escape)
	w.until(`!document.querySelector("#drawer")`)
	if got := w.texts("#events thead th"); got[0] != "操作时间" || got[len(got)-2] != "源 IP" {
		t.Errorf("columns %q", got)
	}
}

// TestConsoleWithoutScript: menus, typed values, periods, columns, order, pages and details are links and forms.
func TestConsoleWithoutScript(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{NoScript: true})
	follow := func(selector string) { // a click that leads to another page
		t.Helper()
		ctx, cancel := context.WithTimeout(w.ctx, windowPatience)
		defer cancel()
		if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
			t.Fatalf("%s: %v", selector, err)
		}
		w.idle()
	}
	w.open("/")
	w.click("#menu-user > summary")
	w.typeIn("#menu-user .find", "amy.smith@a.test")
	follow("#menu-user button")
	w.total("15 events", "user=amy.smith@a.test")
	w.click("#menu-operation > summary")
	w.click(`#menu-operation input[value="edit"]`)
	follow("#menu-operation button")
	w.total("3 events", "operation=edit", "user=amy.smith@a.test")
	follow(".chip a")
	follow(".chip a")
	w.total("45 events")
	w.typeIn("#q", "taken")
	follow("#filters .primary")
	w.total("9 events", "q=taken")
	follow("#reset")
	follow("th.c-user a")
	follow(`.pager a[rel="next"]`)
	if got := w.text("#events tbody td.c-user"); !strings.Contains(got, "bob") {
		t.Errorf("the second page by user begins with %q", got)
	}
	w.click("#menu-columns > summary")
	w.click(`#menu-columns input[value="id"]`)
	follow("#menu-columns .primary")
	if w.count("th.c-id") != 1 || !strings.Contains(w.path(), "page=2") {
		t.Errorf("columns %q at %s", w.texts("#events thead th"), w.path())
	}
	follow("#events tbody .c-open a")
	if got := w.text("#drawer h3"); got != "Basic info" {
		t.Errorf("the details begin with %q", got)
	}
	follow("#drawer-next")
	follow("#drawer .close")
	w.total("45 events", "page=2", "sort=user")
}

// TestConsoleWithoutCookies: a browser that keeps none shows the page once, in UTC, and does not load it for ever to have its zone known.
func TestConsoleWithoutCookies(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{Zone: "Asia/Shanghai"})
	w.do(command(emulation.SetDocumentCookieDisabled, emulation.SetDocumentCookieDisabledParams{Disabled: true}))
	w.open("/events")
	begun := evaluate[float64](w, `performance.timeOrigin`)
	if later := evaluate[float64](w, `new Promise((then) => setTimeout(() => then(performance.timeOrigin), 500))`); later != begun {
		t.Error("the page loads itself again")
	}
}

// TestConsoleErrors: a browser gets a page that says what to do, a program a problem document.
func TestConsoleErrors(t *testing.T) {
	s := consoleServer(t)
	w := s.window(t, look{})
	w.allow("status of 404")
	w.open("/events/raw?event=nothing")
	if got := w.text("main"); !strings.Contains(got, "There is nothing here") || !strings.Contains(got, "Look whether all of it was copied.") || !strings.Contains(got, "Request ID") {
		t.Errorf("the page says %q", got)
	}
	w.accessible()
	resp, body := s.do(t, s.request(t, "GET", "/events/raw?event=nothing", ""))
	if resp.StatusCode != 404 || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	for _, query := range []string{"field=never", "field=user&from=never"} {
		if resp, body := s.do(t, s.request(t, "GET", "/suggest?"+query, "")); resp.StatusCode != 400 {
			t.Errorf("%s: %d %s", query, resp.StatusCode, body)
		}
	}
}

// TestConsoleOddValues: every value is offered, chosen and found again; those that differ in case only are one.
func TestConsoleOddValues(t *testing.T) {
	s := newServer(t, Options{})
	odd := []string{"&<>%,*", `it's "quoted"`, "a*", "x,y", " spaced ", "שלום\u200f", "100% (a OR b)", strings.Repeat("long ", 80), "-minus", "name:value", "ＦＵＬＬ"}
	for i, v := range odd {
		s.take(t, &engine.Event{ID: fmt.Sprintf("o%d", i), Action: "x", Time: testNow.Add(-time.Minute), Module: v})
	}
	for i, v := range []string{"Case", "case", "CASE", "case"} {
		s.take(t, &engine.Event{ID: fmt.Sprintf("c%d", i), Action: "x", Time: testNow.Add(-time.Minute), Module: v})
	}
	w := s.window(t, look{})
	w.open("/events")
	values := evaluate[[]string](w, `[...document.querySelectorAll("#menu-module input[type=checkbox]")].map((i) => i.value)`)
	if len(values) != len(odd)+1 {
		t.Fatalf("the menu offers %q", values)
	}
	for i, v := range values {
		want := "1 event"
		if strings.EqualFold(v, "case") {
			want = "4 events"
		}
		evaluate[bool](w, fmt.Sprintf(`document.querySelectorAll("#menu-module input[type=checkbox]")[%d].click() ?? true`, i))
		w.total(want)
		if got := evaluate[string](w, `document.querySelector("#menu-module input:checked").value`); got != v {
			t.Errorf("%q is kept as %q", v, got)
		}
		w.open("/events")
	}
}

// TestConsoleCompressed: pages and files are compressed for who takes it, and weigh no more than they may.
func TestConsoleCompressed(t *testing.T) {
	s := consoleServer(t)
	weigh := func(path string) int {
		r := s.request(t, "GET", path, "")
		r.Header.Set("Accept-Encoding", "gzip")
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %d %q, %v", path, resp.StatusCode, resp.Header.Get("Content-Encoding"), err)
		}
		return int(n)
	}
	page := weigh("/events?size=100&event=e-02&user=amy&user=bob&user=u-3")
	_, text := s.do(t, s.request(t, "GET", "/events", ""))
	all := page
	for _, m := range regexp.MustCompile(`/static/[^"]+\.(?:css|js)`).FindAllString(text, -1) {
		all += weigh(m)
	}
	if page > 40<<10 || all > 300<<10 {
		t.Errorf("a page of 45 events weighs %d bytes, with all its files %d", page, all)
	}
	r := s.request(t, "GET", "/api/v1/export?format=json", "")
	r.Header.Set("Accept-Encoding", "gzip")
	if resp, _ := s.do(t, r); resp.Header.Get("Content-Encoding") != "" {
		t.Error("an export is compressed, and waits for the compressor")
	}
}

// TestConsoleHostile: whatever an event says is text, in every column and in the details.
func TestConsoleHostile(t *testing.T) {
	s := newServer(t, Options{})
	script := `<script>document.title="owned"</script><img src=x onerror='document.title="owned"'>"'` + "`"
	rtl, control, formula := "\u202egnp.exe\u2066 \u200fשלום", "a\u0000b\u001b[31mc\u0007\td", `=HYPERLINK("http://x.test","+cmd")`
	big := strings.Repeat(`"`+strings.Repeat("<b>&amp;", 12)+`",`, 2000)
	bad := strings.Repeat(script+" ", 100) + rtl + control
	all := &engine.Event{ID: "e&<>%25+ 1", Time: testNow.Add(-time.Minute), Action: script, Operation: "other", Result: "failure", Module: rtl, Description: bad,
		Actor: engine.Actor{ID: script + "1", Name: script, Email: formula}, Project: engine.Ref{ID: formula, Name: control}, Error: &engine.EventError{Code: script, Message: bad},
		Resources: []engine.Resource{{Type: script, ID: rtl, Name: formula, Content: script}}, Source: engine.Source{IP: "10.0.0.1", UserAgent: script, Channel: script},
		Details: []byte(`{"list":[` + big[:len(big)-1] + `],"` + strings.ReplaceAll(script, `"`, `\"`) + `":"javascript:alert(1)","__proto__":{"toString":"x"},"n":null,"t":true}`)}
	s.take(t, all)
	resp, page := s.do(t, s.request(t, "GET", "/events", ""))
	if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(policy, "unsafe") {
		t.Errorf("the content security policy is %q", policy)
	}
	if found := regexp.MustCompile(`<script(?:>| [^>]*[^"]>)|<style| style=| on[a-z]+="`).FindString(page); found != "" {
		t.Errorf("the page has %q in it, which the policy forbids", found)
	}
	w := s.window(t, look{})
	w.do(command(cdpnetwork.SetCookie, cdpnetwork.SetCookieParams{Name: "annals-preferences", URL: s.URL,
		Value: "columns=" + url.QueryEscape("time,user,result,project,module,operation,event,action,resource,error,ip,channel,agent,tenant,id")}))
	w.open("/events?user=" + url.QueryEscape(script) + "&resource=" + url.QueryEscape(formula) + "&q=" + url.QueryEscape("-xylophone"))
	w.total("1 event")
	w.click("#events tbody tr .c-open a")
	w.until(`document.activeElement.id === "drawer"`)
	if title := evaluate[string](w, `document.title`); title != "Events · Annals" {
		t.Errorf("the title is %q: a script has run", title)
	}
	if n := w.count("main img, main b, main script:not([src])"); n != 0 {
		t.Errorf("%d elements out of event text", n)
	}
	if got := w.text("#events tbody td.c-user a"); got != script {
		t.Errorf("the user is shown as %q", got)
	}
	if n, got := w.count("#details-tree .v"), w.text("#event-details"); n > 600 || !strings.Contains(got, "The first 500 values are shown") && !strings.Contains(got, "more are left out") {
		t.Errorf("%d values are shown of a large event: %.200q", n, got)
	}
	if size := evaluate[int](w, `fetch(location.href).then((r) => r.text()).then((t) => t.length)`); size > 1<<20 {
		t.Errorf("the page has %d bytes", size)
	}
	if size := evaluate[int](w, `fetch("/events?range=all").then((r) => r.text()).then((t) => t.length)`); size > 200<<10 {
		t.Errorf("the list of one large event has %d bytes", size)
	}
	w.accessible()
	// Every value is a filter that finds the event again.
	for _, href := range evaluate[[]string](w, `[...new Set([...document.querySelectorAll("#drawer dd a, #events tbody td a")].map((a) => a.getAttribute("href")))]`) {
		w.open(href)
		if got := w.text(".total strong"); got != "1 event" {
			t.Errorf("%s finds %q", href, got)
		}
	}
}

// TestConsoleLooks: both themes and both widths have nothing that axe calls serious, and nothing that makes the page wider than the window.
func TestConsoleLooks(t *testing.T) {
	s := consoleServer(t)
	for _, l := range []look{{}, {Dark: true}, {Width: 375, Height: 800}, {Width: 375, Height: 800, Dark: true}} {
		w := s.window(t, l)
		for _, address := range []string{"/events", "/events?range=all&user=bob&operation=edit&q=orders", "/events?q=nothing", "/events?event=e-02&event_tenant=default"} {
			w.open(address)
			w.accessible()
			if wide := evaluate[int](w, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("%+v: %s is %d px too wide", l, address, wide)
			}
		}
		w.open("/events")
		if cut := evaluate[int](w, `(() => { const nav = document.querySelector(".top nav"); return nav.scrollWidth - nav.clientWidth })()`); cut > 0 {
			t.Errorf("%+v: %d px of the ways to other pages are out of sight", l, cut)
		}
		if tall := evaluate[int](w, `document.querySelector("#events td.c-module > *").getClientRects().length`); tall > 1 {
			t.Errorf("%+v: a module of two words is on %d lines", l, tall)
		}
		for _, id := range evaluate[[]string](w, `[...document.querySelectorAll("details.menu")].map((d) => d.id)`) {
			w.click("#" + id + " > summary")
			if inside := evaluate[bool](w, fmt.Sprintf(`(() => { const r = document.querySelector("#%s .pop").getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth })()`, id)); !inside {
				t.Errorf("%+v: %s leaves the window", l, id)
			}
			if beside := evaluate[bool](w, fmt.Sprintf(`[...document.querySelectorAll("#%s .options label")].every((l) => Math.abs(l.querySelector("input").getBoundingClientRect().top - l.querySelector(".option").getBoundingClientRect().top) < 10)`, id)); !beside {
				t.Errorf("%+v: %s has its words below their boxes", l, id)
			}
			if id == "menu-user" || id == "query-help" {
				w.accessible()
			}
			w.press(kb.Escape)
		}
	}
	w := s.window(t, look{})
	w.open("/events?q=orders")
	if got := evaluate[bool](w, `(() => { const box = document.querySelector(".table-wrap"); return box.scrollWidth <= box.clientWidth })()`); !got {
		t.Error("the default columns do not fit")
	}
}
