package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
	"annals/index"
)

// ownServer is a server that tells of itself, by a clock that the test moves.
type ownServer struct {
	*server
	own   *OwnLog
	ahead atomic.Int64 // of testNow, nanoseconds
}

func newOwnServer(t *testing.T, o Options) *ownServer {
	t.Helper()
	s := &ownServer{}
	now := func() time.Time { return testNow.Add(time.Duration(s.ahead.Load())) }
	l := enginetest.OpenLog(t, engine.Options{Dir: t.TempDir(), Now: now, Index: index.New(index.Options{Logger: enginetest.Quiet})})
	s.own = NewOwnLog(OwnLogOptions{Append: l.AppendOwn, Now: now, Logger: enginetest.Quiet})
	doors, token, err := auth.Open(auth.Options{Dir: t.TempDir(), Records: l.Records(), Now: now, Logger: enginetest.Quiet, Record: s.own.Record})
	if err != nil {
		t.Fatal(err)
	}
	o.Log, o.Auth, o.Now, o.Logger, o.Own = l, doors, now, enginetest.Quiet, s.own
	s.server = &server{api: New(o), log: l, token: token}
	s.Server = httptest.NewServer(s.api)
	t.Cleanup(func() {
		s.api.Drain()
		s.Close()
		if err := doors.Close(); err != nil {
			t.Errorf("close access: %v", err)
		}
	})
	return s
}

func (s *ownServer) advance(d time.Duration) { s.ahead.Add(int64(d)) }

// ask makes a request of which only the status is of interest, without the way over a network.
func (s *ownServer) ask(t testing.TB, method, path, token, from string) int {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = from + ":1234"
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return w.Code
}

// ownEvent is an event of the server's own log as a test looks at it.
type ownEvent struct {
	*engine.Event
	details struct {
		Query, Reason, Route, Field, Message string
		Params                               map[string]string
		Tenants                              []string
		From, To, First, Last                time.Time
		Total, LastTotal, Rows               *uint64
		Finished                             *bool
		Count                                uint64
		Others                               bool
		RequestID                            string
	}
}

// told ends the server and returns what it has told of itself, in the order of writing.
func (s *ownServer) told(t *testing.T) []ownEvent {
	t.Helper()
	s.api.Drain()
	s.Close() // an answer is out before it is told of
	if err := s.own.Close(); err != nil {
		t.Fatal(err)
	}
	r := enginetest.Search(t, s.log, engine.Query{Tenants: engine.Tenants{Names: []string{engine.ReservedTenant}}, Limit: engine.MaxPage})
	if int(r.Total) != len(r.Events) || s.own.recorder.Stats().Refused > 0 {
		t.Fatalf("%d of %d events; %+v", len(r.Events), r.Total, s.own.recorder.Stats())
	}
	slices.SortFunc(r.Events, func(a, b *engine.Event) int { return int(a.Seq) - int(b.Seq) })
	events := make([]ownEvent, len(r.Events))
	for i, e := range r.Events {
		events[i].Event = e
		if err := json.Unmarshal(e.Details, &events[i].details, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatalf("%s: %v", e.Details, err)
		}
	}
	return events
}

// TestOwnNames: every route that takes a right has its name, or says that it needs none.
func TestOwnNames(t *testing.T) {
	left := map[string]bool{}
	for name := range ownNames {
		left[name] = true
	}
	for _, rt := range new(API).tableOnly() {
		name := rt.method + " " + rt.path
		if _, named := ownNames[name]; !named && (rt.need != auth.None || rt.method != http.MethodGet) {
			t.Errorf("%s has no name in the server's own log", name)
		}
		delete(left, name)
	}
	for name := range left {
		t.Errorf("%s has a name, but there is no such route", name)
	}
	if got := (route{method: "GET", path: "/new", need: auth.Read}).ownName(); got != "GET /new" {
		t.Errorf("a route without a name is called %q", got)
	}
}

// TestOwnPages: what is asked and done with pages is told as the API's requests are, and nothing of it that is secret.
func TestOwnPages(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	v := &visitor{server: s.server, token: s.token}
	v.get(t, "/events?q=timeout&range=last-7d&result=failure&user=amy&user=bob", 200)
	v.get(t, v.post(t, "/settings/tokens", url.Values{"name": {"shipper"}, "role": {"writer"}, "scope": {"all"}}, 303), 200)
	secrets := []string{v.text("#token-text"), goodPassword, "wrong password"}
	v.get(t, v.post(t, "/settings/accounts", url.Values{"login": {"amy"}, "name": {"Amy"}, "role": {"reader"}, "scope": {"all"}}, 303), 200)
	code := strings.TrimPrefix(v.text("#setup-link"), "/setup#")
	amy := &visitor{server: s.server}
	amy.post(t, "/setup", url.Values{"code": {code}, "password": {goodPassword}, "again": {goodPassword}}, 303)
	amy.post(t, "/sign-in", url.Values{"login": {"amy"}, "password": {"wrong password"}}, 401)
	amy.post(t, "/sign-in", url.Values{"login": {"amy"}, "password": {goodPassword}}, 303)
	secrets = append(secrets, code, strings.TrimPrefix(amy.cookie, "annals="))
	amy.post(t, "/settings/account/password", url.Values{"old": {goodPassword}, "new": {"a quite different sentence"}, "again": {"a quite different sentence"}}, 303)
	secrets = append(secrets, "a quite different sentence")
	amy.post(t, "/sign-out", nil, 303)

	var actions []string
	for _, e := range s.told(t) {
		actions = append(actions, e.Action)
		for _, secret := range secrets {
			if text := string(e.AppendJSON(nil)); secret == "" || strings.Contains(text, secret) {
				t.Errorf("%q is in %s", secret, text)
			}
		}
		if e.Action == "event.search" && (e.details.Query != `timeout user:"amy","bob" result:"failure"`) {
			t.Errorf("asked %s", e.Details)
		}
	}
	slices.Sort(actions)
	want := []string{"account.create", "account.password", "account.set_up", "account.sign_in", "account.sign_in", "account.sign_out", "account.view", "event.search", "token.create", "token.list"}
	if !slices.Equal(actions, want) {
		t.Errorf("told %q", actions)
	}
}

// TestOwnReads: who asked what, from where, with what result.
func TestOwnReads(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, `[{"id":"a/1","tenant":"acme","action":"x","actor":{"name":"amy"}},{"id":"b1","tenant":"beta","action":"y","actor":{"name":"amy"}}]`)
	_, reader, err := s.api.access.Make(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.Wish{Name: "acme reads", Grants: []auth.Grant{{Role: "reader", Tenants: []string{"acme"}}}})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) {
		t.Helper()
		r := s.request(t, "GET", "/api/v1"+path, "")
		r.Header.Set("User-Agent", "a test")
		s.do(t, r)
	}
	for _, path := range []string{"/stats", "/tenants", "/checkpoint", "/openapi.json"} {
		get(path)
	}
	get("/events?q=user:amy&from=2026-11-23&sort=action&limit=7")
	get("/events?q=bad:amy")
	get("/events/a%2F1?tenant=acme")
	get("/events/nobody")
	get("/export?q=user:amy&format=csv")
	get("/verify")
	get("/backup?with_key=true")
	get("/tokens")
	s.do(t, s.request(t, "POST", "/api/v1/tokens", `{"name":"new","grants":[{"role":"reader","all_tenants":true}]}`))
	s.token = reader
	get("/events?q=user:amy")

	type line struct{ action, result, query, code, thing, total, rows, params, tenants string }
	want := []line{
		{"event.search", "success", "user:amy", "", "", "2", "", "limit=7 sort=action", ""},
		{"event.search", "failure", "bad:amy", "query", "", "", "", "", ""},
		{"event.view", "success", "", "", "event a/1", "", "", "tenant=acme", ""},
		{"event.view", "failure", "", "not-found", "event nobody", "", "", "", ""},
		{"event.export", "success", "user:amy", "", "", "2", "2", "format=csv", ""},
		{"log.verify", "success", "", "", "", "2", "", "", ""},
		{"log.backup", "success", "", "", "", "2", "2", "with_key=true", ""},
		{"token.list", "success", "", "", "", "", "", "", ""},
		{"token.create", "success", "", "", "token ", "", "", "", ""},
		{"event.search", "success", "user:amy", "", "", "1", "", "", "acme"},
	}
	events := s.told(t)
	if len(events) != len(want) {
		t.Errorf("%d events, want %d", len(events), len(want))
	}
	for i, e := range events[:min(len(events), len(want))] {
		got := line{action: e.Action, result: e.Result, query: e.details.Query, code: codeOf(e.Error), tenants: strings.Join(e.details.Tenants, " ")}
		if len(e.Resources) > 0 {
			got.thing = e.Resources[0].Type + " " + e.Resources[0].ID
		}
		if got.action == "token.create" {
			got.thing, got.query = "token ", "" // made at random; the recorder has a query of its own
		}
		for _, p := range []struct {
			n    *uint64
			into *string
		}{{e.details.Total, &got.total}, {e.details.Rows, &got.rows}} {
			if p.n != nil {
				*p.into = fmt.Sprint(*p.n)
			}
		}
		for name, value := range e.details.Params {
			got.params += " " + name + "=" + value
		}
		params := strings.Fields(got.params)
		slices.Sort(params)
		if got.params = strings.Join(params, " "); got != want[i] {
			t.Errorf("event %d is %+v\nwant %+v\n%s", i, got, want[i], e.AppendJSON(nil))
		}
		who := "admin.token"
		if i == len(want)-1 {
			who = "acme reads"
		}
		if e.Actor.Name != who || e.Actor.Type != "token" || e.Actor.ID == "" || e.Source.IP != "127.0.0.1" || e.Source.Channel != "api" ||
			e.Module != "annals" || !strings.Contains(string(e.Details), `"request_id":"`) || !strings.Contains(string(e.Details), `"took_ms":`) {
			t.Errorf("event %d: %s", i, e.AppendJSON(nil))
		}
		if got.action != "token.create" && (e.Operation != engine.OpRead || *e.Write || e.Source.UserAgent != "a test" || !e.Time.Equal(testNow)) {
			t.Errorf("event %d: %s", i, e.AppendJSON(nil))
		}
		if strings.Contains(string(e.AppendJSON(nil)), "annals_") {
			t.Errorf("event %d has a token: %s", i, e.AppendJSON(nil))
		}
	}
	if from := events[0].details.From; !from.Equal(testNow.Truncate(24*time.Hour)) || !events[0].details.To.IsZero() {
		t.Errorf("the search was from %v to %v", from, events[0].details.To)
	}
}

// TestOwnTail: a tail is told of when it begins, and with what it sent when it ends; one that cannot begin, with the reason.
func TestOwnTail(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, `[{"action":"a"},{"action":"b"},{"action":"a"}]`)
	l := s.listen(t, "?from=0&q=action:a", "")
	l.expect("0", "2")
	s.api.Drain()
	for l.lines.Scan() {
	}
	s.do(t, s.request(t, "GET", "/api/v1/tail?from=99", ""))
	events := s.told(t)
	if len(events) != 3 {
		t.Fatalf("%d events", len(events))
	}
	begun, ended, failed := events[0], events[1], events[2]
	if begun.Action != "tail.start" || begun.details.Rows != nil || begun.details.Query != "action:a" || begun.details.Params["from"] != "0" {
		t.Errorf("%s", begun.AppendJSON(nil))
	}
	if ended.Action != "tail.end" || ended.Result != engine.Success || ended.details.Rows == nil || *ended.details.Rows != 2 || ended.details.Query != "action:a" {
		t.Errorf("%s", ended.AppendJSON(nil))
	}
	if failed.Action != "tail.start" || codeOf(failed.Error) != "parameter" {
		t.Errorf("%s", failed.AppendJSON(nil))
	}
}

// TestOwnExportCut: an export that ends before its end is a failure that says how far it came.
func TestOwnExportCut(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, strings.Repeat("{\"action\":\"a\"}\n", 9000))
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.api.ServeHTTP(&shortWriter{w, 200_000}, r)
	}))
	r := s.request(t, "GET", "/api/v1/export?format=ndjson", "")
	r.URL.Host = strings.TrimPrefix(broken.URL, "http://")
	resp, err := broken.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	broken.Close()
	events := s.told(t)
	if err == nil || len(events) != 1 {
		t.Fatalf("%v, %d events", err, len(events))
	}
	if e, d := events[0], events[0].details; codeOf(e.Error) != "aborted" || *d.Total != 9000 || *d.Rows == 0 || *d.Rows >= 9000 || *d.Finished {
		t.Errorf("%s", e.AppendJSON(nil))
	}
}

// TestOwnRecord: what auth reports gets the time, the source and the request's ID; failures that are the same are folded, successes are not.
func TestOwnRecord(t *testing.T) {
	s := newOwnServer(t, Options{})
	signIn := func(result string) {
		h := s.api.observe(s.api.tell(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			noteOf(r.Context()).route = &route{} // a handler is reached, and what it refuses is told by auth
			s.own.Record(r.Context(), &engine.Event{Action: "session.create", Operation: engine.OpLogin, Result: result,
				Actor: engine.Actor{ID: "u1", Name: "amy", Type: "person"}, Details: []byte(`{"method":"password"}`)})
		})))
		r := httptest.NewRequest("POST", "/x", nil)
		r.RemoteAddr = "203.0.113.9:77"
		r.Header.Set("User-Agent", "browser")
		r.Header.Set("X-Request-ID", "r-1")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	for range 5 {
		signIn(engine.Failure)
	}
	signIn(engine.Success)
	signIn(engine.Success)
	s.own.Record(context.Background(), &engine.Event{Action: "token.create", Details: []byte(`{"count":1}`)}) // a name that is ours as well
	events := s.told(t)
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprint(e.Action, " ", e.Result, " ", e.details.Count))
		if e.Action == "session.create" && (e.Source != engine.Source{IP: "203.0.113.9", UserAgent: "browser", Channel: "api"} ||
			!strings.Contains(string(e.Details), `"method":"password"`) || !strings.Contains(string(e.Details), `"request_id":"r-1"`) || e.Actor.Name != "amy") {
			t.Errorf("%s", e.AppendJSON(nil))
		}
	}
	want := []string{"session.create failure 1", "session.create success 1", "session.create success 1", "token.create success 0", "session.create failure 4"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestOwnStart: the start is told with the settings, the stop when it was orderly.
func TestOwnStart(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.own.Start("1.2.3", map[string]string{"retention": "90d", "tls-key": "server.key"}, 7)
	events := s.told(t)
	if len(events) != 2 || events[0].Action != "server.start" || events[1].Action != "server.stop" || events[0].Actor != serverActor {
		t.Fatalf("%d events", len(events))
	}
	if got := string(events[0].Details); got != `{"settings":{"retention":"90d","tls-key":"server.key"},"size":7,"version":"1.2.3"}` {
		t.Error(got)
	}
}

// TestOwnCloseGivesUp: a log that takes nothing does not keep the server from stopping, and what is lost is told.
func TestOwnCloseGivesUp(t *testing.T) {
	own := NewOwnLog(OwnLogOptions{Logger: enginetest.Quiet, Append: func(context.Context, []*engine.Event) ([]engine.Outcome, error) {
		return nil, engine.ErrDiskFull
	}})
	own.patience = time.Millisecond
	own.Start("1", nil, 0)
	if err := own.Close(); err == nil || !strings.Contains(err.Error(), "2 events were not delivered") || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
}
