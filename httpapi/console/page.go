package console

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/text/message"

	"annals/engine"
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
	May         may    // what else the viewer may do, so that no link leads to a closed door
	Carried     string // the filter as a URL's query, which the other pages with filters take over

	printer *message.Printer
}

func (c *Console) page(r *http.Request, title, nav string) page {
	p := preferencesOf(r)
	lang := langOf(r, p)
	zone := zoneOf(r, p)
	caller := auth.From(r.Context())
	if caller.ID == "" { // on a page that is open to everyone, or where what is wrong is shown
		caller = c.access.Who(r)
	}
	return page{Title: title, Nav: nav, Lang: lang, Preferences: p, Caller: caller, Version: c.version, Self: pageOf(r),
		Zone: zone, Now: c.now().In(zone), May: c.may(caller), printer: printers[lang]}
}

// may is what somebody may do anywhere, or everywhere.
type may struct{ Read, Manage, Audit, ManageAll bool }

func (c *Console) may(caller auth.Caller) may {
	read, manage := c.access.Holds(caller, auth.Read), c.access.Holds(caller, auth.Manage)
	some := func(t engine.Tenants) bool { return t.All || len(t.Names) > 0 }
	return may{some(read), some(manage), c.access.Holds(caller, auth.Audit).Everything(), manage.Everything()}
}

// Page is the frame, for a part of the page that needs it.
func (p page) Page() page { return p }

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

// maxFormBytes bounds what a page's form may send.
const maxFormBytes = 64 << 10

// readForm returns what a form sent in its body.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, err
		}
		return nil, badForm(err)
	}
	return r.PostForm, nil
}

func badForm(err error) error { return reply.BadBody("the form cannot be read: %v", err) }
