package enos

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// TestSign: the documentation's example, with the body that its digest is of, and ours.
func TestSign(t *testing.T) {
	f := func(query, body, token, secret, want string) {
		t.Helper()
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := sign(token, values, []byte(body), "1572574909697", auth.NewSecret(secret)); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	f("k3=v3&k1=v1&k2=v2", "{\n  \"count\": 20,\n  \"page\": 1,\n  \"desc\": \"描述\"\n}", "xxxxaaaxxxx", "xxxappSecretxxx",
		"59828328f6c1f9771015dc74e4929ae30f518a35a3d2353972c2ea46556fc981")
	const body = `{"pagination":{"pageNo":0,"pageSize":2},"startTime":1626796800000,"endTime":1631980799000}`
	f("orgId=o123", body, "demo-token", "demo-app-secret", "01301ed0cf316776d35864f6c6d5ddbdf9fb8dcfb376c06daf64d7e968095ecf")
	f("orgId=o123&locale=en_US", body, "demo-token", "demo-app-secret", "2eab86b1490372e614c5941f14f4dd5ca6c2aa5a8450e3811adaa74d20afefa0")
	f("locale=en_US&orgId=%6f123", body, "demo-token", "demo-app-secret", "2eab86b1490372e614c5941f14f4dd5ca6c2aa5a8450e3811adaa74d20afefa0")

	if got := encrypt("demo-app-key", "1572574909697", auth.NewSecret("demo-app-secret")); got != "9181d9503cf85b1be268a2772de2f2951d8fdc1be10414c76d0c955279277a69" {
		t.Errorf("encryption %s", got)
	}
}

func TestDigits(t *testing.T) {
	f := func(text string, want int64, ok bool) {
		t.Helper()
		var d digits
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		if got, is := d.whole(); got != want || is != ok {
			t.Errorf("%s: %d, %v", text, got, is)
		}
	}
	f(`1626796800000`, 1626796800000, true)
	f(`"1626796800000"`, 1626796800000, true)
	f(`1.6267968E12`, 1626796800000, true)
	f(`"1.6267968e+12"`, 1626796800000, true)
	f(`-3`, -3, true)
	f(`-0.0`, 0, true)
	f(`1.5`, 0, false)
	f(`1e300`, 0, false)
	f(`1e400`, 0, false)
	f(`""`, 0, false)
	f(`null`, 0, false)
	f(`"NaN"`, 0, false)
	f(`"inf"`, 0, false)
	f(`"0x10"`, 0, false)
	f(`"1_000"`, 0, false)
	f(`" 1"`, 0, false)
	for _, text := range []string{`true`, `{}`, `[1]`} {
		if err := json.Unmarshal([]byte(text), new(digits)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func FuzzReadLogRequest(f *testing.F) {
	for _, body := range []string{`{"startTime":1,"endTime":"2","pagination":{"pageNo":0,"pageSize":2}}`, `{"startTime":1.6267968E12,"endTime":1.7E12,"pageNo":"3"}`, `{}`, ``, `null`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		q, err := readLogRequest(body)
		if err != nil {
			if _, ok := err.(*failure); !ok {
				t.Errorf("%v", err)
			}
			return
		}
		if q.From.UnixMilli() < 0 || !q.To.After(q.From) || q.To.Year() > 10000 || q.Limit < 1 || q.Limit > engine.MaxPage || q.Page < 1 || q.Page > engine.MaxSkip+1 {
			t.Errorf("%+v", q)
		}
	})
}

// FuzzSign: no two requests that are read differently have the same text to sign but for how name and value are parted, which the vendor's rule
// does not say.
func FuzzSign(f *testing.F) {
	f.Add("token", "orgId=o123&locale=en_US", "{}", "1572574909697")
	f.Add("", "a=1&a=2&b", "", "0")
	f.Fuzz(func(t *testing.T, token, query, body, timestamp string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		secret := auth.NewSecret("secret")
		got := sign(token, values, []byte(body), timestamp, secret)
		again, err := url.ParseQuery(values.Encode())
		if err != nil || sign(token, again, []byte(body), timestamp, secret) != got {
			t.Errorf("%q: another signature when the parameters are sorted", query)
		}
		for _, other := range []string{sign(token+"x", values, []byte(body), timestamp, secret), sign(token, values, []byte(body+" "), timestamp, secret),
			sign(token, values, []byte(body), timestamp+"0", secret), sign(token, values, []byte(body), timestamp, auth.NewSecret("Secret"))} {
			if other == got {
				t.Errorf("%q %q %q %q: the same signature", token, query, body, timestamp)
			}
		}
	})
}

func TestMenuTime(t *testing.T) {
	f := func(millis int64, want string) {
		t.Helper()
		if got := menuTime(time.UnixMilli(millis)); got != want {
			t.Errorf("%d: %s", millis, got)
		}
	}
	f(1660206332000, "2022-08-11 08:25:32.0")
	f(1660206332120, "2022-08-11 08:25:32.12")
	f(1660206332007, "2022-08-11 08:25:32.007")
	f(1660206330000, "2022-08-11 08:25:30.0")
}

func TestOnce(t *testing.T) {
	now := time.Unix(1000, 0)
	o := newOnce(3)
	f := func(text string, want bool) {
		t.Helper()
		if got := o.first(text, now.Add(time.Minute), now); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	f("a", true)
	f("a", false)
	if !o.has("a", now) || o.has("b", now) {
		t.Error("a is not remembered, or b is")
	}
	now = now.Add(time.Minute)
	f("a", true) // long ago
	f("b", true)
	f("c", true)
	f("d", true) // one too many: the first is forgotten
	f("d", false)
	f("b", false)
	f("a", true)
	now = now.Add(time.Hour)
	f("e", true)
	if len(o.until) != 1 || len(o.order) != 1 {
		t.Errorf("%d and %d are remembered", len(o.until), len(o.order))
	}
}

// TestPurposes: what is between session and OU cannot be moved from one to the other.
func TestPurposes(t *testing.T) {
	h := New(Options{})
	if h.refreshPurpose("a", "b c") == h.refreshPurpose("a b", "c") || h.refreshPurpose("a", `b" "c`) == h.refreshPurpose(`a" "b`, "c") {
		t.Error("two sessions' refresh tokens are for the same")
	}
	if h.sessionPurpose("a") == New(Options{}).sessionPurpose("a") {
		t.Error("a session outlives the process, which does not know whether it was ended")
	}
}

// room is a room over a log, and a key to it.
type room struct {
	*Handler
	log    *engine.Log
	keyID  string
	secret auth.Secret
	logged bytes.Buffer
	told   []reply.Asked
}

func newRoom(t *testing.T) *room {
	t.Helper()
	l := enginetest.OpenLog(t, engine.Options{Dir: t.TempDir()})
	doors, _, err := auth.Open(auth.Options{Dir: t.TempDir(), Records: l.Records(), Now: time.Now, Logger: enginetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = doors.Close() }) // a test may have closed the log
	c, secret, err := doors.MakeCredential(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.CredentialWish{Kind: auth.EnOS,
		Wish: auth.Wish{Name: "audit", Grants: []auth.Grant{{Role: "admin", Tenants: []string{"o123"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return &room{Handler: New(Options{Log: l, Auth: doors, Now: time.Now, Deadline: time.Minute}), log: l, keyID: c.ID, secret: secret}
}

// ask makes a signed call.
func (m *room) ask(t *testing.T, method, target, body string) *httptest.ResponseRecorder {
	t.Helper()
	c, err := m.auth.Credential(auth.EnOS, m.keyID)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	token, timestamp := c.MakePass(accessToken, m.now().Add(time.Hour)), strconv.FormatInt(m.now().UnixMilli(), 10)
	r.Header.Set(headerToken, token)
	r.Header.Set(headerTimestamp, timestamp)
	r.Header.Set(headerSignature, sign(token, r.URL.Query(), []byte(body), timestamp, m.secret))
	m.logged.Reset()
	ctx := reply.WithRequest(r.Context(), "abc-1", slog.New(slog.NewTextHandler(&m.logged, nil)))
	ctx = reply.WithTold(ctx, func(asked reply.Asked) { m.told = append(m.told, asked) })
	w := httptest.NewRecorder()
	for _, route := range m.Routes() {
		if route.Method == method && route.Path == r.URL.Path {
			route.Serve(w, r.WithContext(ctx))
			return w
		}
	}
	t.Fatalf("no route %s %s", method, target)
	return nil
}

const (
	queryPath   = "/app-portal-service/v2.2/log/query?orgId=o123"
	menuPath    = "/app-portal-service/v2.3/event/log/query?orgId=o123"
	producePath = "/app-portal-service/v2.3/event/log/produce?orgId=o123"
	always      = `{"startTime":0,"endTime":4000000000000}`
)

// TestServerFails: a panic, a log that is closed and a search that takes too long are answered in the API's own shape, tell the client nothing, and
// are in the operator's log once with the request's ID.
func TestServerFails(t *testing.T) {
	m := newRoom(t)
	f := func(what, target, body string, status int) {
		t.Helper()
		m.told = nil
		w := m.ask(t, http.MethodPost, target, body)
		if text := w.Body.String(); w.Code != status || !strings.HasPrefix(text, `{"code":31500,"data":null,"message":"`) || !strings.Contains(text, `"status":1005,"msg":"`) || !strings.Contains(text, "abc-1") {
			t.Errorf("%s: %d %s", what, w.Code, text)
		}
		if n := strings.Count(m.logged.String(), "request_id=abc-1"); n != 1 {
			t.Errorf("%s: logged %d times: %s", what, n, m.logged.String())
		}
		if len(m.told) != 1 || m.told[0].Failure == nil || m.told[0].Failure.Code != "1005" {
			t.Errorf("%s: told %+v", what, m.told)
		}
	}
	if _, err := m.log.Append(t.Context(), []*engine.Event{{Tenant: "o123", Action: "a"}}); err != nil {
		t.Fatal(err)
	}
	m.deadline = time.Nanosecond
	f("too slow", queryPath, always, http.StatusServiceUnavailable)
	m.deadline = time.Minute
	l := m.log
	m.Handler.log = nil
	f("panic", queryPath, always, http.StatusInternalServerError)
	m.Handler.log = l
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	f("closed", queryPath, always, http.StatusServiceUnavailable)
	f("closed", menuPath, always, http.StatusServiceUnavailable)
	f("closed", producePath, `{"subjectId":"m1","subjectType":"menu"}`, http.StatusServiceUnavailable)
}

// TestLargeBody: what is too large is not read, and answered as other mistakes are.
func TestLargeBody(t *testing.T) {
	m := newRoom(t)
	w := m.ask(t, http.MethodPost, queryPath, strings.Repeat(" ", maxBodyBytes+1))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"code":31400,"data":null,"message":"The body has more than 65536 bytes"}`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if len(m.told) != 0 {
		t.Errorf("told of who is not known: %+v", m.told)
	}
	if w := m.ask(t, http.MethodPost, queryPath, always+strings.Repeat(" ", maxBodyBytes-len(always))); !strings.HasPrefix(w.Body.String(), `{"code":0,`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestLargePage: a numbered page that the log does not give at once is refused, and not cut short.
func TestLargePage(t *testing.T) {
	m := newRoom(t)
	events := make([]*engine.Event, 80)
	for i := range events {
		events[i] = &engine.Event{Tenant: "o123", Action: "a", Description: strings.Repeat("x", 250<<10)}
	}
	if _, err := m.log.Append(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	if w := m.ask(t, http.MethodPost, queryPath, always); !strings.HasPrefix(w.Body.String(), `{"code":31400,"data":null,"message":"pagination: the page is too large; ask for a smaller pageSize"}`) {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
	if w := m.ask(t, http.MethodPost, queryPath, `{"pagination":{"pageNo":3,"pageSize":20},`+always[1:]); !strings.HasPrefix(w.Body.String(), `{"code":0,`) {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
}

// TestTogether: of many at once one is the first, and all that ask for a token are given the same.
func TestTogether(t *testing.T) {
	m := newRoom(t)
	c, err := m.auth.Credential(auth.EnOS, m.keyID)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var firsts atomic.Int64
	var tokens sync.Map
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if m.used.first("x", now.Add(time.Minute), now) {
				firsts.Add(1)
			}
			tokens.Store(m.current.get(c, m.keyID, now).AccessToken, true)
		})
	}
	all.Wait()
	n := 0
	tokens.Range(func(any, any) bool { n++; return true })
	if firsts.Load() != 1 || n != 1 {
		t.Errorf("%d were first, %d tokens were given", firsts.Load(), n)
	}
	if given := m.current.get(c, m.keyID, now); given.Expire != 7200 {
		t.Errorf("a token is given for %d seconds", given.Expire)
	}
	if m.current.renew(c, m.keyID, now) == m.current.get(c, m.keyID, now.Add(3*time.Hour)) || len(m.current.byKey) != 1 {
		t.Errorf("%d tokens are kept", len(m.current.byKey))
	}
}
