package httpapi

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// TestSignInPages is somebody's way in and out: the set-up link, the password, the second factor, the session's end.
func TestSignInPages(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `{"tenant":"acme","action":"x","time":"2026-11-23T11:00:00Z"}`)
	root := &visitor{server: s, token: s.token}
	made := root.post(t, "/settings/accounts", url.Values{"login": {"amy"}, "name": {"Amy <b>Ng</b>"}, "role": {"reader"}, "tenant": {"acme"}}, 303)
	root.get(t, made, 200)
	link := root.text("#setup-link")
	if !regexp.MustCompile(`^/setup#[A-Z2-7]{26}$`).MatchString(link) {
		t.Fatalf("set-up link %q", link)
	}
	if root.get(t, made, 200); root.text("#setup-link") != "" {
		t.Error("the link is shown twice")
	}

	amy := &visitor{server: s}
	amy.get(t, "/setup", 200)
	code := strings.TrimPrefix(link, "/setup#")
	amy.post(t, "/setup", url.Values{"code": {"x"}}, 400)
	amy.want(t, "#wrong", "is not one: 26 letters and digits, as the link has them behind the #")
	amy.post(t, "/setup", url.Values{"code": {code}}, 200)
	amy.want(t, "main p strong", "amy")
	amy.post(t, "/setup", url.Values{"code": {code}, "password": {goodPassword}, "again": {"another"}}, 400)
	amy.want(t, "#wrong", "is not the same")
	if amy.attribute(`input[name="again"]`, "aria-invalid") != "true" || amy.attribute(`input[name="code"]`, "value") != code || strings.Contains(amy.body, goodPassword) {
		t.Errorf("form %s", amy.body)
	}
	if to := amy.post(t, "/setup", url.Values{"code": {code}, "password": {goodPassword}, "again": {goodPassword}}, 303); to != "/sign-in?why=set-up" {
		t.Errorf("leads to %s", to)
	}
	amy.post(t, "/setup", url.Values{"code": {code}}, 400) // used

	amy.get(t, "/events?q=timeout", 303)
	in := amy.resp.Header.Get("Location")
	if in != "/sign-in?return=%2Fevents%3Fq%3Dtimeout" {
		t.Fatalf("leads to %s", in)
	}
	amy.get(t, in, 200)
	if amy.text(".notice") != "" || amy.attribute(`main input[name="return"]`, "value") != "/events?q=timeout" {
		t.Errorf("page %s", amy.body)
	}
	back := url.Values{"login": {"amy"}, "return": {"/events?q=timeout"}, "password": {"wrong"}}
	amy.post(t, "/sign-in", back, 401)
	if amy.attribute(`input[name="login"]`, "value") != "amy" || amy.text("#wrong") == "" || amy.attribute(`main input[name="return"]`, "value") != "/events?q=timeout" {
		t.Errorf("form %s", amy.body)
	}
	back.Set("password", goodPassword)
	if to := amy.post(t, "/sign-in", back, 303); to != "/events?q=timeout" || amy.cookie == "" {
		t.Fatalf("leads to %s", to)
	}
	amy.get(t, "/sign-in", 303)
	amy.get(t, "/settings", 200)
	if got := strings.Join(amy.texts(".side a"), ", "); got != "Your account, Saved views, Tenants, Retention, About this server" {
		t.Errorf("a reader's settings: %s", got)
	}

	secret := amy.enrolByPage(t)
	if to := amy.post(t, "/sign-out", nil, 303); to != "/sign-in?why=signed-out" || amy.cookie != "" {
		t.Errorf("leads to %s with %q", to, amy.cookie)
	}
	to := amy.post(t, "/sign-in", back, 303)
	if to != "/sign-in/second-factor?return=%2Fevents%3Fq%3Dtimeout" {
		t.Fatalf("leads to %s", to)
	}
	amy.get(t, "/events", 303) // not yet
	amy.get(t, to, 200)
	amy.post(t, "/sign-in/second-factor", url.Values{"code": {"x"}, "return": {"/"}}, 400)
	amy.post(t, "/sign-in/second-factor", url.Values{"code": {"000000"}, "return": {"/"}}, 401)
	amy.want(t, "#wrong", "the code is wrong, has been used or is too old")
	s.later.Add(int64(time.Minute))
	if to := amy.post(t, "/sign-in/second-factor", url.Values{"code": {totpCode(t, s, secret)}, "return": {"/"}}, 303); to != "/" {
		t.Errorf("leads to %s", to)
	}
	amy.get(t, "/sign-in/second-factor?return=%2Fviews", 303)
	amy.get(t, "/settings/account", 200)
	amy.post(t, "/settings/account/second-factor/remove", url.Values{"password": {"wrong"}}, 400)
	amy.post(t, "/settings/account/second-factor/remove", url.Values{"password": {goodPassword}}, 303)

	s.later.Add(int64(24 * time.Hour))
	amy.get(t, "/views", 303)
	amy.get(t, amy.resp.Header.Get("Location"), 200)
	amy.want(t, ".notice", "Your session has ended. Sign in again to go on where you were.")
}

// enrolByPage gives the account a second factor, and returns its secret.
func (v *visitor) enrolByPage(t *testing.T) (secret string) {
	t.Helper()
	v.post(t, "/settings/account/second-factor", url.Values{"password": {"wrong"}}, 400)
	v.want(t, "#factor-error", "is not the account's password")
	v.get(t, v.post(t, "/settings/account/second-factor", url.Values{"password": {goodPassword}}, 303), 200)
	secret = v.text("#totp-secret")
	if secret == "" || v.attribute("svg.qr path", "d") == "" {
		t.Fatalf("no key: %s", v.body)
	}
	v.post(t, "/settings/account/second-factor/confirm", url.Values{"code": {"x"}}, 400)
	v.want(t, "#confirm-error", "is not 6 digits")
	v.get(t, v.post(t, "/settings/account/second-factor/confirm", url.Values{"code": {totpCode(t, v.server, secret)}}, 303), 200)
	if got := len(strings.Fields(v.text("#recovery"))); got != 10 {
		t.Errorf("%d recovery codes", got)
	}
	if v.get(t, "/settings/account", 200); v.text("#recovery") != "" || strings.Contains(v.body, secret) {
		t.Error("the codes or the key are shown twice")
	}
	return secret
}

func totpCode(t *testing.T, s *server, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, testNow.Add(time.Duration(s.later.Load())))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestFirstSetupPage: the first administrator chooses everything.
func TestFirstSetupPage(t *testing.T) {
	s := newServer(t, Options{})
	link, err := s.api.access.RenewFirstSetup()
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{server: s}
	choice := url.Values{"code": {link.Code}}
	v.post(t, "/setup", choice, 200)
	for name, value := range map[string]string{"login": "a b", "name": "Root", "email": "", "password": goodPassword, "again": goodPassword} {
		choice.Set(name, value)
	}
	v.post(t, "/setup", choice, 400)
	if v.attribute(`input[name="login"]`, "value") != "a b" || v.attribute(`input[name="login"]`, "aria-invalid") != "true" {
		t.Errorf("form %s", v.body)
	}
	choice.Set("login", "root")
	v.post(t, "/setup", choice, 303)
	v.post(t, "/sign-in", url.Values{"login": {"root"}, "password": {goodPassword}, "return": {"https://evil.example/"}}, 303)
	if to := v.resp.Header.Get("Location"); to != "/events" {
		t.Errorf("leads to %s", to)
	}
	v.get(t, "/settings/tokens", 200)
}

// TestSignInLockout: who has tried too often is told when to come back, with what was typed.
func TestSignInLockout(t *testing.T) {
	s := newServer(t, Options{})
	v := &visitor{server: s}
	wrong := url.Values{"login": {"amy"}, "password": {"wrong"}}
	for range 5 {
		v.post(t, "/sign-in", wrong, 401)
	}
	v.post(t, "/sign-in", wrong, 429)
	if got := v.text("#wrong"); !regexp.MustCompile(`^There were too many tries\. Try again at 2026-11-23 12:00:1\d\.$`).MatchString(got) {
		t.Errorf("it says %q", got)
	}
	if v.attribute(`input[name="login"]`, "value") != "amy" {
		t.Error("the login is lost")
	}
}

// TestTroublePages: whatever goes wrong, a browser gets a page, and a program a problem document.
func TestTroublePages(t *testing.T) {
	s := newServer(t, Options{})
	reader := (&walker{server: s})
	_, token := reader.makeToken(t, "reader", `"acme"`)
	v := &visitor{server: s, token: token}
	v.get(t, "/settings/tokens", 403)
	v.want(t, "main h1", "You may not open this")
	if len(v.texts(".top nav a")) == 0 || !strings.Contains(v.text("main"), "for acme") {
		t.Errorf("page %s", v.body)
	}
	v.get(t, "/views/x", 404)
	v.want(t, "main h1", "There is nothing here")
	v.get(t, "/nowhere", 404)
	v.want(t, "main h1", "There is nothing here")
	v.post(t, "/views/x/mark", url.Values{"x": {strings.Repeat("x", 100<<10)}}, 413)
	v.want(t, "main h1", "The request cannot be answered")
	(&visitor{server: s, token: "annals_x"}).get(t, "/events", 401)

	anonymous := &visitor{server: s, cookie: "annals=" + strings.Repeat("A", 43)}
	r := s.request(t, "POST", "/views", "")
	r.Header = http.Header{"Accept": {"text/html"}, "Referer": {s.URL + "/events?q=x"}, "Cookie": {anonymous.cookie}}
	if resp, _ := s.do(t, r); resp.Header.Get("Location") != "/sign-in?return=%2Fevents%3Fq%3Dx&why=timed-out" {
		t.Errorf("leads to %s", resp.Header.Get("Location"))
	}
	r.Header.Set("Referer", "https://evil.example/events?q=x")
	if resp, _ := s.do(t, r); resp.Header.Get("Location") != "/sign-in?why=timed-out" {
		t.Errorf("leads to %s", resp.Header.Get("Location"))
	}
	r = s.request(t, "GET", "/settings", "")
	r.Header = http.Header{"Accept": {"application/json"}}
	if resp, body := s.do(t, r); resp.StatusCode != 401 || !strings.Contains(body, "urn:annals:problem:unauthorized") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// TestFormsOfOtherSites: a form of another site changes nothing, whoever is signed in.
func TestFormsOfOtherSites(t *testing.T) {
	s := newServer(t, Options{})
	p := s.newPerson(t, "amy", `{"role":"admin","all_tenants":true}`)
	p.signIn(t, "amy", goodPassword, 200)
	for _, rt := range s.api.routes() {
		if rt.query != anyQuery || rt.method != "POST" {
			continue
		}
		for _, from := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}, {"Origin": {"null"}}} {
			r := s.request(t, "POST", rt.path, "name=x")
			r.Header = from.Clone()
			r.Header.Set("Cookie", p.cookie)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if resp, body := s.do(t, r); resp.StatusCode != 403 {
				t.Errorf("%s from %v: %d %s", rt.path, from, resp.StatusCode, body)
			}
		}
	}
	p.ask(t, "GET", "/session", "", 200, nil)
}
