package httpapi

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine/enginetest"
)

// The portal's clients prove who they are with HTTP Basic: RFC 7617. Arguments are the client's key and its secret.
func init() {
	signers["layer7"] = func(r *http.Request, _ string, _ time.Time, args []string) {
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(args[0]+":"+args[1])))
	}
}

// portalClient is a small client of the portal's, written from the wire reference.
type portalClient struct {
	*server
	id, secret, token string
}

// newPortalClient makes a credential with the grants, in JSON, and gets an access token for it.
func newPortalClient(t *testing.T, s *server, grants string) *portalClient {
	t.Helper()
	c := &portalClient{server: s}
	var made struct{ ID, Secret string }
	c.decode(t, s.request(t, "POST", "/api/v1/credentials", `{"kind":"layer7","name":"portal","grants":`+grants+`}`), 201, &made)
	c.id, c.secret = made.ID, made.Secret
	r := s.request(t, "POST", "/auth/oauth/v2/token", "grant_type=client_credentials&scope=OOB")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(c.id, c.secret)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	c.decode(t, r, 200, &token)
	c.token = token.AccessToken
	return c
}

const ofAcme = `[{"role":"reader","tenants":["acme"]}]`

func (c *portalClient) decode(t *testing.T, r *http.Request, status int, v any) {
	t.Helper()
	resp, body := c.do(t, r)
	if resp.StatusCode != status {
		t.Fatalf("%s: %d %s", r.URL, resp.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(body), v, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
}

// get makes a request with the access token.
func (c *portalClient) get(t *testing.T, path string) *http.Request {
	t.Helper()
	r := c.request(t, "GET", path, "")
	r.Header.Set("Authorization", "Bearer "+c.token)
	return r
}

type portalAudit struct {
	UUID, EntityType, EntityName, Action, UserName, SimplifiedAgent string
	Timestamp                                                       int64
}

type portalPage struct {
	Results                    []portalAudit
	TotalElements, CurrentPage int
	TotalPages                 int
}

// all reads every page, as the vendor's clients do: until currentPage + 1 >= totalPages.
func (c *portalClient) all(t *testing.T, values url.Values) (list []portalAudit) {
	t.Helper()
	for page := 0; ; page++ {
		values.Set("page", fmt.Sprint(page))
		var p portalPage
		c.decode(t, c.get(t, "/acme/tenant-admin/1.0/audits?"+values.Encode()), 200, &p)
		list = append(list, p.Results...)
		if p.CurrentPage+1 >= p.TotalPages {
			if len(list) != p.TotalElements {
				t.Errorf("%v: %d of %d", values, len(list), p.TotalElements)
			}
			return list
		}
	}
}

// wholePeriod is around testNow.
const wholePeriod = "startTs=1795000000000&endTs=1795500000000"

// TestLayer7Files: what is in an exported file. Formulas do not run, and text is whole whatever is in it.
func TestLayer7Files(t *testing.T) {
	s := newServer(t, Options{})
	c := newPortalClient(t, s, ofAcme)
	s.post(t, `[{"id":"e1","time":"2026-11-20T08:00:01.5Z","tenant":"acme","action":"Created","actor":{"name":"=1+1"},"resources":[{"type":"API","name":"a \"b\",\nc"}],
		"source":{"user_agent":"python-requests/2.32.3"}},
		{"id":"e2","time":"2026-11-20T08:00:02Z","tenant":"acme","action":"数据","actor":{"name":"amy"}},
		{"id":"o1","time":"2026-11-20T08:00:02Z","tenant":"other","action":"hidden"}]`)
	export := func(format, name string) string {
		resp, body := c.do(t, c.get(t, "/acme/tenant-admin/1.0/audits/export?"+wholePeriod+"&format="+format))
		if resp.StatusCode != 200 || !strings.Contains(body, name) {
			t.Fatalf("export: %d %v", resp.StatusCode, resp.Header)
		}
		return unzip(t, body)
	}
	rows, err := csv.NewReader(strings.NewReader(export("CSV", "audits.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"Time (UTC)", "Object", "Object Name", "Action", "User", "Agent"}, {"2026-11-20 08:00:02.000", "", "", "数据", "amy", ""},
		{"2026-11-20 08:00:01.500", "API", "a \"b\",\nc", "Created", "'=1+1", "Python"}}
	if !slices.EqualFunc(rows, want, slices.Equal) {
		t.Errorf("rows: %q", rows)
	}
	var list []portalAudit
	if err := json.Unmarshal([]byte(export("json", "audits.json")), &list, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	if listed := c.all(t, url.Values{}); !slices.Equal(list, listed) || len(list) != 2 || list[1].UserName != "=1+1" {
		t.Errorf("the file has %+v, the list %+v", list, listed)
	}
}

// TestLayer7Links: a link needs no token, is good for its export only, for five minutes, and ends with the credential.
func TestLayer7Links(t *testing.T) {
	s := newServer(t, Options{})
	c := newPortalClient(t, s, ofAcme)
	s.post(t, `{"id":"e1","tenant":"acme","action":"Created"}`)
	link := func() string {
		r := c.get(t, "/acme/tenant-admin/1.0/audits/export?"+wholePeriod+"&format=JSON&action=Created")
		r.Header.Set("Accept", "application/json")
		var answer struct{ DownloadLink string }
		c.decode(t, r, 200, &answer)
		path, ok := strings.CutPrefix(answer.DownloadLink, s.URL)
		if !ok {
			t.Fatalf("link %q, the server is %s", answer.DownloadLink, s.URL)
		}
		return path
	}
	f := func(path string, status int, says string) {
		t.Helper()
		r := s.request(t, "GET", path, "")
		r.Header.Del("Authorization")
		resp, body := s.do(t, r)
		if resp.StatusCode != status || !strings.Contains(body, says) {
			t.Errorf("%s: %d %q", path, resp.StatusCode, body)
		}
	}
	path := link()
	f(path, 200, "audits.json")
	f(path, 200, "audits.json") // a download that broke off is begun again
	for from, to := range map[string]string{"action=Created": "action=Deleted", "endTs=17955": "endTs=17956", "/acme/": "/other/", "/acme/tenant": "/tenant"} {
		f(strings.Replace(path, from, to, 1), 401, "The link is not valid.")
		f(path, 200, "audits.json") // what the other was made of still works, and keeps the key from being locked
	}
	f(path+"&entityName=x", 401, "The link is not valid.")
	s.later.Add(int64(5*time.Minute - time.Second))
	f(path, 200, "audits.json")
	s.later.Add(int64(time.Second))
	f(path, 401, "The link has expired.")
	path = link()
	c.decode(t, s.request(t, "DELETE", "/api/v1/credentials/"+c.id, ""), 200, new(struct{}))
	f(path, 401, "The link is not valid.")
}

// TestLayer7LinkIsSecret: neither the server's messages nor its own log has what a link lets in with, whether it was downloaded, broke off or was turned away.
func TestLayer7LinkIsSecret(t *testing.T) {
	var messages strings.Builder
	s := newOwnServer(t, Options{Limits: RateLimits{PerAddress: 4, Loopback: true}})
	s.api.logger = slog.New(slog.NewTextHandler(&messages, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := newPortalClient(t, s.server, ofAcme)
	s.post(t, `{"id":"e1","time":"2026-11-20T08:00:01Z","tenant":"acme","action":"Created"}`)
	r := c.get(t, "/acme/tenant-admin/1.0/audits/export?"+wholePeriod)
	r.Header.Set("Accept", "application/json")
	var answer struct{ DownloadLink string }
	c.decode(t, r, 200, &answer)
	_, pass, _ := strings.Cut(answer.DownloadLink, c.id)
	pass = strings.FieldsFunc(pass, func(r rune) bool { return r == '&' || r == '?' })[0] // behind the key ID, which is no secret
	codes := map[string]int{}
	get := func(w http.ResponseWriter) {
		defer func() {
			if p := recover(); p != nil {
				codes[fmt.Sprint(p)]++
			}
		}()
		r := httptest.NewRequest("GET", answer.DownloadLink, nil)
		r.RemoteAddr = "127.0.0.1:1234"
		s.api.ServeHTTP(w, r)
	}
	get(&shortWriter{httptest.NewRecorder(), 10})
	for range 10 {
		w := httptest.NewRecorder()
		get(w)
		codes[fmt.Sprint(w.Code)]++
	}
	if codes[http.ErrAbortHandler.Error()] == 0 || codes["200"] == 0 || codes["429"] == 0 {
		t.Errorf("answers: %v", codes)
	}
	for _, e := range s.told(t) {
		messages.Write(e.AppendJSON(nil))
	}
	if text := messages.String(); strings.Contains(text, pass) || !strings.Contains(text, "audits/export") {
		t.Errorf("%s is in %s", pass, text)
	}
}

// TestLayer7Broken: an export that breaks off does not end like a whole one.
func TestLayer7Broken(t *testing.T) {
	s := newServer(t, Options{})
	c := newPortalClient(t, s, ofAcme)
	var lines strings.Builder // that do not vanish in a zip
	random := rand.New(rand.NewPCG(1, 2))
	for range 9000 {
		fmt.Fprintf(&lines, `{"tenant":"acme","action":"%x%x"}`+"\n", random.Uint64(), random.Uint64())
	}
	s.post(t, lines.String())
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.api.ServeHTTP(&shortWriter{w, 100_000}, r)
	}))
	defer broken.Close()
	for _, format := range []string{"CSV", "JSON"} {
		r := c.get(t, "/acme/tenant-admin/1.0/audits/export?"+wholePeriod+"&format="+format)
		r.URL.Host = strings.TrimPrefix(broken.URL, "http://")
		resp, err := broken.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil {
			t.Errorf("%s: a broken export ended like a whole one", format)
		}
		if _, err := zip.NewReader(bytes.NewReader(body), int64(len(body))); err == nil {
			t.Errorf("%s: a broken zip opens", format)
		}
	}
}

// TestLayer7Slow: a search that takes too long is told in the portal's shape, and in general terms.
func TestLayer7Slow(t *testing.T) {
	s := newServer(t, Options{Deadline: time.Nanosecond})
	c := newPortalClient(t, s, ofAcme)
	s.post(t, `{"tenant":"acme","action":"Created"}`)
	for _, path := range []string{"audits", "audits?sort=action"} {
		resp, body := c.do(t, c.get(t, "/acme/tenant-admin/1.0/"+path))
		if resp.StatusCode != 503 || !strings.Contains(body, `"userErrorMessage":"The request took too long."`) || !strings.Contains(body, "(request ") {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
}

// TestLayer7Pages holds pages of all sizes and orders against what the events say, with sizes that the log has no pages of, and events that are too
// large for one page together.
func TestLayer7Pages(t *testing.T) {
	s := newServer(t, Options{})
	c := newPortalClient(t, s, ofAcme)
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	type row struct {
		portalAudit
		number int
	}
	var rows []row
	var lines strings.Builder
	for i := range 4500 {
		operation, result := pick("create", "edit", "delete", "login", "publish", "other"), pick("success", "failure")
		e := row{portalAudit{UUID: fmt.Sprint("e", i), EntityType: pick("", "API", "User", "Custom Field", "Gateway"), EntityName: pick("a", "b", "c"),
			Action: pick("Created", "Login Failed", "aaa", "AAA", "key.rotate", "zzz"), UserName: pick("amy", "bob", "Portal API"), Timestamp: testNow.UnixMilli() + int64(random.IntN(1000))}, i}
		padding := ""
		if i%50 == 0 {
			padding, e.Timestamp = strings.Repeat("x", 230<<10), testNow.UnixMilli()+500 // more than 16 MiB of them side by side
		}
		fmt.Fprintf(&lines, `{"id":%q,"time":%q,"tenant":"acme","action":%q,"operation":%q,"result":%q,"actor":{"name":%q},"resources":[{"type":%q,"name":%q}],"description":%q}`+"\n",
			e.UUID, time.UnixMilli(e.Timestamp).UTC().Format(time.RFC3339Nano), e.Action, operation, result, e.UserName, e.EntityType, e.EntityName, padding)
		if own := []string{"Created", "Login Failed"}; !slices.Contains(own, e.Action) {
			shown := map[string]string{"create success": "Created", "edit success": "Updated", "delete success": "Deleted", "login success": "Login Success", "login failure": "Login Failed"}
			e.Action = cmp.Or(shown[operation+" "+result], e.Action)
		}
		rows = append(rows, e)
		if i%100 == 99 {
			s.post(t, lines.String())
			lines.Reset()
		}
	}
	newest := func(a, b row) int {
		return cmp.Or(cmp.Compare(b.Timestamp, a.Timestamp), cmp.Compare(b.number, a.number))
	}
	by := func(text func(row) string, desc bool) func(a, b row) int {
		return func(a, b row) int {
			x, y := strings.ToLower(text(a)), strings.ToLower(text(b))
			c := strings.Compare(x, y)
			if desc {
				c = -c
			}
			if x == "" || y == "" { // last, whichever way
				c = cmp.Compare(len(y), len(x))
			}
			return cmp.Or(c, newest(a, b))
		}
	}
	for _, q := range []struct {
		sort, size string
		keep       func(row) bool
		filter     url.Values
		order      func(a, b row) int
	}{
		{"", "2000", nil, nil, newest},
		{"", "1999", nil, nil, newest},
		{"timestamp,ASC", "1000", nil, nil, func(a, b row) int { return newest(b, a) }},
		{"action,ASC", "1999", nil, nil, by(func(r row) string { return r.Action }, false)},
		{"action,DESC", "700", nil, nil, by(func(r row) string { return r.Action }, true)},
		{"action,DESC", "13", func(r row) bool { return r.UserName == "amy" && r.EntityType == "User" && r.EntityName != "c" }, url.Values{"userName": {"amy"}, "entityType": {"user"}, "entityName": {"a", "b"}},
			by(func(r row) string { return r.Action }, true)},
		{"action,ASC", "150", func(r row) bool { return r.Action == "Login Failed" || strings.EqualFold(r.Action, "aaa") }, url.Values{"action": {"login failed", "Aaa"}}, by(func(r row) string { return r.Action }, false)},
		{"entityType,ASC", "1501", nil, nil, by(func(r row) string { return r.EntityType }, false)},
		{"entityName,DESC", "1500", nil, nil, by(func(r row) string { return r.EntityName }, true)},
		{"userName,ASC", "500", func(r row) bool { return r.Action == "Created" }, url.Values{"action": {"Created"}}, by(func(r row) string { return r.UserName }, false)},
	} {
		want := slices.Clone(rows)
		if q.keep != nil {
			want = slices.DeleteFunc(want, func(r row) bool { return !q.keep(r) })
		}
		slices.SortFunc(want, q.order)
		values := url.Values{"size": {q.size}}
		for name, list := range q.filter {
			values[name] = list
		}
		if q.sort != "" {
			values.Set("sort", q.sort)
		}
		got := c.all(t, values)
		if !slices.EqualFunc(got, want, func(a portalAudit, b row) bool { return a == b.portalAudit }) {
			t.Errorf("%v: %d rows are not the %d that the events say", values, len(got), len(want))
		}
	}
}

// TestLayer7OwnLog: what clients ask is in the server's own log, in the log's words and by the credential, and nothing secret is.
func TestLayer7OwnLog(t *testing.T) {
	s := newOwnServer(t, Options{})
	c := newPortalClient(t, s.server, ofAcme)
	s.post(t, `[{"tenant":"acme","action":"Created"},{"tenant":"acme","action":"Deleted"}]`)
	for _, path := range []string{"audits?action=Deleted", "audits?size=x", "audits/export?" + wholePeriod, "audits/export", "audits?userName=no+one"} {
		c.do(t, c.get(t, "/tenant-admin/1.0/"+path))
	}
	c.do(t, c.get(t, "/other/tenant-admin/1.0/audits"))
	link := c.get(t, "/tenant-admin/1.0/audits/export")
	link.Header.Set("Accept", "application/json")
	c.do(t, link)
	refused := s.request(t, "GET", "/tenant-admin/1.0/audits", "")
	c.do(t, refused)
	wrongSecret := s.request(t, "POST", "/auth/oauth/v2/token?grant_type=client_credentials", "")
	wrongSecret.SetBasicAuth(c.id, "wrong")
	c.do(t, wrongSecret)

	var writer struct{ ID, Secret string }
	c.decode(t, s.request(t, "POST", "/api/v1/credentials", `{"kind":"layer7","name":"writer","grants":[{"role":"writer","tenants":["acme"]}]}`), 201, &writer)
	noReader := s.request(t, "POST", "/auth/oauth/v2/token?grant_type=client_credentials", "")
	noReader.SetBasicAuth(writer.ID, writer.Secret)
	c.do(t, noReader)

	var got []string
	for _, e := range s.told(t) {
		all, err := json.Marshal(e.Event)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(all, []byte(c.secret)) || bytes.Contains(all, []byte(writer.Secret)) || bytes.Contains(all, []byte(c.token)) {
			t.Errorf("the log has a secret: %s", all)
		}
		if e.Source.Channel != "layer7" {
			continue
		}
		line := e.Action
		if e.Error != nil {
			line += " " + e.Error.Code
		}
		if e.details.Total != nil {
			line += fmt.Sprint(" ", *e.details.Total)
		}
		if e.details.Finished != nil {
			line += fmt.Sprint(" of ", *e.details.Rows, " ", *e.details.Finished)
		}
		if e.Actor.ID == writer.ID {
			line += " writer"
		} else if e.Action != "access.refused" && (e.Actor.ID != c.id || e.Actor.Type != "credential" || !slices.Equal(e.details.Tenants, []string{"acme"})) {
			t.Errorf("%s: by %+v in %v", line, e.Actor, e.details.Tenants)
		}
		got = append(got, line)
	}
	slices.Sort(got)
	want := []string{"access-token.create", "access-token.create unauthorized_client writer", "access.refused unauthorized", "event.export 2 of 2 true", "event.export parameter", "event.search 0", "event.search 1",
		"event.search not-found", "event.search parameter"}
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("told: %q, want %q", got, want)
	}
}

// TestLayer7OwnLogTenants: the log says whose audits were asked for, and does not fold one tenant's with another's.
func TestLayer7OwnLogTenants(t *testing.T) {
	s := newOwnServer(t, Options{})
	c := newPortalClient(t, s.server, `[{"role":"reader","tenants":["acme","other"]}]`)
	s.post(t, `[{"tenant":"acme","action":"Created"},{"tenant":"other","action":"Created"}]`)
	for _, path := range []string{"/acme/tenant-admin/1.0/audits", "/api/other/tenant-admin/1.0/audits", "/tenant-admin/1.0/audits", "/no%20thing/tenant-admin/1.0/audits?action=Gone",
		"/acme/tenant-admin/1.0/audits?size=x", "/other/tenant-admin/1.0/audits/export?" + wholePeriod, "/nothing/tenant-admin/1.0/audits/export?" + wholePeriod, "/acme/tenant-admin/1.0/audits/export"} {
		c.do(t, c.get(t, path))
	}
	link := c.get(t, "/other/tenant-admin/1.0/audits/export?userName=amy")
	link.Header.Set("Accept", "application/json")
	c.do(t, link)
	var got []string
	for _, e := range s.told(t) {
		if e.Source.Channel == "layer7" && e.Action != "access-token.create" {
			got = append(got, fmt.Sprint(e.Action, " ", codeOf(e.Error), " ", strings.SplitAfter(e.details.Query, " ")[0]))
		}
	}
	want := []string{`event.search  tenant:"acme"`, `event.search  tenant:"other"`, `event.search  `, `event.search not-found tenant:"no `, `event.search parameter tenant:"acme"`,
		`event.export  tenant:"other"`, `event.export not-found tenant:"nothing"`, `event.export parameter tenant:"acme"`, `event.export parameter tenant:"other" `}
	if !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestLayer7OwnTenant: who may see the server's own tenant asks for it by name, and does not meet it elsewhere.
func TestLayer7OwnTenant(t *testing.T) {
	s := newOwnServer(t, Options{})
	c := newPortalClient(t, s.server, `[{"role":"auditor","all_tenants":true}]`)
	s.post(t, `{"tenant":"acme","action":"Created"}`)
	found := func(prefix string) (p portalPage) {
		c.decode(t, c.get(t, prefix+"/tenant-admin/1.0/audits"), 200, &p)
		return p
	}
	if p := found(""); p.TotalElements != 1 || p.Results[0].Action != "Created" {
		t.Errorf("without a tenant: %+v", p)
	}
	enginetest.Eventually(t, "the server's own events are found", func() bool {
		_, body := c.do(t, c.get(t, "/_annals/tenant-admin/1.0/audits")) // 404 before the first of them
		return strings.Contains(body, `"userName":"portal"`)
	})
	if p := found("/acme"); p.TotalElements != 1 {
		t.Errorf("of a tenant: %+v", p)
	}
}

// TestLayer7LoginOwnLog: who signs in, and who is not let in, is in the server's own log, without what they have sent for it. So is how often: a
// login is one use of the user's key.
func TestLayer7LoginOwnLog(t *testing.T) {
	s := newOwnServer(t, Options{Limits: RateLimits{PerToken: 2, Loopback: true}}) // four at once
	s.api.perToken.now = func() time.Time { return testNow }                       // and none more
	c := newPortalClient(t, s.server, ofAcme)                                      // the first of them
	login := func(tenant, password string, status int) {
		t.Helper()
		var app struct{ APIKey string }
		c.decode(t, s.request(t, "GET", "/login/application/"+tenant, ""), 200, &app)
		r := s.request(t, "POST", "/login/auth/oauth/v2/token", url.Values{"client_id": {app.APIKey}, "grant_type": {"password"}, "scope": {"OOB"}, "username": {c.id}, "password": {password}}.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if resp, body := s.do(t, r); resp.StatusCode != status || strings.Contains(body, password) {
			t.Errorf("%s: %d %s", tenant, resp.StatusCode, body)
		}
	}
	login("acme", c.secret, 200)
	login("other", c.secret, 400)
	login("acme", "wrong-password", 400)
	login("acme", c.secret, 200)
	login("acme", c.secret, 429)
	var got []string
	for _, e := range s.told(t) {
		if text := string(e.AppendJSON(nil)); strings.Contains(text, c.secret) || strings.Contains(text, c.token) || strings.Contains(text, "wrong-password") {
			t.Errorf("the log has a secret: %s", text)
		}
		if e.Source.Channel == "layer7" {
			got = append(got, fmt.Sprintf("%s %s %s %t", e.Action, e.Operation, codeOf(e.Error), e.Actor.ID == c.id))
		}
	}
	slices.Sort(got)
	want := []string{"access-token.create login  true", "access-token.create login invalid_grant true", "access.refused other token-rate true", "access.refused other unauthorized false"}
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
