package layer7

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
	"annals/index"
)

var testNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// room is a real one over a real log, without the door.
type room struct {
	*Handler
	router *mux.Router
}

func newRoom(t testing.TB, o engine.Options) *room {
	t.Helper()
	now := func() time.Time { return testNow }
	o.Dir, o.Now, o.Index = t.TempDir(), now, index.New(index.Options{Logger: enginetest.Quiet})
	l := enginetest.OpenLog(t, o)
	doors, _, err := auth.Open(auth.Options{Dir: t.TempDir(), Records: l.Records(), Now: now, Logger: enginetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := doors.Close(); err != nil {
			t.Errorf("close access: %v", err)
		}
	})
	r := &room{Handler: New(Options{Log: l, Auth: doors, Now: now, Deadline: time.Minute}), router: mux.NewRouter().UseEncodedPath().SkipClean(true)}
	for _, rt := range r.Routes() {
		r.router.Handle(rt.Path, rt.Serve).Methods(rt.Method)
	}
	return r
}

// pass makes an access token of a credential with the role in tenant acme, whether the role may have one or not.
func (r *room) pass(t testing.TB, role string) string {
	t.Helper()
	made, _, err := r.auth.MakeCredential(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.CredentialWish{Kind: auth.Layer7,
		Wish: auth.Wish{Name: role, Grants: []auth.Grant{{Role: role, Tenants: []string{"acme"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.auth.Credential(auth.Layer7, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c.MakePass(accessToken, testNow.Add(tokenLifetime))
}

func (r *room) get(path, token string) *httptest.ResponseRecorder {
	w, req := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	r.router.ServeHTTP(w, req)
	return w
}

// TestForbidden: a token of a credential that may not read any more is told so.
func TestForbidden(t *testing.T) {
	r := newRoom(t, engine.Options{})
	w := r.get("/tenant-admin/1.0/audits", r.pass(t, "writer"))
	if w.Code != http.StatusForbidden || w.Header().Get("WWW-Authenticate") != insufficientScope || !strings.Contains(w.Body.String(), "may not read audits") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestPanic: a panic is answered in the portal's way, tells nothing of itself, and one that cuts the connection goes on.
func TestPanic(t *testing.T) {
	f := func(fail func(http.ResponseWriter, *http.Request, error), says string) {
		t.Helper()
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r = r.WithContext(reply.WithRequest(r.Context(), "r1", enginetest.Quiet))
		answer(func(http.ResponseWriter, *http.Request) error { panic("inner matter") }, fail)(w, r)
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), says) || strings.Contains(w.Body.String(), "inner matter") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	f(fail, `"userErrorMessage":"Something went wrong in the server."`)
	f(failToken, `"error":"server_error"`)
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v", p)
		}
	}()
	_ = reply.Caught(func() error { panic(http.ErrAbortHandler) })
}

// TestMiscount: fewer events than announced are no whole export.
func TestMiscount(t *testing.T) {
	job := &exportJob{w: httptest.NewRecorder(), file: csvFile(filter{})}
	if err := job.begin(2); err != nil {
		t.Fatal(err)
	}
	if err := job.add(&engine.Event{Action: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := job.finish(); err == nil {
		t.Error("1 of 2 events passed for a whole export")
	}
}

// TestFilterSize: thousands of actions do not make a question that is thousands of questions.
func TestFilterSize(t *testing.T) {
	var f filter
	for i := range 5000 {
		f.action = append(f.action, fmt.Sprint("a", i), "created", "Created", "Login Failed")
	}
	or, ok := f.where().(engine.Or)
	if !ok || len(or.Parts) != 3 {
		t.Errorf("%T of %d parts", f.where(), len(or.Parts))
	}
}

// TestManyActions: more other actions than are counted come behind the portal's own, and are in order there.
func TestManyActions(t *testing.T) {
	r := newRoom(t, engine.Options{})
	token := r.pass(t, "reader")
	events := []*engine.Event{{Tenant: "acme", Action: "Updated"}, {Tenant: "acme", Action: "Created"}}
	var want []string
	for i := range engine.MaxFacetValues + 200 {
		want = append(want, fmt.Sprintf("a%05d", i*7919%100_000))
		events = append(events, &engine.Event{Tenant: "acme", Action: want[i]})
	}
	enginetest.Append(t, r.log, events...)
	slices.Sort(want)
	want = append([]string{"Created", "Updated"}, want...)
	f := func(direction string) {
		t.Helper()
		var p page
		w := r.get("/tenant-admin/1.0/audits?size=2000&sort=action,"+direction, token)
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err, w.Body)
		}
		if !slices.EqualFunc(p.Results, want, func(a audit, action string) bool { return a.Action == action }) {
			t.Errorf("%s: %d entries in another order", direction, len(p.Results))
		}
	}
	f("ASC")
	slices.Reverse(want)
	f("DESC")
}

// TestSimplifiedAgent: the words of the portal's own list, and what other programs call themselves.
func TestSimplifiedAgent(t *testing.T) {
	f := func(ua, want string) {
		t.Helper()
		if got := simplifiedAgent(ua); got != want {
			t.Errorf("%q: %q, want %q", ua, got, want)
		}
	}
	f("", "")
	f("CA API Gateway", "CA API Gateway")
	f("Layer7-SecureSpan-Gateway/v11.1.00", "CA API Gateway")
	f("python-requests/2.32.3", "Python")
	f("Python-urllib/3.12", "Python")
	f("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36", "Chrome")
	f("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox")
	f("Mozilla/5.0", "Mozilla")
	f("curl/8.5.0", "curl")
	f("PostmanRuntime/7.43.0", "PostmanRuntime")
	f("annals recorder", "annals recorder")
	f(strings.Repeat("ü", 1<<10), strings.Repeat("ü", maxAgentBytes/2))
}

func FuzzSimplifiedAgent(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	f.Add("curl/8.5.0")
	f.Add("(;;,///\xff")
	f.Fuzz(func(t *testing.T, ua string) {
		if got := simplifiedAgent(ua); !utf8.ValidString(got) || len(got) > maxAgentBytes {
			t.Errorf("%q: %q", ua, got)
		}
	})
}

// FuzzFilter: whatever is asked for is a query of the log's own language, and finds an event that shows just what was asked for.
func FuzzFilter(f *testing.F) {
	f.Add("entityType=API+EULA&entityName=a*&action=Login+Failed&userName=%22x%22")
	f.Add("action=created&action=x&startTs=1&endTs=2&size=3000&page=1&sort=action,desc")
	f.Add("userName=%ff&entityName=%00&action=-tenant:other")
	r := &Handler{}
	f.Fuzz(func(t *testing.T, query string) {
		req := httptest.NewRequest("GET", "/", nil)
		req.URL = &url.URL{Path: "/", RawQuery: query}
		l, err := r.listingOf(req, auth.Caller{Tenants: engine.Tenants{Names: []string{"acme"}}})
		if err != nil {
			if failureOf(err).Code != "parameter" {
				t.Errorf("%q: %v", query, err)
			}
			return
		}
		if l.size < 1 || l.size > maxSize || l.page < 0 || !l.query.Tenants.Sees("acme") || l.query.Tenants.Sees("other") {
			t.Errorf("%q: %+v", query, l)
		}
		text := engine.FormatQuery(l.query.Where)
		again, err := engine.ParseQuery(text, testNow, time.UTC)
		if err != nil {
			t.Errorf("%q: the query %s: %v", query, text, err)
		}
		pick := func(list []string) string {
			if len(list) == 0 {
				return ""
			}
			return list[0]
		}
		e := &engine.Event{Tenant: "acme", Action: pick(l.filter.action), Operation: engine.OpOther, Result: engine.Success, Time: testNow, Actor: engine.Actor{Name: pick(l.filter.userName)},
			Resources: []engine.Resource{{Type: pick(l.filter.entityType), Name: pick(l.filter.entityName)}}}
		for _, where := range []engine.Expr{l.query.Where, again} {
			if !engine.NewMatcher(engine.Compile(where, l.query.Tenants, time.Time{}, time.Time{}, nil)).Match(e) {
				t.Errorf("%q: %s does not find %+v", query, text, newShower(l.filter).show(e))
			}
		}
	})
}

// FuzzTokenRequest: no request makes more than one client or user of itself, or one without a name.
func FuzzTokenRequest(f *testing.F) {
	f.Add("grant_type=client_credentials", "", "Basic YTpi", "application/x-www-form-urlencoded")
	f.Add("client_id=a&client_secret=b", "grant_type=client_credentials", "", "")
	f.Add("%zz", "client_secret=x", "Bearer x", "text/plain")
	f.Add("grant_type=password&client_id=l7xx61&username=a&password=b", "", "", "application/x-www-form-urlencoded")
	f.Fuzz(func(t *testing.T, body, query, authorization, media string) {
		r := httptest.NewRequest("POST", "/auth/oauth/v2/token", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header = http.Header{"Authorization": {authorization}, "Content-Type": {media}}
		for _, read := range []func(http.ResponseWriter, *http.Request) (proof, error){readClient, readUser} {
			r.Body = io.NopCloser(strings.NewReader(body))
			asked, err := read(httptest.NewRecorder(), r)
			if e, ok := err.(*tokenError); err != nil && (!ok || e.status < 400 || e.status > 413) {
				t.Errorf("%v", err)
			}
			if err == nil && asked.id == "" || err != nil && asked != (proof{}) {
				t.Errorf("%+v, %v", asked, err)
			}
		}
	})
}

// TestEntityOf: of several resources the one that was asked for is shown, with a type or without.
func TestEntityOf(t *testing.T) {
	e := &engine.Event{Resources: []engine.Resource{{Name: "a"}, {Name: "b"}, {Type: "API", Name: "c"}, {Type: "API", Name: "b"}}}
	f := func(asked filter, want engine.Resource) {
		t.Helper()
		if got := asked.entityOf(e); got.Type != want.Type || got.Name != want.Name {
			t.Errorf("%+v: %+v, want %+v", asked, got, want)
		}
	}
	f(filter{}, engine.Resource{Type: "API", Name: "c"})
	f(filter{entityName: []string{"a"}}, engine.Resource{Name: "a"})
	f(filter{entityName: []string{"b"}}, engine.Resource{Type: "API", Name: "b"})
	f(filter{entityType: []string{"API"}, entityName: []string{"b"}}, engine.Resource{Type: "API", Name: "b"})
	f(filter{entityType: []string{"User"}}, engine.Resource{Name: "a"}) // none that was asked for
}

// TestApplicationKey: a key is one tenant's, in one spelling.
func TestApplicationKey(t *testing.T) {
	for _, tenant := range []string{"acme", "数据", strings.Repeat("x", engine.MaxTenantBytes)} {
		if got := tenantOfKey(applicationKey(tenant)); got != tenant {
			t.Errorf("%s: %q", tenant, got)
		}
	}
	for _, key := range []string{"", "l7xx", "61636d65", "l7xx61636D65", "l7xx61636d6", "l7xx61636d65 ", "l7xx0a", "l7xxff", applicationKey(strings.Repeat("x", engine.MaxTenantBytes+1))} {
		if got := tenantOfKey(key); got != "" {
			t.Errorf("%q is a key of %q", key, got)
		}
	}
}
