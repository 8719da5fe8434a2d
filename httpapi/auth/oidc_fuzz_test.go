package auth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"annals/httpapi/reply"
)

// direct asks an issuer without a network between.
type direct struct{ *issuer }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// FuzzOIDCCallback: whatever comes back, with whatever cookie, ends with a problem and without an entry: the one thing that nobody can make up is
// a code that the provider gave for the sign-in. With genuine, state and cookie are those of a sign-in under way.
func FuzzOIDCCallback(f *testing.F) {
	s := newSite(f, "* = admin@*")
	s.oidc.client.Transport = boundedAnswers{direct{s.issuer}}
	f.Add("state=x&code=y", "x", false)
	f.Add("code=y&iss=&error_description=%00", "", true)
	f.Add("error=access_denied", "AAAA", true)
	f.Add("code=y&code=z&;=%", "=; "+s.oidc.cookieName+"=x", true)
	f.Fuzz(func(t *testing.T, query, cookie string, genuine bool) {
		r := httptest.NewRequest("GET", OIDCCallbackPath, nil)
		r.Header.Set("Cookie", s.oidc.cookieName+"="+cookie)
		if genuine {
			w := httptest.NewRecorder()
			if err := s.oidc.Start(w, httptest.NewRequest("GET", OIDCStartPath, nil)); err != nil {
				t.Fatal(err)
			}
			to, err := url.Parse(w.Header().Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Cookie", w.Result().Cookies()[0].String()+"; "+cookie)
			query = "state=" + to.Query().Get("state") + "&" + query
		}
		r.URL.RawQuery = query
		s.events = nil
		w := httptest.NewRecorder()
		err := s.oidc.Callback(w, r)
		if err == nil {
			t.Fatalf("signed in with %q, cookie %q", query, cookie)
		}
		if p := reply.ProblemOf(err); p.Status != 400 && p.Status != 401 && p.Status != 503 {
			t.Errorf("%q: %+v", query, p)
		}
		e, n := s.lastEvent()
		if n != 1 || !strings.HasPrefix(e.Error.Code, "oidc/") || len(e.Error.Message) > maxCauseBytes {
			t.Errorf("%q: event %s", query, e.AppendJSON(nil))
		}
		for _, c := range w.Result().Cookies() {
			if c.Value != "" {
				t.Errorf("%q: cookie %v", query, c)
			}
		}
	})
}

// FuzzLocalPath: a browser that is sent to what comes out stays on this server. Browsers differ from url in what they take for a slash and leave
// out, so a browser's reading is tried too.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "//x", "/\\x", "/\t/x", "/a/..//x", "/.//x", "/%2f/x", "/a?b#c", "http:x", "/a:b@c", "/;//x", "/?//x", "/#//x", "/\u2028/x", "/[::1"} {
		f.Add(s)
	}
	base, err := url.Parse("https://annals.test/auth/oidc/callback")
	if err != nil {
		f.Fatal(err)
	}
	asBrowser := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/")
	f.Fuzz(func(t *testing.T, s string) {
		got := localPath(s)
		for _, reading := range []string{got, asBrowser.Replace(got), strings.TrimLeft(got, " \x00\x1f")} {
			u, err := url.Parse(reading)
			if err != nil {
				t.Fatalf("%q: %v", got, err)
			}
			if at := base.ResolveReference(u); at.Scheme != base.Scheme || at.Host != base.Host || at.User != nil || strings.HasPrefix(reading, "//") {
				t.Errorf("%q leads to %s", s, at)
			}
		}
		if again := localPath(got); again != got {
			t.Errorf("%q: %q, and then %q", s, got, again)
		}
	})
}

// FuzzMapping: what is read as a mapping gives roles that a token could have.
func FuzzMapping(f *testing.F) {
	f.Add(testMapping, "audit")
	f.Add("* = reader@*\na = reader@_annals", "a")
	f.Add("a=b=admin@x, y ,x\r\n#", "a=b")
	f.Fuzz(func(t *testing.T, text, group string) {
		m, err := ParseMapping(text)
		if err != nil {
			return
		}
		grants := m.grants([]string{group})
		if len(grants) > MaxGrants {
			t.Errorf("%d grants", len(grants))
		}
		for _, g := range grants {
			if err := g.check(""); err != nil {
				t.Errorf("%+v: %v", g, err)
			}
		}
	})
}
