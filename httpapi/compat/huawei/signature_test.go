package huawei

import (
	"bytes"
	"encoding/hex"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// signed is a request that carries a signature.
func signed(t testing.TB, method, target, body, authorization string, headers ...string) *request {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", authorization)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	params, err := parametersOf(r.URL.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	return &request{r, []byte(body), params}
}

const (
	instancePath = "/v3/0483b6b16e954cb88930a360d2c4e663/instances/cee5265e1e5845649e354841234567dfin01/"
	projectID    = "0483b6b16e954cb88930a360d2c4e663"
)

// vectors are signatures that others have published, or that were worked out apart from this code.
var vectors = []struct {
	name, secret, method, target, body, authorization string
	headers                                           []string
}{
	{"SDK, GET", "SecretKey", "GET", "/path?limit=1", "",
		"SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=x-sdk-date, Signature=5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
		[]string{"X-Sdk-Date", "20060102T150405Z"}},
	{"SDK, POST", "SecretKey", "POST", "/path?key=value", `{"Name":"test","Id":1}` + "\n",
		"SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=x-sdk-date, Signature=cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59",
		[]string{"X-Sdk-Date", "20060102T150405Z"}},
	{"signing guide", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc", "GET",
		"/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0", "",
		"SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
		[]string{"X-Sdk-Date", "20191115T033655Z", "Content-Type", "application/json", "Host", "service.region.example.com"}},
	{"SDK, derived", "SecretKey", "GET", "/path?limit=1", "",
		"V11-HMAC-SHA256 Credential=AccessKey/20060102/test-region-1/demo, SignedHeaders=x-sdk-date, Signature=8fd3610508884bb19718317797c7378716a94bc740d97502e569322e366341cc",
		[]string{"X-Sdk-Date", "20060102T150405Z"}},
	{"list", "demo-secret-key", "GET", instancePath + "auditlog?start_time=2019-11-06T09:00:00%2B0800&end_time=2019-11-07T10:40:15%2B0800&offset=0&limit=10", "",
		"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-project-id;x-sdk-date, Signature=c3c42daa03b33867d1a2b875fc7179bd356d57b1a45949fdec2cac2f814d32b4",
		[]string{"X-Sdk-Date", "20191107T030000Z", "X-Project-Id", projectID, "Host", "audit.example.test"}},
	{"links", "demo-secret-key", "POST", instancePath + "auditlog-links", `{"ids":["a1","a2"]}` + "\n",
		"SDK-HMAC-SHA256 Access=AK, SignedHeaders=user-agent;x-project-id;x-sdk-date, Signature=07b8e2ec7ceeeca6320b1cbacaf767279d76663c7e892b3846e71776432508eb",
		[]string{"X-Sdk-Date", "20191107T030000Z", "X-Project-Id", projectID, "User-Agent", "huaweicloud-usdk-go/3.0"}},
}

// TestVectors: they are reproduced, and none is with a byte changed in anything that is signed.
func TestVectors(t *testing.T) {
	for _, v := range vectors {
		proves := func(r *request, secret string) bool {
			t.Helper()
			s, ok := parseSignature(r.Header.Get("Authorization"))
			if !ok {
				t.Fatalf("%s: not read", v.name)
			}
			_, dated := s.date(r.Request)
			return s.proves(r, []byte(secret)) && dated
		}
		fresh := func() *request { return signed(t, v.method, v.target, v.body, v.authorization, v.headers...) }
		if !proves(fresh(), v.secret) {
			t.Errorf("%s: not reproduced", v.name)
		}
		if proves(fresh(), v.secret+"x") {
			t.Errorf("%s: another secret", v.name)
		}
		for at := range len(v.target) {
			if c := v.target[at]; c >= 'a' && c < 'z' || c >= '0' && c < '9' {
				changed := v.target[:at] + string(c+1) + v.target[at+1:]
				if strings.Contains(changed, "%") && !strings.Contains(changed, "%2B") {
					continue // no byte of its own
				}
				if r := signed(t, v.method, changed, v.body, v.authorization, v.headers...); proves(r, v.secret) {
					t.Errorf("%s: %s", v.name, changed)
				}
			}
		}
		for at := range v.body {
			body := []byte(v.body)
			body[at] ^= 1
			if r := fresh(); proves(&request{r.Request, body, r.params}, v.secret) {
				t.Errorf("%s: body %q", v.name, body)
			}
		}
		for i := 0; i < len(v.headers); i += 2 {
			r := fresh()
			if v.headers[i] == "Host" {
				r.Host += "x"
			} else {
				r.Header.Set(v.headers[i], v.headers[i+1]+"x")
			}
			if proves(r, v.secret) {
				t.Errorf("%s: %s changed", v.name, v.headers[i])
			}
			r = fresh()
			if r.Header.Del(v.headers[i]); v.headers[i] != "Host" && proves(r, v.secret) {
				t.Errorf("%s: without %s", v.name, v.headers[i])
			}
			r = fresh()
			if r.Header.Add(v.headers[i], v.headers[i+1]); v.headers[i] != "Host" && proves(r, v.secret) {
				t.Errorf("%s: %s twice", v.name, v.headers[i])
			}
		}
		r := fresh()
		if r.Method = "PATCH"; proves(r, v.secret) {
			t.Errorf("%s: another method", v.name)
		}
	}
}

// TestCanonicalHash holds the hash that the signing guide prints in between.
func TestCanonicalHash(t *testing.T) {
	v := vectors[2]
	s, _ := parseSignature(v.authorization)
	text, ok := s.canonical(signed(t, v.method, v.target, v.body, v.authorization, v.headers...))
	if got := hexHash([]byte(text)); !ok || got != "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a" {
		t.Errorf("%s of\n%s", got, text)
	}
}

func TestParseSignature(t *testing.T) {
	mac := strings.Repeat("0a", 32)
	f := func(header string, want bool) {
		t.Helper()
		s, ok := parseSignature(header)
		if ok != want || ok && (s.keyID != "AK" || s.headers != "host;x-sdk-date" || hex.EncodeToString(s.mac[:]) != mac) {
			t.Errorf("%q: %v %+v", header, ok, s)
		}
	}
	f("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature="+mac, true)
	f("SDK-HMAC-SHA256 Access=AK,SignedHeaders=host;x-sdk-date,Signature="+mac, true)
	f("SDK-HMAC-SHA256Access=AK,SignedHeaders=host;x-sdk-date,Signature="+mac, true)
	f("SDK-HMAC-SHA256  Signature="+strings.ToUpper(mac)+" ,  Access = AK , SignedHeaders=host;x-sdk-date", false)
	f("SDK-HMAC-SHA256  Signature="+strings.ToUpper(mac)+" ,  Access= AK , SignedHeaders=host;x-sdk-date", true)
	f("V11-HMAC-SHA256 Credential=AK/20060102/r/s, SignedHeaders=host;x-sdk-date, Signature="+mac, true)
	f("V11-HMAC-SHA256 Credential=AK/20060102/r, SignedHeaders=host;x-sdk-date, Signature="+mac, false)
	f("V11-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature="+mac, false)
	f("SDK-HMAC-SHA256 Credential=AK/20060102/r/s, SignedHeaders=host;x-sdk-date, Signature="+mac, false)
	f("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature="+mac+"0a", false)
	f("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature="+mac[2:], false)
	f("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature="+mac[1:]+"g", false)
	f("SDK-HMAC-SHA256 Access=AK, Access=AK, SignedHeaders=host;x-sdk-date, Signature="+mac, false)
	f("SDK-HMAC-SHA256 Access=, SignedHeaders=host;x-sdk-date, Signature="+mac, false)
	f("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Other=1, Signature="+mac, false)
	f("SDK-HMAC-SHA256", false)
	f("SDK-HMAC-SM3 Access=AK, SignedHeaders=host;x-sdk-date, Signature="+mac, false)
	f("", false)
}

func FuzzParseSignature(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.authorization)
	}
	f.Fuzz(func(t *testing.T, header string) {
		s, ok := parseSignature(header)
		if !ok {
			return
		}
		if s.keyID == "" || !isSigned(header) || !strings.Contains(header, s.keyID) || !bytes.Contains(bytes.ToLower([]byte(header)), []byte(hex.EncodeToString(s.mac[:]))) {
			t.Errorf("%q: %+v", header, s)
		}
		r := signed(t, "GET", "/", "", header, dateHeader, "20060102T150405Z")
		s.date(r.Request)
		if s.proves(r, []byte("a secret that nobody knows")) {
			t.Errorf("%q proves", header)
		}
	})
}

// FuzzCanonicalQuery: the canonical form says the same parameters, and is its own canonical form.
func FuzzCanonicalQuery(f *testing.F) {
	for _, query := range []string{"a=b&a=a&c", "start_time=2019-11-06T09:00:00+0800", "x=%2F%zz", "&&=&=1", "a=*~%20%2A", "ü=%C3%BC"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		p, err := parametersOf(query)
		if err != nil {
			return
		}
		canonical := canonicalQuery(p)
		again, err := parametersOf(canonical)
		if err != nil || len(again) != len(p) || canonicalQuery(again) != canonical {
			t.Errorf("%q: %q, then %q, %v", query, canonical, canonicalQuery(again), err)
		}
		for _, q := range p {
			if value, _, err := again.get(q.name); err == nil && value != q.value {
				t.Errorf("%q: %s is %q", query, q.name, value)
			}
		}
	})
}

func TestCanonicalPath(t *testing.T) {
	f := func(target, want string) {
		t.Helper()
		if got := canonicalPath(httptest.NewRequest("GET", target, nil).URL); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
	f("/", "/")
	f("/a/b", "/a/b/")
	f("/a/b/", "/a/b/")
	f("/a%20b+c/*~", "/a%20b%2Bc/%2A~/")
	f("/a%2fb/c", "/a/b/c/")
	f("/a%2F/c", "/a//c/")
	f("/a%252Fb/c", "/a%252Fb/c/")
	f("/%E4%B8%AD", "/%E4%B8%AD/")
}

// TestSentOnce: a change is new once, for as long as it could be sent again; what does not fit is not taken.
func TestSentOnce(t *testing.T) {
	var s sentOnce
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	mac := func(n int) (m [32]byte) {
		m[0], m[1] = byte(n), byte(n>>8)
		return m
	}
	f := func(n int, date, now time.Time, wantNew, wantRoom bool) {
		t.Helper()
		if isNew, room := s.first(mac(n), date, now); isNew != wantNew || room != wantRoom {
			t.Errorf("%d: %v %v", n, isNew, room)
		}
	}
	f(1, now, now, true, true)
	f(1, now, now, false, true)
	f(1, now, now.Add(patience), false, true)
	f(1, now, now.Add(patience+time.Second), true, true)
	for n := range maxSent {
		s.first(mac(n), now, now)
	}
	f(maxSent, now, now, true, false)
	f(maxSent, now, now.Add(time.Second), true, false)
	f(5, now, now, false, true)
	late := now.Add(patience + time.Second)
	f(maxSent, late, late, true, true)
	f(5, late, late, true, true)
	if len(s.until) > 3 {
		t.Errorf("%d remembered", len(s.until))
	}
}
