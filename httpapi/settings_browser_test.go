package httpapi

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"annals/httpapi/auth"
)

// TestSettingsInBrowser opens every page of the settings in both languages, both themes and both widths: no complaint of the browser's,
// nothing that keeps anybody out, nothing wider than the window.
func TestSettingsInBrowser(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `[{"tenant":"acme","action":"x","time":"2026-11-23T08:00:00Z"},{"tenant":"beta","action":"x","time":"2026-11-23T09:00:00Z"}]`)
	v := &visitor{server: s, token: s.token}
	token := v.post(t, "/settings/tokens", url.Values{"name": {strings.Repeat("long", 30)}, "role": {"reader"}, "scope": {"all"}}, 303)
	account := v.post(t, "/settings/accounts", url.Values{"login": {"amy"}, "name": {"Amy"}, "role": {"reader"}, "tenant": {"acme"}}, 303)
	view := v.post(t, "/views", url.Values{"name": {"all of <b>acme</b>"}, "query": {"range=all"}, "tenant": {"acme"}}, 303)
	v.get(t, view, 200)
	view = strings.TrimSuffix(v.attribute("#views form", "action"), "/mark")
	pair := v.post(t, "/settings/credentials", url.Values{"name": {"a console"}, "kind": {"layer7"}, "role": {"reader"}, "scope": {"all"}}, 303)
	pages := []string{"/settings", pair, "/settings/credentials", "/settings/credentials/new", "/settings/tokens", "/settings/tokens/new", token, "/settings/accounts", "/settings/accounts/new", account,
		"/settings/tenants", "/settings/retention", "/settings/about", "/views", view, "/nowhere"}
	for _, l := range []look{{Lang: "en"}, {Lang: "zh-CN", Dark: true, Width: 375, Height: 800}, {Lang: "zh-CN"}, {Lang: "en", Dark: true, Width: 375, Height: 800}} {
		t.Run(fmt.Sprintf("%s %d", l.Lang, l.Width), func(t *testing.T) {
			w := s.window(t, l)
			w.allow("404 (Not Found)")
			for _, page := range pages {
				w.open(page)
				w.accessible()
				w.fits()
			}
		})
	}
}

// fits reports what is wider than the window.
func (w *window) fits() {
	w.t.Helper()
	if over := evaluate[float64](w, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		w.t.Errorf("%s is %v pixels wider than the window", w.path(), over)
	}
}

// TestTokenInBrowser: a token is made, copied, and revoked.
func TestTokenInBrowser(t *testing.T) {
	s := newServer(t, Options{})
	w := s.window(t, look{})
	w.allowClipboard()
	w.open("/settings/tokens")
	w.click(`a[href="/settings/tokens/new"]`)
	w.typeIn(`input[name="name"]`, "a shipper")
	w.click(`input[value="writer"]`)
	w.click(`main button.primary`)
	w.until(`document.querySelector("#tokens-error, #tenants-error, #token-text") !== null`)
	text := w.text("#token-text")
	if !strings.HasPrefix(text, "annals_") {
		t.Fatalf("no token at %s: %s", w.path(), w.text("main"))
	}
	w.accessible()
	w.click(".secret button.copy")
	w.until(`document.querySelector(".secret button.copy").textContent === "Copied"`)
	if got := evaluate[string](w, `navigator.clipboard.readText()`); got != text {
		t.Errorf("copied %q", got)
	}
	w.open(w.path())
	if w.count("#token-text") != 0 {
		t.Error("the token is shown twice")
	}
	w.click("details.confirm > summary")
	w.click("details.confirm button")
	w.until(`document.querySelector(".notice") !== null`)
	if got := w.texts("#tokens .state"); strings.Join(got, ",") != "active,revoked" {
		t.Errorf("states %q", got)
	}
}

// TestVerifyInBrowser: a verification runs beside the page that asked for it.
func TestVerifyInBrowser(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `{"tenant":"acme","action":"x"}`)
	w := s.window(t, look{Lang: "zh-CN"})
	w.open("/settings/about")
	w.click("#verify")
	w.until(`document.querySelector("#verify-report").textContent !== ""`)
	if got := w.text("#verify-report"); got != "完整：每条事件都与写入时一致。" {
		t.Errorf("it says %s", got)
	}
	w.open("/settings/about")
	if got := w.text("#verified"); got != "上次验证于 2026-11-23 12:00:00：全部 1 条事件均与写入时一致" {
		t.Errorf("it says %s", got)
	}
}

// TestViewsInBrowser: a list is saved from its menu, starred, begun with, and its link opened where the view is not.
func TestViewsInBrowser(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `[{"tenant":"acme","action":"x","result":"failure","time":"2026-11-23T08:00:00Z"},{"tenant":"acme","action":"x","time":"2026-11-23T09:00:00Z"}]`)
	w := s.window(t, look{})
	w.open("/events?result=failure")
	w.click("#menu-views > summary")
	w.accessible()
	w.typeIn(".save-view input[name=name]", "Failures")
	w.do(chromedp.SetValue(chromedp.CSS(".save-view select[name=tenant]"), "acme"))
	w.click(".save-view button")
	w.until(`document.querySelector("#menu-views > summary")?.innerText === "Failures"`)
	w.click("#menu-views > summary")
	w.click(".views .star")
	w.until(`document.querySelector(".views .star.on") !== null`)
	w.click("#menu-views > summary")
	w.click("#menu-views button[name=default]")
	w.until(`document.querySelector(".views .tag") !== null`)
	w.open("/")
	if got := w.path(); got != "/events?range=last-1d&result=failure" || w.count("#events tbody tr") != 1 {
		t.Errorf("begins at %s", got)
	}
	w.open("/views")
	w.accessible()
	if got := w.texts("#views td"); got[0] != "★" || got[2] != "acme" {
		t.Errorf("views %q", got)
	}
	link := evaluate[string](w, `document.querySelector("#views td a").getAttribute("href")`)

	_, s.token = (&walker{server: s}).makeToken(t, "reader", `"acme"`)
	if resp, text := s.do(t, s.request(t, "GET", "/api/v1/views", "")); !strings.Contains(text, "Failures") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	other := s.window(t, look{Dark: true, Lang: "zh-CN"})
	other.open(link)
	if got := other.count("#events tbody tr"); got != 1 {
		t.Errorf("the link shows %d events", got)
	}
	other.accessible()
}

// TestSignInInBrowser: a person opens the set-up link, signs in, uses the console by the session, and signs out.
func TestSignInInBrowser(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `{"tenant":"acme","action":"x","time":"2026-11-23T09:00:00Z"}`)
	root := auth.Caller{ID: "root", Type: "token"}
	root.Tenants.All = true
	_, link, err := s.api.access.MakeAccount(root, auth.AccountWish{Login: "amy", Name: "Amy", Grants: []auth.Grant{{Role: "admin", All: true}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []look{{Anonymous: true}, {Anonymous: true, Dark: true, Width: 375, Height: 800, Lang: "zh-CN"}} {
		w := s.window(t, l)
		w.open("/sign-in?why=timed-out")
		w.accessible()
		w.fits()
		w.open("/setup")
		w.accessible()
		w.fits()
	}
	w := s.window(t, look{Anonymous: true})
	w.allow("401 (Unauthorized)")
	w.do(chromedp.Navigate(s.URL + link.Path))
	w.until(`document.querySelector("input[name=password]") !== null`)
	if got := evaluate[string](w, `location.hash + document.referrer`); strings.Contains(got, link.Code) {
		t.Errorf("the code stays in %s", got)
	}
	w.accessible()
	w.typeIn("input[name=password]", goodPassword)
	w.typeIn("input[name=again]", goodPassword)
	w.click("main button.primary")
	w.until(`location.pathname === "/sign-in"`)
	w.open("/events?range=all")
	if got := w.path(); got != "/sign-in?return=%2Fevents%3Frange%3Dall" {
		t.Errorf("led to %s", got)
	}
	w.typeIn("input[name=login]", "amy")
	w.typeIn("input[name=password]", "wrong")
	w.click("main button.primary")
	w.until(`document.querySelector("#wrong") !== null`)
	w.accessible()
	w.typeIn("input[name=password]", goodPassword)
	w.click("main button.primary")
	w.until(`document.querySelector("#events tbody tr") !== null`)
	if got := w.path(); got != "/events?range=all" {
		t.Errorf("led to %s", got)
	}

	w.open("/settings/account")
	w.accessible()
	w.typeIn("#second-factor input[name=password]", goodPassword)
	w.click("#second-factor button")
	w.until(`document.querySelector("svg.qr") !== null`)
	w.accessible()
	w.typeIn("input[name=code]", totpCode(t, s, w.text("#totp-secret")))
	w.click("#second-factor button.primary")
	w.until(`document.querySelector("#recovery") !== null`)
	w.accessible()
	recovery := strings.Fields(w.text("#recovery"))
	w.click("#account-menu > summary")
	w.click(".account-links button")
	w.until(`location.pathname === "/sign-in"`)
	if got := w.text(".notice"); got != "You are signed out." {
		t.Errorf("it says %q", got)
	}
	w.typeIn("input[name=login]", "amy")
	w.typeIn("input[name=password]", goodPassword)
	w.click("main button.primary")
	w.until(`document.querySelector("input[name=code]") !== null`)
	w.accessible()
	w.typeIn("input[name=code]", strings.ToLower(recovery[0]))
	w.click("main button.primary")
	w.until(`location.pathname === "/events"`)
}
