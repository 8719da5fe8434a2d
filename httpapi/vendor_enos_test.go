package httpapi

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
	"annals/httpapi/auth"
)

// enosArguments of a sign line are name=value:
//
//	key=APPKEY secret=SECRET         the body asks for a token: appKey, encryption and timestamp are put into it
//	token=TOKEN secret=SECRET        the call is signed with it
//	bearer=TEXT                      somebody is signed in to the portal; else there is no Authorization
//	bare=TEXT                        the same, without the word Bearer
//	skew=16m                         the client's clock is ahead
//	as=string                        the timestamp in the body is a string
//	change=PART                      after signing: query, body, timestamp, token, secret or signature
type enosArguments map[string]string

func init() {
	signers["enos"] = func(r *http.Request, body string, now time.Time, args []string) {
		a := enosArguments{}
		for _, arg := range args {
			name, value, _ := strings.Cut(arg, "=")
			a[name] = value
		}
		r.Header.Del("Authorization")
		if a["bearer"] != "" {
			r.Header.Set("Authorization", "Bearer "+a["bearer"])
		}
		if a["bare"] != "" {
			r.Header.Set("Authorization", a["bare"])
		}
		skew, _ := time.ParseDuration(a["skew"])
		timestamp := now.Add(skew).UnixMilli()
		if a["key"] != "" {
			enosEncrypt(r, body, a, timestamp)
			return
		}
		enosSign(r, body, a, timestamp)
	}
}

func enosDigest(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func enosEncrypt(r *http.Request, body string, a enosArguments, timestamp int64) {
	members := map[string]any{}
	if body != "" {
		if err := json.Unmarshal([]byte(body), &members); err != nil {
			panic(err)
		}
	}
	members["appKey"] = a["key"]
	members["encryption"] = enosDigest(a["key"] + strconv.FormatInt(timestamp, 10) + a["secret"])
	members["timestamp"] = timestamp
	if a["as"] == "string" {
		members["timestamp"] = strconv.FormatInt(timestamp, 10)
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	setBody(r, string(text))
}

// enosSign signs as the documentation's steps say: parameters sorted by name, then the body, between token and timestamp.
func enosSign(r *http.Request, body string, a enosArguments, timestamp int64) {
	var names []string
	for name := range r.URL.Query() {
		names = append(names, name)
	}
	slices.Sort(names)
	var text strings.Builder
	text.WriteString(a["token"])
	for _, name := range names {
		text.WriteString(name + strings.Join(r.URL.Query()[name], name))
	}
	fmt.Fprintf(&text, "%s%d%s", body, timestamp, a["secret"])
	signature := enosDigest(text.String())
	switch a["change"] {
	case "query":
		r.URL.RawQuery += "x"
	case "body":
		setBody(r, body+" ")
	case "timestamp":
		timestamp++
	case "token":
		a["token"] += "x"
	case "secret":
		signature = enosDigest(text.String() + "x")
	case "signature":
		signature = strings.ToUpper(signature)
	}
	r.Header.Set("apim-accesstoken", a["token"])
	r.Header.Set("apim-timestamp", strconv.FormatInt(timestamp, 10))
	r.Header.Set("apim-signature", signature)
}

func setBody(r *http.Request, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
}

// TestEnosSigner: the scripts' signer makes the published signatures, and ours.
func TestEnosSigner(t *testing.T) {
	f := func(query, body, token, secret, want string) {
		t.Helper()
		r, _ := http.NewRequest("POST", "http://x/m/v1/b?"+query, strings.NewReader(body))
		enosSign(r, body, enosArguments{"token": token, "secret": secret}, 1572574909697)
		if got := r.Header.Get("apim-signature"); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	f("k3=v3&k1=v1&k2=v2", "{\n  \"count\": 20,\n  \"page\": 1,\n  \"desc\": \"描述\"\n}", "xxxxaaaxxxx", "xxxappSecretxxx", "59828328f6c1f9771015dc74e4929ae30f518a35a3d2353972c2ea46556fc981")
	const ours = `{"pagination":{"pageNo":0,"pageSize":2},"startTime":1626796800000,"endTime":1631980799000}`
	f("orgId=o123", ours, "demo-token", "demo-app-secret", "01301ed0cf316776d35864f6c6d5ddbdf9fb8dcfb376c06daf64d7e968095ecf")
	f("orgId=o123&locale=en_US", ours, "demo-token", "demo-app-secret", "2eab86b1490372e614c5941f14f4dd5ca6c2aa5a8450e3811adaa74d20afefa0")
	if got := enosDigest("demo-app-key" + "1572574909697" + "demo-app-secret"); got != "9181d9503cf85b1be268a2772de2f2951d8fdc1be10414c76d0c955279277a69" {
		t.Errorf("encryption %s", got)
	}
}

// enosKey is a credential with a token.
type enosKey struct{ id, secret, token string }

func (s *server) enosKey(t *testing.T, now time.Time, grants string) enosKey {
	t.Helper()
	c, secret, err := s.api.access.MakeCredential(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.CredentialWish{Kind: auth.EnOS, Wish: auth.Wish{Name: "audit", Grants: grantsOf(grants)}})
	if err != nil {
		t.Fatal(err)
	}
	k := enosKey{id: c.ID, secret: string(secret.Bytes())}
	r := s.request(t, "POST", "/apim-token-service/v2.0/token/get", "")
	signers["enos"](r, "", now, []string{"key=" + k.id, "secret=" + k.secret})
	_, body := s.do(t, r)
	var answer struct {
		Data struct {
			AccessToken string `json:"accessToken"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.AccessToken == "" {
		t.Fatalf("%v: %s", err, body)
	}
	k.token = answer.Data.AccessToken
	return k
}

// enos makes a signed call.
func (s *server) enos(t *testing.T, k enosKey, method, path, body string, more ...string) string {
	t.Helper()
	r := s.request(t, method, path, body)
	signers["enos"](r, body, testNow, append([]string{"token=" + k.token, "secret=" + k.secret}, more...))
	_, answer := s.do(t, r)
	return answer
}

const (
	enosQuery = "/app-portal-service/v2.2/log/query?orgId="
	enosDay   = `{"startTime":1795348800000,"endTime":1795435200000}`
)

// TestEnosTold: who asked what is in the server's own log, and no secret, token or password is.
func TestEnosTold(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, `[{"id":"r-1","time":"2026-11-23T10:00:00Z","tenant":"acme","action":"Log in"}]`)
	k := s.enosKey(t, testNow, "admin:acme")
	writer := s.enosKey(t, testNow, "writer:acme")
	secrets := []string{k.secret, k.token, writer.secret, writer.token}
	data := func(answer, member string) string {
		t.Helper()
		var v struct {
			Data map[string]jsontext.Value `json:"data"`
		}
		if err := json.Unmarshal([]byte(answer), &v); err != nil || v.Data[member] == nil {
			t.Fatalf("%v: %s", err, answer)
		}
		text := strings.Trim(string(v.Data[member]), `"`)
		secrets = append(secrets, text)
		return text
	}
	repeated := s.request(t, "POST", "/apim-token-service/v2.0/token/get", "")
	signers["enos"](repeated, "", testNow, []string{"key=" + k.id, "secret=" + k.secret})
	s.do(t, repeated)
	s.enos(t, k, "POST", enosQuery+"acme", enosDay)
	s.enos(t, k, "POST", enosQuery+"other", enosDay)
	s.enos(t, k, "POST", enosQuery+"acme", `{}`)
	s.enos(t, writer, "POST", enosQuery+"acme", enosDay)
	s.enos(t, k, "POST", enosQuery+"acme", enosDay, "change=secret")
	s.enos(t, k, "POST", "/app-portal-service/v2.3/event/log/query?orgId=acme", enosDay)
	s.enos(t, k, "POST", "/app-portal-service/v2.3/event/log/produce?orgId=acme", `{"subjectId":"m1","subjectType":"menu"}`)
	s.enos(t, k, "POST", "/app-portal-service/v2.3/event/log/produce?orgId=acme", `{"subjectId":"m1"}`)
	s.enos(t, k, "POST", "/app-portal-service/v2.3/event/log/produce?orgId=other", `{"subjectId":"m1","subjectType":"menu"}`)
	portal := data(s.enos(t, k, "POST", "/app-portal-service/v2.2/login", `{"account":"`+k.id+`","password":"`+k.secret+`"}`), "accessToken")
	s.enos(t, k, "POST", "/app-portal-service/v2.2/login", `{"account":"`+k.id+`","password":"wrong-password"}`)
	refresh := data(s.enos(t, k, "POST", "/app-portal-service/v2.2/session/set", `{"orgId":"acme"}`, "bearer="+portal), "refreshToken")
	data(s.enos(t, k, "GET", "/app-portal-service/v2.2/token/refresh?refreshToken="+url.QueryEscape(refresh), ""), "accessToken")
	s.enos(t, k, "GET", "/app-portal-service/v2.2/logout", "", "bearer="+portal)

	var got []string
	for _, e := range s.told(t) {
		text := string(e.AppendJSON(nil))
		for _, secret := range append(secrets, "wrong-password") {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", secret, text)
			}
		}
		total := "-"
		if e.details.Total != nil {
			total = fmt.Sprint(*e.details.Total)
		}
		got = append(got, fmt.Sprintf("%s %s %q %s %s", e.Action, e.Result, e.details.Query, total, codeOf(e.Error)))
		if e.Source.Channel != "enos" || e.Actor.ID != k.id && e.Actor.ID != writer.id && codeOf(e.Error) != "unauthorized" {
			t.Errorf("%s", text)
		}
	}
	want := []string{
		`access-token.create success "get" - `,
		`access-token.create success "get" - `,
		`access-token.create failure "get" - 1001`,
		`event.search success "tenant:\"acme\"" 1 `,
		`event.search failure "tenant:\"other\"" - 31404`,
		`event.search failure "tenant:\"acme\"" - 31400`,
		`access.refused failure "" - forbidden`,
		`access.refused failure "" - unauthorized`,
		`event.search success "tenant:\"acme\" action:\"portal.access\"" 0 `,
		`write.refused failure "tenant:\"acme\"" - 31400`,
		`write.refused failure "tenant:\"other\"" - 31404`,
		`portal.sign_in success "" - `,
		`access.refused failure "" - unauthorized`,
		`portal.enter success "tenant:\"acme\"" - `,
		`portal.refresh success "" - `,
		`portal.sign_out success "" - `,
	}
	if !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestEnosLoginCounts: a login is one use of the application's key and one of the account's, of the same key one in all; a failed one is one
// failure of the account's.
func TestEnosLoginCounts(t *testing.T) {
	s := newServer(t, Options{Limits: RateLimits{PerToken: 3, Loopback: true}}) // six at once
	s.api.perToken.now = func() time.Time { return testNow }                    // and none more
	login := func(app, account enosKey, password, code string) {
		t.Helper()
		if answer := s.enos(t, app, "POST", "/app-portal-service/v2.2/login", `{"account":"`+account.id+`","password":"`+password+`"}`); !strings.Contains(answer, `{"code":`+code+`,`) {
			t.Errorf("want %s: %s", code, answer)
		}
	}
	fresh := func() enosKey { return s.enosKey(t, testNow, "admin:acme") } // its token is the first use
	k := fresh()
	for range 5 {
		login(k, k, k.secret, "0")
	}
	login(k, k, k.secret, "31429")
	app, amy := fresh(), fresh()
	for range 5 {
		login(app, amy, amy.secret, "0")
	}
	login(app, fresh(), "wrong", "31429") // as the application's own is used up
	login(fresh(), amy, amy.secret, "31429")

	app, amy = fresh(), fresh()
	for range 4 {
		login(app, amy, "wrong", "31400")
	}
	login(app, amy, amy.secret, "0") // the fifth would have locked it, and this one forgives
	app = fresh()
	for range 5 {
		login(app, amy, "wrong", "31400")
	}
	login(fresh(), amy, amy.secret, "31429")
}
