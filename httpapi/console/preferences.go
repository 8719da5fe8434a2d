package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones must also be known where the system has no database of them

	"golang.org/x/text/language"

	"annals/httpapi/reply"
)

// preferences are what a viewer has chosen, kept in a cookie of the browser's, so that they need no account and hold before signing in.
type preferences struct {
	Lang    string   // "en", "zh" or "": as the browser asks
	Theme   string   // "light", "dark" or "": as the system says
	Zone    string   // IANA name; "": the browser's
	Period  string   // of a list that names none
	Size    string   // events on a page
	Columns []string // of the list
}

const (
	preferencesCookie = "annals-preferences"
	zoneCookie        = "annals-zone" // the browser's zone, set by the script
	preferencesAge    = 365 * 24 * time.Hour
)

func preferencesOf(r *http.Request) preferences {
	cookie, err := r.Cookie(preferencesCookie)
	if err != nil {
		return preferences{}
	}
	values, err := url.ParseQuery(cookie.Value)
	if err != nil {
		return preferences{}
	}
	return readPreferences(values)
}

// readPreferences takes what is valid and leaves out the rest: a cookie may be from another version.
func readPreferences(values url.Values) (p preferences) {
	oneOf := func(name string, allowed ...string) string {
		if v := values.Get(name); slices.Contains(allowed, v) {
			return v
		}
		return ""
	}
	p.Lang, p.Theme = oneOf("lang", "en", "zh"), oneOf("theme", "light", "dark")
	p.Size = oneOf("size", pageSizes...)
	if _, err := time.LoadLocation(values.Get("zone")); err == nil && values.Get("zone") != "Local" {
		p.Zone = values.Get("zone")
	}
	if period, ok := periodNamed(values.Get("period")); ok && period.Name != custom {
		p.Period = period.Name
	}
	for _, name := range strings.Split(values.Get("columns"), ",") {
		if knownColumn(name) && !slices.Contains(p.Columns, name) {
			p.Columns = append(p.Columns, name)
		}
	}
	return p
}

func (p preferences) encode() string {
	values := url.Values{}
	for name, v := range map[string]string{"lang": p.Lang, "theme": p.Theme, "zone": p.Zone, "period": p.Period, "size": p.Size,
		"columns": strings.Join(p.Columns, ",")} {
		if v != "" {
			values.Set(name, v)
		}
	}
	return values.Encode()
}

// savePreferences answers POST /preferences: members that the form names are changed, the others stay.
func (c *Console) savePreferences(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	values, err := url.ParseQuery(preferencesOf(r).encode())
	if err != nil {
		return badForm(err)
	}
	for name, list := range r.PostForm {
		values.Set(name, strings.Join(list, ","))
	}
	http.SetCookie(w, &http.Cookie{Name: preferencesCookie, Value: readPreferences(values).encode(), Path: "/", HttpOnly: true, Secure: r.TLS != nil || reply.Secure(r.Context()),
		SameSite: http.SameSiteLaxMode, MaxAge: int(preferencesAge.Seconds())})
	http.Redirect(w, r, localPath(r.PostForm.Get("return")), http.StatusSeeOther)
	return nil
}

// localPath returns the path if it is one on this server, whatever a browser makes of it, else the list's.
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") ||
		strings.ContainsFunc(s, func(r rune) bool { return r == '\\' || r < 0x20 || r == 0x7f }) {
		return "/events"
	}
	return s
}

// zoneOf is the zone that times are shown and read in: the address's, the chosen one, the browser's, or UTC.
func zoneOf(r *http.Request, p preferences) *time.Location {
	return append(zones(r.URL.Query().Get("tz"), p.Zone, browserZone(r)), time.UTC)[0]
}

// otherZone is what the switch beside the zone's name leads to: UTC, or the zone that times are in when the address does not ask for UTC. It is
// "" when there is only UTC.
func otherZone(r *http.Request) string {
	p := preferencesOf(r)
	if zoneOf(r, p).String() != "UTC" {
		return "UTC"
	}
	for _, loc := range zones(p.Zone, browserZone(r)) {
		if loc.String() != "UTC" {
			return loc.String()
		}
	}
	return ""
}

// zones are the names that are known.
func zones(names ...string) (known []*time.Location) {
	for _, name := range names {
		if loc, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
			known = append(known, loc)
		}
	}
	return known
}

func browserZone(r *http.Request) string {
	cookie, err := r.Cookie(zoneCookie)
	if err != nil {
		return ""
	}
	name, err := url.QueryUnescape(cookie.Value)
	if err != nil {
		return ""
	}
	return name
}

var languages = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})

// langOf is the language of the page: the chosen one, or the browser's.
func langOf(r *http.Request, p preferences) string {
	if p.Lang != "" {
		return p.Lang
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return "en"
	}
	if _, i, confidence := languages.Match(tags...); i == 1 && confidence > language.No {
		return "zh"
	}
	return "en"
}
