package httpapi

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
)

// TestVendorsToldFarTimes: who asks until the end of time cannot keep the server's own log from saying what was asked.
func TestVendorsToldFarTimes(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, `{"tenant":"acme","action":"Created"}`)
	portal, enos, flashduty := newPortalClient(t, s.server, ofAcme), s.enosKey(t, testNow, "reader:acme"), s.flashdutyKey(t, "reader:acme")
	portal.do(t, portal.get(t, "/acme/tenant-admin/1.0/audits?endTs=9223372036854775807"))
	portal.do(t, portal.get(t, "/acme/tenant-admin/1.0/audits/export?startTs=9223372036854775807&endTs=9223372036854775807"))
	s.enos(t, enos, "POST", enosQuery+"acme", `{"startTime":0,"endTime":253402300799999}`)
	s.flashduty(t, "/audit/search", flashduty, `{"start_time":253402300700,"end_time":253402300799,"request_id":"x"}`)
	var got []string
	for _, e := range s.told(t) {
		if e.Action == "event.search" || e.Action == "event.export" {
			got = append(got, fmt.Sprintf("%s %s %s %t", e.Source.Channel, e.Action, e.details.Query, e.details.To.After(testNow.Add(time.Hour))))
		}
	}
	want := []string{`layer7 event.search tenant:"acme" true`, `layer7 event.export tenant:"acme" true`, `enos event.search tenant:"acme" true`, `flashduty event.search id:"x" true`}
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestVendorsAddressLimit: who sends too much from one address is told so by every route of a vendor's in that vendor's words, as its clients read
// nothing else. The server's own log is told of a 429 whatever the client is.
func TestVendorsAddressLimit(t *testing.T) {
	s := newOwnServer(t, Options{Limits: RateLimits{PerAddress: 0.01, Loopback: true}}) // one request, and not another for as long as a test runs
	s.do(t, s.request(t, "GET", "/healthz", ""))
	f := func(method, path string, status int, says string) {
		t.Helper()
		resp, answer := s.do(t, s.request(t, method, path, ""))
		if resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/json" || resp.Header.Get("Retry-After") != "100" || !strings.Contains(answer, says) {
			t.Errorf("%s %s: %d %v %s", method, path, resp.StatusCode, resp.Header, answer)
		}
	}
	const (
		gateway = `{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached.","request_id":"`
		portal  = `{"userErrorMessage":"There are too many requests.","devErrorMessage":"127.0.0.1 sends more than 0.01 requests a second`
		often   = `"error":{"code":"RequestTooFrequently","message":"Request too frequently."}`
	)
	f("POST", "/app-portal-service/v2.2/log/query", 200, `{"code":31429,"data":null,"message":"Too many attempts: 127.0.0.1 sends more than 0.01 requests a second","status":1003,`)
	f("POST", "/app-portal-service/v2.0/login", 200, `{"code":31429,"data":null,`)
	f("POST", "/apim-token-service/v2.0/token/get", 200, `{"status":1003,"msg":"Too many attempts: 127.0.0.1 sends more than 0.01 requests a second","business":"apim-token-service","data":null}`)
	f("GET", "/v3/acme/instances/db1/auditlog", 429, gateway)
	f("PUT", "/v3/acme/instances/db1/auditlog-policy", 429, gateway)
	f("GET", "/v3/nothing", 429, gateway) // no route of the vendor's, and yet its gateway's path
	f("POST", "/v3/auth/tokens", 429, `{"error":{"code":429,"message":"The throttling threshold has been reached.","title":"Too Many Requests"}}`)
	f("GET", "/acme/tenant-admin/1.0/audits", 429, portal)
	f("GET", "/api/acme/tenant-admin/1.0/audits/export", 429, portal)
	f("POST", "/auth/oauth/v2/token", 429, `{"error":"temporarily_unavailable","error_description":"127.0.0.1 sends more than 0.01 requests a second`)
	f("POST", "/audit/search", 429, often)
	f("POST", "/audit/operation/list", 429, often)
	for _, path := range []string{"/audit/search", "/api/v1/events", "/nothing"} { // what is no vendor's is a problem document
		if resp, answer := s.do(t, s.request(t, "GET", path, "")); resp.StatusCode != 429 || !strings.Contains(answer, "urn:annals:problem:rate") {
			t.Errorf("GET %s: %d %s", path, resp.StatusCode, answer)
		}
	}
	var got []string
	for _, e := range s.told(t) {
		got = append(got, fmt.Sprintf("%s %s %s %s", e.Source.Channel, e.Action, e.Error.Code, e.Error.Message))
	}
	if got = slices.Compact(got); !slices.Equal(got, []string{"enos access.refused address-rate Too Many Requests"}) { // one address within one minute is told once
		t.Errorf("told %q", got)
	}
}

// TestVendorsSecretKey: without the master key nobody can be checked, which each product has a word for, and which is nobody's failure: the sixth
// request is answered as the first. Huawei's has a test of its own.
func TestVendorsSecretKey(t *testing.T) {
	f := func(kind, path, body, says string) {
		t.Helper()
		s, id, secret := withoutMasterKey(t, kind)
		filled := strings.NewReplacer("ID", id, "SECRET", secret)
		for range 6 {
			r := s.request(t, "POST", filled.Replace(path), filled.Replace(body))
			r.Header.Del("Authorization")
			if resp, answer := s.do(t, r); resp.StatusCode != 503 || !strings.Contains(answer, says) {
				t.Errorf("%s: %d %s", path, resp.StatusCode, answer)
			}
		}
	}
	f(auth.Layer7, "/auth/oauth/v2/token", "grant_type=client_credentials&client_id=ID&client_secret=SECRET", `"error":"temporarily_unavailable"`)
	f(auth.Layer7, "/login/auth/oauth/v2/token", "grant_type=password&client_id=l7xx61636d65&username=ID&password=SECRET", `"respCode":503`)
	f(auth.Flashduty, "/audit/search?app_key=IDSECRET", flashdutyDay, `"code":"ServiceUnavailable"`)
	f(auth.EnOS, "/apim-token-service/v2.0/token/get", fmt.Sprintf(`{"appKey":"ID","encryption":"x","timestamp":%d}`, testNow.UnixMilli()), `{"status":1005,`)
}

// withoutMasterKey is a server that lacks the key that its credentials are sealed with, and one of them.
func withoutMasterKey(t *testing.T, kind string) (s *server, id, text string) {
	t.Helper()
	l := enginetest.NewLog(t)
	now := func() time.Time { return testNow }
	open := func() *auth.Auth { // each with a master key of its own
		t.Helper()
		a, _, err := auth.Open(auth.Options{Dir: t.TempDir(), Records: l.Records(), Now: now, Logger: enginetest.Quiet})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := open()
	c, secret, err := first.MakeCredential(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.CredentialWish{Kind: kind, Wish: auth.Wish{Name: "audit", Grants: grantsOf("reader")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open()
	t.Cleanup(func() {
		if err := second.Close(); err != nil {
			t.Errorf("close access: %v", err)
		}
	})
	s = &server{api: New(Options{Log: l, Auth: second, Now: now, Logger: enginetest.Quiet}), log: l}
	s.Server = httptest.NewServer(s.api)
	t.Cleanup(s.Close)
	return s, c.ID, string(secret.Bytes())
}
