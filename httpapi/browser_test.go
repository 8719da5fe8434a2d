package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	cdpnetwork "github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/go-json-experiment/json"
)

// The pages in a real browser: one Chromium for all tests, a window of its own with cookies of its own for each. What the browser has to
// complain of — a script's error, what the content security policy forbids, an answer that failed — fails the test that has the window.

// chromium is the process, started by the first test that needs it.
var chromium struct {
	once sync.Once
	ctx  context.Context
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.ctx != nil {
		_ = chromedp.Cancel(chromium.ctx) // it ends with this process anyhow
	}
	os.Exit(code)
}

// startChromium skips the test where there is no browser; where CI says that there must be one, it fails.
func startChromium(t *testing.T) context.Context {
	t.Helper()
	chromium.once.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.DisableGPU)
		if runtime.GOOS == "linux" && os.Geteuid() == 0 {
			options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root with one
		}
		ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
		chromium.ctx, _ = chromedp.NewContext(ctx)
		chromium.err = chromedp.Do(chromium.ctx)
	})
	switch {
	case chromium.err == nil:
		return chromium.ctx
	case os.Getenv("CI") == "true":
		t.Fatalf("start chromium: %v", chromium.err)
	default:
		t.Skipf("there is no browser to test pages in (on Debian: apt-get install chromium fonts-noto-cjk): %v", chromium.err)
	}
	return nil
}

// look is how a window looks at pages. The zero value is a wide light one that reads English and lives in UTC.
type look struct {
	Width, Height int64
	Dark          bool
	Lang          string // as Accept-Language has it
	Zone          string
	Anonymous     bool // sends no token
	NoScript      bool
}

// window is a browser window with the server's token.
type window struct {
	t    *testing.T
	ctx  context.Context
	base string
	look look

	mu         sync.Mutex
	complaints []string
	allowed    []string // what complaints may say
}

// windowPatience is how long a step may take. Only a broken page makes a test wait for it.
const windowPatience = time.Minute

// window opens one. When the test ends, there must be no complaint that was not allowed.
func (s *server) window(t *testing.T, l look) *window {
	t.Helper()
	shared := startChromium(t)
	w := &window{t: t, base: s.URL, look: l}
	ctx, cancel := chromedp.NewContext(shared, chromedp.WithNewBrowserContext(), chromedp.WithListener(w.listen))
	t.Cleanup(cancel)
	w.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // opens the window, which lasts as long as this context
		t.Fatalf("open a window: %v", err)
	}
	if l.Width == 0 {
		l.Width, l.Height = 1280, 900
	}
	if l.Lang == "" {
		l.Lang = "en"
	}
	if l.Zone == "" {
		l.Zone = "UTC"
	}
	scheme := "light"
	if l.Dark {
		scheme = "dark"
	}
	headers := cdpnetwork.Headers{"Accept-Language": l.Lang}
	if !l.Anonymous {
		headers["Authorization"] = "Bearer " + s.token
	}
	w.do(
		command(cdpnetwork.Enable, cdpnetwork.EnableParams{}),
		command(cdpnetwork.SetExtraHTTPHeaders, cdpnetwork.SetExtraHTTPHeadersParams{Headers: headers}),
		command(cdpnetwork.SetCookie, cdpnetwork.SetCookieParams{Name: "annals-zone", Value: strings.ReplaceAll(l.Zone, "/", "%2F"), URL: s.URL}),
		command(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: l.Zone}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}),
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.NoScript}),
		chromedp.EmulateViewport(l.Width, l.Height),
	)
	t.Cleanup(w.settle) // before the window is closed
	return w
}

// command makes an action of one of the protocol's commands.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, c, params)
		return err
	})
}

func (w *window) listen(event any) {
	complain := func(format string, args ...any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.complaints = append(w.complaints, fmt.Sprintf(format, args...))
	}
	switch e := event.(type) {
	case *cdpruntime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		complain("script: %s", text)
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == cdpruntime.ConsoleAPICalledTypeError || e.Type == cdpruntime.ConsoleAPICalledTypeWarning || e.Type == cdpruntime.ConsoleAPICalledTypeAssert {
			complain("console: %s", consoleText(e))
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			complain("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	}
}

func consoleText(e *cdpruntime.EventConsoleAPICalled) string {
	var parts []string
	for _, a := range e.Args {
		parts = append(parts, string(a.Value)+a.Description)
	}
	return strings.Join(parts, " ")
}

// allow says which complaints are part of the test: those with one of the texts in them.
func (w *window) allow(texts ...string) { w.allowed = append(w.allowed, texts...) }

// settle is the window's end: it keeps a picture of a failed test's page and holds the complaints against the test.
func (w *window) settle() {
	evaluate[bool](w, "true") // what happened before it has been told by now
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.complaints {
		ok := false
		for _, a := range w.allowed {
			ok = ok || strings.Contains(c, a)
		}
		if !ok {
			w.t.Errorf("the browser complains: %s", c)
		}
	}
	if w.t.Failed() {
		w.picture("failed")
	}
}

// picture writes a screenshot where `go test -artifacts` keeps it.
func (w *window) picture(name string) {
	ctx, cancel := context.WithTimeout(w.ctx, windowPatience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		w.t.Logf("no picture of the page: %v", err)
		return
	}
	file := filepath.Join(w.t.ArtifactDir(), name+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		w.t.Logf("no picture of the page: %v", err)
		return
	}
	w.t.Logf("the page's picture, kept with -artifacts: %s", file)
}

// do takes steps one after the other.
func (w *window) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, windowPatience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.t.Fatal(err)
	}
}

// open goes to a page of the server, and waits until its script is ready.
func (w *window) open(path string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.base + path))
	w.idle()
}

// idle waits until the page is complete and nothing is asked of the server.
func (w *window) idle() {
	w.t.Helper()
	if w.look.NoScript {
		w.until(`document.readyState === "complete"`)
		return
	}
	w.until(`document.readyState === "complete" && document.documentElement.classList.contains("scripted") && document.body.getAttribute("aria-busy") !== "true"`)
}

// until waits for a condition of the page, which may be another page by then.
func (w *window) until(condition string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, windowPatience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](condition, chromedp.WithPollingInterval(20*time.Millisecond)))
		if err == nil {
			return
		}
		if ctx.Err() != nil || errors.Is(err, chromedp.ErrPollingTimeout) {
			w.t.Fatalf("the page never has %s: %v", condition, err)
		}
	}
}

// click presses the mouse on the first element that the CSS selector finds, and waits for what comes of it.
func (w *window) click(selector string) {
	w.t.Helper()
	w.do(chromedp.Click(chromedp.CSS(selector)))
	w.idle()
}

// typeIn types into a control.
func (w *window) typeIn(selector, text string) {
	w.t.Helper()
	w.do(chromedp.SendKeys(chromedp.CSS(selector), text))
	w.idle()
}

// press presses keys, wherever the focus is.
func (w *window) press(keys string) {
	w.t.Helper()
	w.do(chromedp.KeyEvent(keys))
	w.idle()
}

// drag moves the mouse over an element with the button pressed: from and to are parts of its width.
func (w *window) drag(selector string, from, to float64) {
	w.t.Helper()
	box := evaluate[[4]float64](w, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.left, r.top, r.width, r.height] })()`, selector))
	x, y := func(part float64) float64 { return box[0] + box[2]*part }, box[1]+box[3]/2
	held := func(p *input.DispatchMouseEventParams) { p.Button, p.Buttons = input.MouseButtonLeft, 1 }
	w.do(
		chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x(from), y, held, chromedp.ClickCount(1)),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x((from+to)/2), y, held),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x(to), y, held),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x(to), y, held, chromedp.ClickCount(1)),
	)
	w.idle()
}

// evaluate runs an expression in the page.
func evaluate[T any](w *window, expression string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, windowPatience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// text is that of the first element, as it is to be read; "" if there is none.
func (w *window) text(selector string) string {
	w.t.Helper()
	return evaluate[string](w, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// texts are those of all elements.
func (w *window) texts(selector string) []string {
	w.t.Helper()
	return evaluate[[]string](w, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.innerText)`, selector))
}

// count is how many elements there are.
func (w *window) count(selector string) int {
	w.t.Helper()
	return evaluate[int](w, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
}

// path is the address that the window shows, without the server's.
func (w *window) path() string {
	w.t.Helper()
	return evaluate[string](w, `location.pathname + location.search`)
}

// allowClipboard lets pages write and read the clipboard, as a click's permission would.
func (w *window) allowClipboard() {
	w.t.Helper()
	w.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for _, name := range []string{"clipboard-read", "clipboard-write"} {
			if _, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{Origin: w.base, Setting: browser.PermissionSettingGranted,
				Permission: &browser.PermissionDescriptor{Name: name}, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// axeSum is the checksum of testdata/axe/axe.min.js, axe-core 4.14.1 as its npm package has it.
const axeSum = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

var axe = sync.OnceValues(func() (string, error) {
	script, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		return "", err
	}
	if sum := sha256.Sum256(script); hex.EncodeToString(sum[:]) != axeSum {
		return "", fmt.Errorf("axe.min.js is not the one whose checksum is known")
	}
	return string(script), nil
})

// accessible asks axe-core about the page as it is now: what it calls serious or critical fails the test.
func (w *window) accessible() {
	w.t.Helper()
	script, err := axe()
	if err != nil {
		w.t.Fatal(err)
	}
	evaluate[chromedp.Void](w, script)
	report := evaluate[string](w, `axe.run({ resultTypes: ["violations"] }).then((r) => JSON.stringify(r.violations))`)
	var violations []struct {
		ID, Impact, Help string
		Nodes            []struct{ HTML, FailureSummary string }
	}
	if err := json.Unmarshal([]byte(report), &violations, json.MatchCaseInsensitiveNames(true)); err != nil {
		w.t.Fatal(err)
	}
	for _, v := range violations {
		if v.Impact == "serious" || v.Impact == "critical" {
			for _, n := range v.Nodes {
				w.t.Errorf("%s: %s (%s): %s\n%s\n%s", w.path(), v.ID, v.Impact, v.Help, n.HTML, n.FailureSummary)
			}
		}
	}
}

// choose picks a choice of a select box.
func (w *window) choose(selector, value string) {
	w.t.Helper()
	evaluate[bool](w, fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = %q; return s.dispatchEvent(new Event("change", { bubbles: true })) })()`, selector, value))
	w.idle()
}

// clear empties a control as somebody would who selects all of it.
func (w *window) clear(selector string) {
	w.t.Helper()
	evaluate[bool](w, fmt.Sprintf(`(() => { const c = document.querySelector(%q); c.focus(); c.value = ""; return c.dispatchEvent(new Event("input", { bubbles: true })) })()`, selector))
	w.idle()
}

// activate clicks an element that the mouse might not reach without scrolling or hovering.
func (w *window) activate(selector string) {
	w.t.Helper()
	evaluate[bool](w, fmt.Sprintf(`document.querySelector(%q).click() ?? true`, selector))
}
