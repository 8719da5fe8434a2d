package httpapi

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/thedatashed/xlsxreader"

	"annals/engine"
	"annals/httpapi/auth"
)

// TestConsoleExports: every file that the list offers holds exactly what its filter matches, in the language of the page.
func TestConsoleExports(t *testing.T) {
	s := consoleServer(t)
	for _, c := range []struct{ lang, user, done string }{{"en", "User", "Exported 15 / 15"}, {"zh-CN", "用户名", "导出完成 15 / 15"}} {
		t.Run(c.lang, func(t *testing.T) {
			login := "reader-" + c.lang
			s.newPerson(t, login, `{"role":"reader","all_tenants":true}`)
			w := s.window(t, look{Lang: c.lang, Zone: "Asia/Shanghai", Anonymous: true})
			w.open("/events?user=amy&range=last-1d&size=10")
			w.typeIn("input[name=login]", login)
			w.typeIn("input[name=password]", goodPassword)
			w.click("main button.primary")
			w.until(`document.querySelector("#menu-export") !== null`)
			links := evaluate[[]string](w, `[...document.querySelectorAll("a[data-export]")].map((a) => a.getAttribute("href"))`)
			if len(links) != 12 {
				t.Fatalf("%d files: %q", len(links), links)
			}
			for _, link := range links {
				s.checkExport(t, link, c.user)
			}
			dir := t.TempDir()
			w.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
				_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
					Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID})
				return err
			}))
			w.allow("status of 404") // asked for before it has begun
			w.click("#menu-export > summary")
			w.click(`#menu-export a[href*="format=xlsx&"]`)
			w.until(`document.querySelector("#export-progress span").textContent === ` + `"` + c.done + `"`)
			w.until(`document.querySelector("#export-progress").hidden`)
			files, err := os.ReadDir(dir)
			if err != nil || len(files) != 1 || !strings.HasSuffix(files[0].Name(), ".xlsx") {
				t.Errorf("downloaded %v, %v", files, err)
			}
		})
	}
}

// TestConsoleExportSessionOver: who is signed out meanwhile is told so, and how to go on; silence would pass for an export that goes on.
func TestConsoleExportSessionOver(t *testing.T) {
	s := consoleServer(t)
	root := auth.Caller{Tenants: engine.Tenants{All: true}}
	token, text, err := s.api.access.Make(root, auth.Wish{Name: "w", Grants: []auth.Grant{{Role: "reader", All: true}}})
	if err != nil {
		t.Fatal(err)
	}
	s.token = text
	w := s.window(t, look{Lang: "zh-CN"})
	w.allow("status of 401")
	w.open("/events")
	if _, err := s.api.access.Revoke(root, token.ID); err != nil {
		t.Fatal(err)
	}
	w.click("#menu-export > summary")
	w.click(`#menu-export a[href*="format=csv&"]`)
	w.until(`document.querySelector("#export-progress").innerText.startsWith("会话已结束")`)
	if got := w.text("#export-progress a"); got != "重新加载页面" {
		t.Errorf("the way on is %q", got)
	}
}

// checkExport downloads a file of amy's 15 events of the day, and reads it.
func (s *server) checkExport(t *testing.T, link, user string) {
	t.Helper()
	resp, body := s.do(t, s.request(t, "GET", link, ""))
	if resp.StatusCode != 200 || resp.Header.Get("X-Total-Count") != "15" || resp.Trailer.Get(countTrailer) != "15" {
		t.Errorf("%s: %d, %s of %s", link, resp.StatusCode, resp.Trailer.Get(countTrailer), resp.Header.Get("X-Total-Count"))
		return
	}
	format := resp.Request.URL.Query().Get("format")
	if name, zipped := strings.CutSuffix(format, ".zip"); zipped {
		format, body = name, unzip(t, body)
	}
	list := resp.Request.URL.Query().Get("columns") == "list"
	switch format {
	case "csv":
		if got := strings.Count(body, "\n"); got != 16 || list != strings.Contains(body, ","+user+",") {
			t.Errorf("%s: %d lines, %.100s", link, got, body)
		}
	case "xlsx":
		book, err := xlsxreader.NewReader([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", link, err)
		}
		rows := 0
		for row := range book.ReadRows(book.Sheets[0]) {
			if rows++; rows == 1 && list && row.Cells[1].Value != user {
				t.Errorf("%s: %+v", link, row.Cells)
			}
		}
		if rows != 16 || len(book.Sheets) != 2 {
			t.Errorf("%s: %d rows, sheets %q", link, rows, book.Sheets)
		}
	default:
		if got := strings.Count(body, `"name":"amy"`); got != 15 {
			t.Errorf("%s: %d events, %.100s", link, got, body)
		}
	}
}

// unzip returns the one file of a zip.
func unzip(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil || len(z.File) != 1 {
		t.Fatalf("zip: %v", err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(f); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
