package httpapi

import (
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
)

// TestTokenPages: a token is made, shown once to who has made it, and revoked.
func TestTokenPages(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `[{"tenant":"acme","action":"x"},{"tenant":"beta","action":"x"}]`)
	w := &walker{server: s}
	_, acme := w.makeToken(t, "admin", `"acme"`)
	v := &visitor{server: s, token: acme}
	v.get(t, "/settings/tokens/new", 200)
	if got := strings.Join(v.texts(".some .choice"), ","); got != "acme" || v.attribute(`input[name="scope"]`, "name") != "" {
		t.Errorf("who manages acme may choose %s", got)
	}
	if got := v.attribute(`input[name="expires"]`, "value"); got != "2027-02-21" {
		t.Errorf("expires %s", got)
	}
	wish := url.Values{"name": {"<i>shipper</i>"}, "role": {"writer"}}
	v.post(t, "/settings/tokens", wish, 400)
	v.want(t, "#tenants-error", "choose a tenant")
	if v.attribute(`input[name="name"]`, "value") != "<i>shipper</i>" || v.attribute(`input[value="writer"]`, "checked") != "" && v.text("#role-error") != "" {
		t.Errorf("form %s", v.body)
	}
	wish.Set("others", "beta")
	v.post(t, "/settings/tokens", wish, 403)
	v.want(t, "#tenants-error", "roles may only be given in the tenants that are managed")
	wish.Set("others", "")
	wish.Set("tenant", "acme")
	wish.Set("expires", "someday")
	v.post(t, "/settings/tokens", wish, 400)
	v.want(t, "#expires-error", "is not a day such as 2027-01-31")
	wish.Set("expires", "2026-11-23")
	wish.Set("name", "")
	v.post(t, "/settings/tokens", wish, 400)
	v.want(t, "#name-error", "is missing; it says what this is for")
	wish.Set("name", "<i>shipper</i>")
	made := v.post(t, "/settings/tokens", wish, 303)
	id := strings.TrimPrefix(made, "/settings/tokens/")

	if (&visitor{server: s, token: s.token}).get(t, made, 200); strings.Contains(v.body, "annals_") {
		t.Error("somebody else sees the token's text")
	}
	v.get(t, made, 200)
	text := v.text("#token-text")
	if !strings.HasPrefix(text, "annals_"+id+"_") {
		t.Fatalf("token %q of %s", text, made)
	}
	v.want(t, "main h1", "<i>shipper</i>")
	if got := strings.Join(v.texts(".fields dd"), "|"); got != "active|"+id+"|writer acme|2026-11-23 12:00:00|never|2026-11-24 00:00:00" {
		t.Errorf("fields %s", got)
	}
	if v.get(t, made, 200); strings.Contains(v.body, text) || v.text(".secret") != "" {
		t.Error("the text is shown twice")
	}
	r := s.request(t, "POST", "/api/v1/events", `{"action":"x"}`)
	r.Header.Set("Authorization", "Bearer "+text)
	if resp, body := s.do(t, r); resp.StatusCode != 201 {
		t.Errorf("the token: %d %s", resp.StatusCode, body)
	}
	if to := v.post(t, made+"/revoke", nil, 303); to != "/settings/tokens?done=token-revoked" {
		t.Errorf("leads to %s", to)
	}
	v.get(t, "/settings/tokens?done=token-revoked", 200)
	v.want(t, ".notice", "The token is revoked. Whoever uses it is refused from now on.")
	if got := v.texts("#tokens .state"); strings.Join(got, ",") != "active,revoked" {
		t.Errorf("states %q", got)
	}
	v.get(t, made, 200)
	if v.text("details.confirm") != "" {
		t.Error("it can be revoked again")
	}
	if v.get(t, "/settings/tokens?done=<script>", 200); v.text(".notice") != "" {
		t.Errorf("says %q", v.text(".notice"))
	}
}

// TestShownOnce: what nobody comes for is forgotten.
func TestShownOnce(t *testing.T) {
	s := newServer(t, Options{})
	v := &visitor{server: s, token: s.token}
	made := v.post(t, "/settings/tokens", url.Values{"name": {"x"}, "role": {"reader"}, "scope": {"all"}}, 303)
	other := &visitor{server: s, token: s.token}
	for i := range 3 {
		other.post(t, "/settings/tokens", url.Values{"name": {fmt.Sprint(i)}, "role": {"reader"}, "scope": {"all"}}, 303)
	}
	if v.get(t, made, 200); !strings.HasPrefix(v.text("#token-text"), "annals_") {
		t.Error("others that are made take it away")
	}
}

// TestCredentialPages: a key pair is made, its secret shown once, and revoked.
func TestCredentialPages(t *testing.T) {
	s := newServer(t, Options{})
	v := &visitor{server: s, token: s.token}
	v.get(t, "/settings/credentials", 200)
	v.want(t, ".empty h2", "There are no key pairs")
	v.get(t, "/settings/credentials/new", 200)
	if got := len(v.texts(`input[name="kind"]`)); got != len(auth.CredentialKinds) {
		t.Errorf("%d kinds", got)
	}
	wish := url.Values{"name": {"RDS console"}, "kind": {"other"}, "role": {"reader"}, "scope": {"all"}}
	v.post(t, "/settings/credentials", wish, 400)
	if v.attribute(`input[name="name"]`, "value") != "RDS console" || v.text("fieldset.wrong .error") == "" {
		t.Errorf("form %s", v.body)
	}
	for _, kind := range auth.CredentialKinds {
		wish.Set("kind", kind)
		made := v.post(t, "/settings/credentials", wish, 303)
		id := strings.TrimPrefix(made, "/settings/credentials/")
		v.get(t, made, 200)
		secret := v.text("#secret-text")
		if _, rest := auth.SplitAppKey(secret); kind == auth.Flashduty && (!strings.HasPrefix(secret, id) || len(rest) != 40) || kind != auth.Flashduty && (len(secret) != 40 || v.text("#key-id") != id) {
			t.Errorf("%s: secret %q of %s", kind, secret, id)
		}
		if v.get(t, made, 200); secret == "" || strings.Contains(v.body, secret) {
			t.Errorf("%s: the secret is shown twice", kind)
		}
		v.get(t, v.post(t, made+"/revoke", nil, 303), 200)
		v.want(t, ".notice", "The key pair is revoked, and its secret removed.")
	}
	if got := v.texts("#credentials .state"); strings.Join(got, ",") != "revoked,revoked,revoked,revoked" {
		t.Errorf("states %q", got)
	}
}

// TestAccountPages: an account is made, changed, disabled and reset.
func TestAccountPages(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `[{"tenant":"acme","action":"x"},{"tenant":"beta","action":"x"}]`)
	v := &visitor{server: s, token: s.token}
	v.get(t, "/settings/accounts", 200)
	v.want(t, ".empty h2", "There are no accounts yet")
	v.get(t, "/settings/accounts/new", 200)
	wish := url.Values{"login": {"amy"}, "name": {"Amy"}, "email": {"no address"}, "role": {"auditor"}, "scope": {"some"}, "tenant": {"acme"}, "others": {"gamma, delta"}}
	v.post(t, "/settings/accounts", wish, 400)
	if v.text("#email-error") == "" || v.attribute(`input[name="email"]`, "value") != "no address" || v.attribute(`input[name="others"]`, "value") != "gamma, delta" {
		t.Errorf("form %s", v.body)
	}
	wish.Set("email", "amy@example.com")
	at := v.post(t, "/settings/accounts", wish, 303)
	v.get(t, at, 200)
	v.want(t, ".fields dd .grant", "auditor acme, gamma, delta")
	v.want(t, ".fields dd .state", "not set up yet")
	if v.attribute(`input[value="acme"]`, "type") != "checkbox" || v.attribute(`input[name="others"]`, "value") != "gamma, delta" {
		t.Errorf("form %s", v.body)
	}
	v.post(t, at, url.Values{"name": {""}, "email": {""}}, 400)
	v.want(t, "#name-error", "is missing")
	to := v.post(t, at, url.Values{"name": {"Amy Ng"}, "email": {""}, "role": {"reader"}, "scope": {"all"}}, 303)
	v.get(t, to, 200)
	v.want(t, ".notice", "The account is changed.")
	v.want(t, ".fields dd .grant", "reader all tenants")
	v.get(t, v.post(t, at+"/disable", url.Values{"disabled": {"on"}}, 303), 200)
	v.want(t, ".fields dd .state", "disabled")
	v.get(t, v.post(t, at+"/disable", url.Values{"disabled": {"off"}}, 303), 200)
	v.want(t, ".fields dd .state", "not set up yet")
	v.get(t, v.post(t, at+"/reset", nil, 303), 200)
	if !strings.HasPrefix(v.text("#setup-link"), "/setup#") {
		t.Error("a reset without a link")
	}
	v.get(t, "/settings/accounts", 200)
	if got := strings.Join(v.texts("#accounts td"), "|"); got != "amy|Amy Ng|reader all tenants|not set up yet|never" {
		t.Errorf("accounts %s", got)
	}

	// Two roles: each has a part of the form, and so has one more.
	p := s.newPerson(t, "bob", `{"role":"reader","tenants":["acme"]},{"role":"writer","tenants":["beta"]}`)
	p.signIn(t, "bob", goodPassword, 200)
	var me auth.Me
	p.ask(t, "GET", "/session", "", 200, &me)
	v.get(t, "/settings/accounts/"+me.ID, 200)
	if got := v.attribute(`input[name="role"][checked]`, "value") + " " + v.attribute(`input[name="role-2"][checked]`, "value"); got != "reader writer" || v.attribute(`input[name="role-3"][checked]`, "value") != "" {
		t.Errorf("the form has %s: %s", got, v.body)
	}
	v.post(t, "/settings/accounts/"+me.ID, url.Values{"name": {"Bob"}, "email": {""}}, 303)
	p.ask(t, "GET", "/session", "", 200, &me)
	if len(me.Grants) != 2 || me.Name != "Bob" {
		t.Errorf("bob is %+v", me)
	}
	roles := func(status int, pairs ...string) {
		t.Helper()
		values := url.Values{"name": {"Bob"}, "email": {""}}
		for _, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			values.Add(name, value)
		}
		v.post(t, "/settings/accounts/"+me.ID, values, status)
	}
	roles(400, "role=", "role-2=")
	v.want(t, "#tenants-error", "is empty; a role is needed")
	roles(400, "role=", "role-2=writer", "tenant-2=beta", "role-3=auditor", "scope-3=some")
	v.want(t, "#tenants-error-3", "choose a tenant")
	if v.text("#tenants-error") != "" || v.text("#tenants-error-2") != "" || v.attribute(`input[name="role-3"][checked]`, "value") != "auditor" {
		t.Errorf("form %s", v.body)
	}
	roles(400, "role=reader", "tenant=acme", "role-2=king", "others-2=beta")
	v.want(t, "#role-error-2", `"king" is not one of writer, reader, auditor, admin`)
	roles(303, "role=", "role-2=writer", "tenant-2=beta", "role-3=auditor", "others-3=acme, delta")
	v.get(t, "/settings/accounts/"+me.ID, 200)
	if got := strings.Join(v.texts(".fields dd .grant"), "|"); got != "writer beta|auditor acme, delta" {
		t.Errorf("bob may %s", got)
	}
	roles(303, "role=writer", "tenant=beta", "role-2=", "role-3=")
	v.get(t, "/settings/accounts/"+me.ID, 200)
	if got := strings.Join(v.texts(".fields dd .grant"), "|"); got != "writer beta" {
		t.Errorf("bob may %s", got)
	}
}

// TestOwnAccountPage: somebody changes the password and signs out everywhere.
func TestOwnAccountPage(t *testing.T) {
	s := newServer(t, Options{})
	p := s.newPerson(t, "amy", `{"role":"reader","tenants":["acme"]}`)
	p.signIn(t, "amy", goodPassword, 200)
	v := &visitor{server: s, cookie: p.cookie}
	v.get(t, "/settings/account", 200)
	if got := len(v.texts(".sessions li")); got != 1 {
		t.Errorf("%d sessions", got)
	}
	change := url.Values{"old": {goodPassword}, "new": {"a quite different sentence"}, "again": {"another"}}
	v.post(t, "/settings/account/password", change, 400)
	v.want(t, "#password-error", "is not the same")
	change.Set("again", "a quite different sentence")
	change.Set("old", "wrong")
	v.post(t, "/settings/account/password", change, 400)
	if v.attribute(`input[name="old"]`, "aria-invalid") != "true" || strings.Contains(v.body, "a quite different") {
		t.Errorf("form %s", v.body)
	}
	change.Set("old", goodPassword)
	v.get(t, v.post(t, "/settings/account/password", change, 303), 200)
	v.want(t, ".notice", "The password is changed. All other sessions are signed out.")
	p.ask(t, "GET", "/session", "", 401, nil)
	v.post(t, "/settings/account/sign-out-everywhere", nil, 303)
	v.get(t, "/settings/account", 303)

	vouched := &visitor{server: s, cookie: s.signInAs(t, "someone", auth.Grant{Role: "reader", All: true})}
	if vouched.get(t, "/settings/account", 200); strings.Contains(vouched.body, `type="password"`) {
		t.Error("a password is asked for where there is none")
	}
}

// TestAboutPage: what concerns all tenants is for who audits all of them, and a verification is remembered.
func TestAboutPage(t *testing.T) {
	s := newServer(t, Options{Version: "1.2.3"})
	s.post(t, `[{"tenant":"acme","action":"x"},{"tenant":"beta","action":"x"}]`)
	w := &walker{server: s}
	_, acme := w.makeToken(t, "admin", `"acme"`)
	v := &visitor{server: s, token: acme}
	v.get(t, "/settings/about", 200)
	if got := v.texts(".fields dd"); got[0] != "1.2.3" || got[1] != "1" || got[2] != "2" || v.text("#verification") != "" || len(got) != 4 {
		t.Errorf("who manages acme sees %q", got)
	}
	if v.text("#checkpoint") == "" || !strings.Contains(v.text("#verifier-key"), "+") {
		t.Errorf("no checkpoint: %s", v.body)
	}
	v = &visitor{server: s, token: s.token}
	v.get(t, "/settings/about", 200)
	v.want(t, "#verified", "Never verified with this server's data.")
	s.do(t, s.request(t, "GET", "/api/v1/verify", ""))
	v.get(t, "/settings/about", 200)
	v.want(t, "#verified", "Last verified 2026-11-23 12:00:00: all 2 events are as they were written")
	if len(v.texts(".fields dt")) != 9 {
		t.Errorf("fields %q", v.texts(".fields dt"))
	}
}

// TestTenantsPage: a reader sees the reader's tenants only, with how much is in them.
func TestTenantsPage(t *testing.T) {
	s := newServer(t, Options{})
	v := &visitor{server: s, token: s.token}
	v.get(t, "/settings/tenants", 200)
	v.want(t, ".empty h2", "No tenant has events yet")
	var events []string
	for i := range 60 {
		events = append(events, fmt.Sprintf(`{"tenant":"t%02d","action":"x","time":"2026-11-2%dT08:00:00Z"},{"tenant":"t%02d","action":"y","time":"2026-11-23T09:00:00Z"}`, i, i%3, i))
	}
	s.post(t, "["+strings.Join(events, ",")+"]")
	w := &walker{server: s}
	_, one := w.makeToken(t, "reader", `"t07"`)
	reader := &visitor{server: s, token: one}
	reader.get(t, "/settings/tenants", 200)
	if got := strings.Join(reader.texts("#tenants td"), "|"); got != "t07|2|2026-11-21 08:00:00|2026-11-23 09:00:00" {
		t.Errorf("a reader of t07 sees %s", got)
	}
	v.get(t, "/settings/tenants", 200)
	if got := len(v.texts("#tenants tbody tr")); got != 50 || v.attribute(`a[rel="next"]`, "href") != "/settings/tenants?page=2" {
		t.Errorf("%d tenants", got)
	}
	v.get(t, "/settings/tenants?page=2", 200)
	if got := v.texts("#tenants tbody tr"); len(got) != 10 {
		t.Errorf("tenants %q", got)
	}
	v.get(t, v.attribute("#tenants a", "href"), 200)
	if got := len(v.texts("#events tbody tr")); got != 2 {
		t.Errorf("the link shows %d events", got)
	}
}

// TestRetentionPage: what was removed is told to who sees the server's own log.
func TestRetentionPage(t *testing.T) {
	var aged atomic.Int64
	s := serve(t, Options{}, engine.Options{WindowEvents: 256, Retention: 365 * 24 * time.Hour,
		Now: func() time.Time { return testNow.Add(time.Duration(aged.Load())) }})
	w := &walker{server: s}
	_, acme := w.makeToken(t, "reader", `"acme"`)
	reader, v := &visitor{server: s, token: acme}, &visitor{server: s, token: s.token}
	v.get(t, "/settings/retention", 200)
	if got := v.texts(".fields dd"); strings.Join(got, "|") != "365 days|none" || v.text(".settings-body > section:last-child p") != "Nothing yet." {
		t.Errorf("of an empty log: %q %s", got, v.text(".settings-body > section:last-child p"))
	}
	s.post(t, "["+strings.Repeat(`{"tenant":"acme","action":"x","time":"2026-11-20T08:00:00Z"},`, 256)+`{"tenant":"acme","action":"x","time":"2026-11-21T09:00:00Z"}]`)
	reader.get(t, "/settings/retention", 200)
	if got := reader.texts(".fields dd"); got[1] != "2026-11-20 08:00:00 3 days ago" || strings.Contains(reader.body, "What was removed") {
		t.Errorf("a reader sees %q", got)
	}
	enginetest.Eventually(t, "the window is sealed", func() bool { return s.log.Stats().Windows[0].State == "sealed" })
	aged.Store(int64(400 * 24 * time.Hour))
	if err := s.log.Retain(); err != nil {
		t.Fatal(err)
	}
	v.get(t, "/settings/retention", 200)
	if got := strings.Join(v.texts("#runs td"), "|"); got != "2027-12-28 12:00:00|256|2026-11-20 08:00:00|2026-11-20 08:00:00" {
		t.Errorf("runs %s", got)
	}
	v.get(t, v.attribute("#runs a", "href"), 200)
	v.want(t, "#drawer-title", "removed 256 events, seq 0 to 256")
	if reader.get(t, "/settings/retention", 200); !strings.Contains(reader.text("main"), "2026-11-21 09:00:00") {
		t.Errorf("a reader sees %s", reader.text("main"))
	}
}
