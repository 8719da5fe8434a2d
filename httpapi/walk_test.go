package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/httpapi/auth"
)

// A visit is one way to ask a route about a thing of the tenant hidden, or about the same thing of a tenant that is absent: HIDDEN stands for the
// one name or the other. Who may not know of the thing must be answered the same in both cases, to the byte.
type visit struct {
	query, body string // path values too: {id}=HIDDEN-1
	owner       int    // the status for hidden's own admin, so that the question is one that has an answer
}

// walk asks every route that is not open. A route that is not here fails TestWalk.
var walk = map[string][]visit{
	"POST /api/v1/events": {
		{"", `{"id":"HIDDEN-9","tenant":"HIDDEN","action":"x"}`, 201},
		{"", `{"id":"HIDDEN-2","action":"x"}`, 422}, // taken in the other tenant, by other content
	},
	"GET /api/v1/events": {
		{"", "", 200},
		{"q=tenant:HIDDEN", "", 200},
		{"q=-tenant:HIDDEN", "", 200},
		{"q=tenant:HIDDEN+OR+id:HIDDEN-1", "", 200},
		{"q=HIDDENword*", "", 200},
		{"q=id:HIDDEN-1&sort=tenant", "", 200},
		{"sort=-action", "", 200},
		{"limit=1&cursor=CURSOR", "", 200},
	},
	"GET /api/v1/events/{id}": {
		{"{id}=HIDDEN-1", "", 200},
		{"{id}=HIDDEN-1&tenant=HIDDEN", "", 200},
		{"{id}=HIDDEN-1&tenant=_annals", "", 404},
	},
	"GET /api/v1/histogram": {{"", "", 200}, {"q=tenant:HIDDEN", "", 200}, {"q=HIDDENword&from=2026-11-22&to=2026-11-24&buckets=2", "", 200}},
	"GET /api/v1/facets":    {{"fields=tenant,action,user", "", 200}, {"fields=tenant&q=HIDDENword+OR+tenant:HIDDEN", "", 200}},
	"GET /api/v1/tail":      {{"from=0", "", 200}, {"from=0&q=tenant:HIDDEN", "", 200}},
	"GET /api/v1/export":    {{"format=json", "", 200}, {"format=csv&q=tenant:HIDDEN+OR+HIDDENword", "", 200}, {"format=ndjson&q=id:HIDDEN-1", "", 200}, {"format=csv.zip&columns=list&q=tenant:HIDDEN", "", 200}},
	"GET /api/v1/tenants":   {{"", "", 200}},

	"GET /api/v1/exports/{id}": {{"{id}=HIDDEN-export", "", 200}},

	"GET /api/v1/checkpoint": {{"", "", 200}},
	"GET /api/v1/stats":      {{"", "", 200}},
	"GET /api/v1/verify":     {{"", "", 403}},
	"GET /api/v1/backup":     {{"", "", 403}},
	"POST /api/v1/reindex":   {{"", "", 403}, {"seq=0", "", 403}, {"seq=999", "", 403}},

	"GET /events": {
		{"range=all", "", 200},
		{"range=all&tenant=HIDDEN", "", 200},
		{"range=all&id=HIDDEN-1&event=HIDDEN-1&event_tenant=HIDDEN", "", 200},
		{"range=all&q=HIDDENword*&event=HIDDEN-1&sort=user", "", 200},
	},
	"GET /events/raw": {{"event=HIDDEN-1", "", 200}, {"event=HIDDEN-1&event_tenant=HIDDEN", "", 200}},
	"GET /suggest":    {{"range=all&field=user&typed=HIDDENw", "", 200}, {"range=all&field=tenant&typed=HIDDEN", "", 200}, {"field=action&range=all&typed=&tenant=HIDDEN", "", 200}},

	"POST /api/v1/tokens":        {{"", `{"name":"x","grants":[{"role":"reader","tenants":["HIDDEN"]}]}`, 201}},
	"GET /api/v1/tokens":         {{"", "", 200}},
	"DELETE /api/v1/tokens/{id}": {{"{id}=TOKENID", "", 200}},

	"POST /api/v1/credentials":        {{"", `{"kind":"huawei","name":"x","grants":[{"role":"reader","tenants":["HIDDEN"]}]}`, 201}},
	"GET /api/v1/credentials":         {{"", "", 200}},
	"DELETE /api/v1/credentials/{id}": {{"{id}=KEYID", "", 200}},
	"POST /api/v1/master-key/rotate":  {{"", "", 403}},

	"GET /api/v1/session":          {{"", "", 200}},
	"POST /api/v1/session/totp":    {{"", `{"code":"HIDDEN"}`, 403}}, // of whoever has signed in already
	"DELETE /api/v1/session":       {{"", "", 204}},
	"GET /api/v1/sessions":         {{"", "", 200}},
	"DELETE /api/v1/sessions":      {{"", "", 204}},
	"PUT /api/v1/account/password": {{"", `{"old":"HIDDEN","new":"a quite different sentence"}`, 403}}, // a provider vouches for the person
	"POST /api/v1/account/totp":    {{"", `{"password":"HIDDEN"}`, 403}},
	"PUT /api/v1/account/totp":     {{"", `{"code":"000000"}`, 409}},
	"DELETE /api/v1/account/totp":  {{"", `{"password":"HIDDEN"}`, 409}},

	"POST /api/v1/accounts":            {{"", `{"login":"newcomer","name":"x","grants":[{"role":"reader","tenants":["HIDDEN"]}]}`, 201}},
	"GET /api/v1/accounts":             {{"", "", 200}},
	"GET /api/v1/accounts/{id}":        {{"{id}=ACCOUNTID", "", 200}},
	"PATCH /api/v1/accounts/{id}":      {{"{id}=ACCOUNTID", `{"disabled":true}`, 200}, {"{id}=ACCOUNTID", `{"disabled":false}`, 200}, {"{id}=ACCOUNTID", `{"name":""}`, 400}},
	"POST /api/v1/accounts/{id}/reset": {{"{id}=ACCOUNTID", `{}`, 200}},
	"POST /api/v1/setup/first":         {{"", "", 403}},

	"GET /api/v1/views":         {{"", "", 200}},
	"POST /api/v1/views":        {{"", `{"name":"x","query":"q=HIDDENword","tenant":"HIDDEN"}`, 201}},
	"PATCH /api/v1/views/{id}":  {{"{id}=VIEWID", `{"starred":true,"default":true}`, 200}, {"{id}=VIEWID", `{"name":""}`, 400}},
	"DELETE /api/v1/views/{id}": {{"{id}=VIEWID", "", 204}},

	"GET /":                                  {{"", "", 303}},
	"GET /views":                             {{"", "", 200}},
	"POST /views":                            {{"", "name=x&query=q%3DHIDDENword&tenant=HIDDEN", 303}},
	"GET /views/{id}":                        {{"{id}=VIEWID", "", 200}},
	"POST /views/{id}":                       {{"{id}=VIEWID", "name=classified", 303}},
	"POST /views/{id}/mark":                  {{"{id}=VIEWID", "star=on&default=on", 303}},
	"POST /views/{id}/delete":                {{"{id}=VIEWID", "", 303}},
	"GET /settings":                          {{"", "", 200}},
	"GET /settings/views":                    {{"", "", 303}},
	"GET /settings/tenants":                  {{"", "", 200}},
	"GET /settings/retention":                {{"", "", 200}},
	"GET /settings/about":                    {{"", "", 200}},
	"GET /settings/tokens":                   {{"", "", 200}},
	"GET /settings/tokens/new":               {{"", "", 200}},
	"POST /settings/tokens":                  {{"", "name=x&role=reader&others=HIDDEN", 303}},
	"GET /settings/tokens/{id}":              {{"{id}=TOKENID", "", 200}},
	"GET /settings/credentials":              {{"", "", 200}},
	"GET /settings/credentials/new":          {{"", "", 200}},
	"POST /settings/credentials":             {{"", "kind=huawei&name=x&role=reader&others=HIDDEN", 303}},
	"GET /settings/credentials/{id}":         {{"{id}=KEYID", "", 200}},
	"POST /settings/credentials/{id}/revoke": {{"{id}=KEYID", "", 303}},
	"GET /settings/accounts":                 {{"", "", 200}},
	"GET /settings/accounts/new":             {{"", "", 200}},
	"POST /settings/accounts":                {{"", "login=another&name=x&role=reader&others=HIDDEN", 303}},
	"GET /settings/accounts/{id}":            {{"{id}=ACCOUNTID", "", 200}},

	"POST /settings/tokens/{id}/revoke":            {{"{id}=TOKENID", "", 303}},
	"POST /settings/accounts/{id}":                 {{"{id}=ACCOUNTID", "name=x", 303}, {"{id}=ACCOUNTID", "name=", 400}},
	"POST /settings/accounts/{id}/disable":         {{"{id}=ACCOUNTID", "disabled=off", 303}},
	"POST /settings/accounts/{id}/reset":           {{"{id}=ACCOUNTID", "", 303}},
	"GET /settings/account":                        {{"", "", 200}},
	"POST /settings/account/password":              {{"", "old=HIDDEN&new=a+quite+different+sentence&again=a+quite+different+sentence", 403}}, // a provider vouches for the person
	"POST /settings/account/second-factor":         {{"", "password=HIDDEN", 403}},
	"POST /settings/account/second-factor/confirm": {{"", "code=000000", 409}},
	"POST /settings/account/second-factor/remove":  {{"", "password=HIDDEN", 409}},
	"POST /settings/account/sign-out-everywhere":   {{"", "", 303}},
	"GET /sign-in/second-factor":                   {{"", "", 403}}, // of whoever has signed in already
	"POST /sign-in/second-factor":                  {{"", "code=HIDDEN", 403}},
	"POST /sign-out":                               {{"", "", 303}},
}

// TestWalk asks every route of the table with every kind of wrong credentials, and holds the answers against each other.
func TestWalk(t *testing.T) {
	w := newWalker(t)
	left := make(map[string]bool)
	for name := range walk {
		left[name] = true
	}
	for _, rt := range w.api.routes() {
		name := rt.method + " " + rt.path
		if rt.need == auth.None {
			continue
		}
		if delete(left, name); len(walk[name]) == 0 {
			t.Errorf("%s is not in the walk", name)
		}
		for _, v := range walk[name] {
			t.Run(name+" "+v.query, func(t *testing.T) { w.visit(t, rt, v) })
		}
	}
	for name := range left {
		t.Errorf("%s is in the walk, but there is no such route", name)
	}
}

// TestRevocationEndsTail: a tail outlives its token by no more than a heartbeat.
func TestRevocationEndsTail(t *testing.T) {
	w := newWalker(t)
	id, text := w.makeToken(t, "reader", `"acme"`)
	w.token, text = text, w.token
	l := w.server.listen(t, "?from=0", "")
	l.expect("2")
	var revoked auth.Token
	w.answer(t, "DELETE", "/api/v1/tokens/"+id, "", text, &revoked)
	for l.lines.Scan() {
	}
	if err := l.lines.Err(); err != nil || revoked.ID != id {
		t.Errorf("the tail ended with %v; revoked %+v", err, revoked)
	}
}

// walker is a server with two tenants: hidden has what nobody else may know of, acme is the foreigner's.
type walker struct {
	*server
	refused          map[string]string // Authorization headers, or "Cookie " and a cookie, that open nothing
	foreign, owner   string            // admins of acme and of hidden
	byRole           map[string]string // tokens for all tenants
	sessionOf        map[string]string // cookies of people with the role in all tenants
	cursor, hiddenID string            // of hidden's
	hiddenKey        string            // the key ID of a credential of hidden's
	hiddenAccount    string
	hiddenView       string
}

func newWalker(t *testing.T) *walker {
	w := &walker{server: newServer(t, Options{Heartbeat: 5 * time.Millisecond}), byRole: map[string]string{}, sessionOf: map[string]string{}}
	w.post(t, `[{"id":"hidden-1","tenant":"hidden","action":"classified","actor":{"name":"hiddenword"},"time":"2026-11-23T08:00:00Z"},
		{"id":"hidden-2","tenant":"hidden","action":"classified","actor":{"name":"hiddenword"},"time":"2026-11-23T09:00:00Z"},
		{"id":"acme-1","tenant":"acme","action":"plain","time":"2026-11-23T10:00:00Z"}]`)
	for _, role := range auth.RoleNames {
		_, w.byRole[role] = w.makeToken(t, role, "")
	}
	_, w.foreign = w.makeToken(t, "admin", `"acme"`)
	_, w.owner = w.makeToken(t, "admin", `"hidden"`)
	w.hiddenID, _ = w.makeToken(t, "reader", `"hidden"`)
	var credential struct{ ID string }
	w.answer(t, "POST", "/api/v1/credentials", `{"kind":"enos","name":"for hidden","grants":[{"role":"reader","tenants":["hidden"]}]}`, w.token, &credential)
	w.hiddenKey = credential.ID

	root := auth.Caller{Tenants: engine.Tenants{All: true}}
	_, expired, err := w.api.access.Make(root, auth.Wish{Name: "expired", Grants: []auth.Grant{{Role: "admin", All: true}}, Expires: testNow.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	revokedID, revoked := w.makeToken(t, "admin", "")
	if _, err := w.api.access.Revoke(root, revokedID); err != nil {
		t.Fatal(err)
	}
	w.later.Store(int64(time.Hour))
	w.refused = map[string]string{"absent": "", "malformed": "Bearer annals_x", "another scheme": "Basic " + w.token, "unknown": "Bearer annals_" +
		strings.Repeat("0", 16) + "_" + strings.Repeat("0", 64), "expired": "Bearer " + expired, "revoked": "Bearer " + revoked}

	for kind, cookie := range w.refusedCookies(t) {
		w.refused[kind] = "Cookie " + cookie
	}
	for _, role := range auth.RoleNames {
		w.sessionOf[role] = w.signInAs(t, role, auth.Grant{Role: role, All: true})
	}
	var made struct{ Account auth.Account }
	w.answer(t, "POST", "/api/v1/accounts", `{"login":"classified","name":"of hidden","grants":[{"role":"reader","tenants":["hidden"]}]}`, w.token, &made)
	w.hiddenAccount = made.Account.ID

	var exported []any
	w.answer(t, "GET", "/api/v1/export?format=json&progress=hidden-export", "", w.owner, &exported)
	var page struct{ Next string }
	w.answer(t, "GET", "/api/v1/events?limit=1", "", w.owner, &page)
	if w.cursor = page.Next; w.cursor == "" {
		t.Fatal("there is no cursor")
	}
	return w
}

// makeToken makes one for the tenants, JSON strings with commas between, or for all.
func (w *walker) makeToken(t *testing.T, role, tenants string) (id, text string) {
	t.Helper()
	grant := `"all_tenants":true`
	if tenants != "" {
		grant = `"tenants":[` + tenants + `]`
	}
	var made struct{ ID, Token string }
	w.answer(t, "POST", "/api/v1/tokens", fmt.Sprintf(`{"name":"for %s","grants":[{"role":%q,%s}]}`, strings.Trim(tenants, `"`), role, grant), w.token, &made)
	return made.ID, made.Token
}

// makeView shares one with hidden's readers.
func (w *walker) makeView(t *testing.T) (id string) {
	t.Helper()
	var made struct{ ID string }
	w.answer(t, "POST", "/api/v1/views", `{"name":"classified","query":"q=hiddenword","tenant":"hidden"}`, w.owner, &made)
	return made.ID
}

func (w *walker) answer(t *testing.T, method, path, body, token string, into any) {
	t.Helper()
	r := w.request(t, method, path, body)
	r.Header.Set("Authorization", "Bearer "+token)
	resp, text := w.do(t, r)
	if err := json.Unmarshal([]byte(text), into, json.MatchCaseInsensitiveNames(true)); err != nil || resp.StatusCode > 299 {
		t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
}

func (w *walker) visit(t *testing.T, rt route, v visit) {
	if strings.Contains(v.query, "VIEWID") { // the one before may be gone
		w.hiddenView = w.makeView(t)
	}
	for kind, header := range w.refused {
		if kind == pending && rt.need == auth.Pending {
			continue
		}
		if got := w.same(t, rt, v, kind, header); got != 401 {
			t.Errorf("%s: status %d, want 401", kind, got)
		}
		if _, answer := w.ask(t, rt, w.fill(v, true), header); !strings.Contains(answer, "Www-Authenticate: Bearer") {
			t.Errorf("%s: a 401 without WWW-Authenticate: %s", kind, answer)
		}
	}
	for _, role := range auth.RoleNames {
		if roleMay(role, rt.need) {
			continue
		}
		if got := w.same(t, rt, v, role, "Bearer "+w.byRole[role]); got != 403 {
			t.Errorf("%s: status %d, want 403", role, got)
		}
		if rt.need == auth.Self { // which a person may, whatever the role
			continue
		}
		if got := w.same(t, rt, v, role, "Cookie "+w.sessionOf[role]); got != 403 {
			t.Errorf("session of a %s: status %d, want 403", role, got)
		}
	}
	for _, foreign := range []string{"Bearer " + w.foreign, "session of acme"} {
		got := w.same(t, rt, v, "foreign", foreign)
		if rt.need&auth.AllTenants != 0 && got != 403 {
			t.Errorf("%s, admin of one tenant: status %d, want 403", foreign, got)
		}
	}
	owner := "Bearer " + w.owner
	if rt.need == auth.Self || rt.need == auth.Pending {
		owner = "session of hidden"
	}
	if status, answer := w.ask(t, rt, w.fill(v, true), owner); status != v.owner {
		t.Errorf("the owner gets %d, want %d: %s", status, v.owner, answer)
	}
}

// roleMay says again, apart from the code, what the roles are.
func roleMay(role string, need auth.Right) bool {
	switch need &^ auth.AllTenants {
	case auth.Known:
		return true
	case auth.Self, auth.Pending: // people only
		return false
	case auth.Write:
		return role == "writer" || role == "admin"
	case auth.Read:
		return role != "writer"
	case auth.Audit:
		return role == "auditor" || role == "admin"
	}
	return role == "admin"
}

// same asks about hidden's thing and about one that is nowhere, and wants one answer, without a word of hidden's.
func (w *walker) same(t *testing.T, rt route, v visit, kind, header string) int {
	t.Helper()
	status, hidden := w.ask(t, rt, w.fill(v, true), header)
	statusAbsent, absent := w.ask(t, rt, w.fill(v, false), header)
	if status != statusAbsent || echo.Replace(hidden) != echo.Replace(absent) {
		t.Errorf("%s can tell: %d %s\nwhere there is none: %d %s", kind, status, hidden, statusAbsent, absent)
	}
	if strings.Contains(hidden, "classified") || strings.Contains(hidden, "for hidden") || strings.Contains(hidden, `"name":"hidden"`) {
		t.Errorf("%s sees hidden's: %s", kind, hidden)
	}
	return status
}

// echo makes one of the two names, which an answer may repeat.
var echo = strings.NewReplacer("absent", "NAME", "hidden", "NAME")

// fill puts hidden's names into a visit, or such that are nowhere and as long.
func (w *walker) fill(v visit, hidden bool) visit {
	names := strings.NewReplacer("HIDDEN", "absent", "TOKENID", strings.Repeat("0", 16), "KEYID", strings.Repeat("0", len(w.hiddenKey)),
		"ACCOUNTID", strings.Repeat("0", 16), "VIEWID", strings.Repeat("A", 26), "CURSOR", strings.Repeat("A", len(w.cursor)))
	if hidden {
		names = strings.NewReplacer("HIDDEN", "hidden", "TOKENID", w.hiddenID, "KEYID", w.hiddenKey, "ACCOUNTID", w.hiddenAccount, "VIEWID", w.hiddenView,
			"CURSOR", w.cursor)
	}
	v.query, v.body = names.Replace(v.query), names.Replace(v.body)
	return v
}

// ask returns the status, and the rest of the answer as text: the headers and the body without what differs between two equal requests.
func (w *walker) ask(t *testing.T, rt route, v visit, header string) (int, string) {
	t.Helper()
	path, query := rt.path, v.query
	if value, ok := strings.CutPrefix(query, "{id}="); ok {
		value, query, _ = strings.Cut(value, "&")
		path = strings.Replace(path, "{id}", value, 1)
	}
	r := w.request(t, rt.method, path+"?"+query, v.body)
	r.Header.Set("X-Request-ID", "walk")
	r.Header.Del("Authorization")
	r.Header.Set("Content-Type", "application/json")
	if rt.query == anyQuery {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if tenant, ok := strings.CutPrefix(header, "session of "); ok {
		header = "Cookie " + w.session(t, tenant)
	}
	if cookie, ok := strings.CutPrefix(header, "Cookie "); ok {
		r.Header.Set("Cookie", cookie)
	} else if header != "" {
		r.Header.Set("Authorization", header)
	}
	var resp *http.Response
	var body string
	if strings.HasSuffix(rt.path, "/tail") {
		resp, body = w.caughtUp(t, r)
	} else {
		resp, body = w.do(t, r)
	}
	for _, name := range []string{"Date", "Server-Timing", "Content-Length", "Set-Cookie"} {
		resp.Header.Del(name)
	}
	var head strings.Builder
	if err := resp.Header.Write(&head); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, head.String() + varying.ReplaceAllString(body, `"$1":0`)
}

var varying = regexp.MustCompile(`"(took_ms|seq)":[0-9.]+|· [0-9]+ ms ·`)

// caughtUp reads a tail until it says that it has caught up.
func (w *walker) caughtUp(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	resp, err := w.Client().Do(r.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var text strings.Builder
	alive := false
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		switch line := lines.Text(); {
		case line == "":
			alive = false
		case line == ": alive":
			alive = true
		case alive && strings.HasPrefix(line, "id: "): // how far it is, which is the same for everyone
			return resp, text.String()
		default:
			text.WriteString(line + "\n")
		}
	}
	return resp, text.String()
}
