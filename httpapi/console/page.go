package console

import (
	"bytes"
	"net/http"
	"time"

	"golang.org/x/text/message"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// page is the frame that every page has. Its methods are what templates call.
type page struct {
	Title       string // in English, a key of the catalogue
	Nav         string // the part of the site that it belongs to
	Lang        string
	Preferences preferences
	Caller      auth.Caller
	Version     string
	Self        string // the page's own path and query, to come back to
	Zone        *time.Location
	Now         time.Time
	Carried     string // the filter as a URL's query, which the other pages with filters take over

	printer *message.Printer
}

func (c *Console) page(r *http.Request, title, nav string) page {
	p := preferencesOf(r)
	lang := langOf(r, p)
	zone := zoneOf(r, p)
	return page{Title: title, Nav: nav, Lang: lang, Preferences: p, Caller: auth.From(r.Context()), Version: c.version, Self: r.URL.RequestURI(),
		Zone: zone, Now: c.now().In(zone), printer: printers[lang]}
}

// T translates: key is the English text, a format for the arguments.
func (p page) T(key string, args ...any) string { return p.printer.Sprintf(key, args...) }

// LangTag is the language as HTML names it.
func (p page) LangTag() string {
	if p.Lang == "zh" {
		return "zh-CN"
	}
	return "en"
}

// Time writes a moment to the second in the viewer's zone.
func (p page) Time(t time.Time) string { return t.In(p.Zone).Format("2006-01-02 15:04:05") }

// ISO is the moment for machines.
func (p page) ISO(t time.Time) string { return t.In(p.Zone).Format(time.RFC3339Nano) }

// Number writes a whole number with the language's separators.
func (p page) Number(n any) string { return p.printer.Sprint(n) }

// ZoneName names the zone with its offset now.
func (p page) ZoneName() string {
	if p.Zone == time.UTC || p.Zone.String() == "UTC" {
		return "UTC"
	}
	return p.Zone.String() + " (UTC" + p.Now.Format("-07:00") + ")"
}

// Link leads to another page with the same filter.
func (p page) Link(path string) string {
	if p.Carried == "" {
		return path
	}
	return path + "?" + p.Carried
}

// UTC reports whether times are shown in UTC.
func (p page) UTC() bool { return p.Zone.String() == "UTC" }

// contentPolicy lets a page load what this server has in /static and ask this server, and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// render answers with a page. What it shows is for the viewer's eyes: nothing on the way may keep it.
func (c *Console) render(w http.ResponseWriter, status int, name string, data any) error {
	var buf bytes.Buffer
	if err := c.pages[name].execute(&buf, data); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Add("Vary", "Accept-Language, Cookie")
	reply.Body(w, status, "text/html; charset=utf-8", buf.Bytes())
	return nil
}

func badForm(err error) error { return reply.BadBody("the form cannot be read: %v", err) }
