package httpapi

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/httpapi/auth"
)

// Huawei Cloud's clients sign as the "API request signing guide" says. Arguments are the AK, its SK, and any of
//
//	headers=host;x-sdk-date   what is signed, in this order; x-sdk-date else
//	at=-10m                   the request's date is so far from the server's clock
//	v11=REGION/SERVICE        the key is derived for a day, region and service
//	tight                     the header is written without spaces
//	unsigned                  the body is said not to be signed
//	hashed                    the body's hash is said in a header
//	spoil=date|signature|…    something is changed after the request was signed
func init() { signers["huawei"] = signHuawei }

func signHuawei(r *http.Request, body string, now time.Time, args []string) {
	ak, sk, options := args[0], args[1], map[string]string{}
	for _, option := range args[2:] {
		name, value, _ := strings.Cut(option, "=")
		options[name] = value
	}
	ahead, _ := time.ParseDuration(options["at"])
	date := now.Add(ahead).UTC().Format("20060102T150405Z")
	r.Header.Set("X-Sdk-Date", date)
	sum := sha256.Sum256([]byte(body))
	hash := hex.EncodeToString(sum[:])
	if _, is := options["unsigned"]; is {
		hash = "UNSIGNED-PAYLOAD"
		r.Header.Set("X-Sdk-Content-Sha256", hash)
	}
	if _, is := options["hashed"]; is {
		r.Header.Set("X-Sdk-Content-Sha256", hash)
	}
	headers := options["headers"]
	if headers == "" {
		headers = "x-sdk-date"
	}

	canonical := r.Method + "\n" + huaweiPath(r.URL) + "\n" + huaweiQuery(r.URL) + "\n"
	for name := range strings.SplitSeq(headers, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.URL.Host
		}
		canonical += name + ":" + strings.TrimSpace(value) + "\n"
	}
	canonical += "\n" + headers + "\n" + hash
	sum = sha256.Sum256([]byte(canonical))
	algorithm, who, key, lines := "SDK-HMAC-SHA256", "Access="+ak, []byte(sk), date+"\n"
	if place, is := options["v11"]; is {
		info := date[:8] + "/" + place
		derived, _ := hkdf.Key(sha256.New, key, []byte(ak), info, 32)
		algorithm, who, key, lines = "V11-HMAC-SHA256", "Credential="+ak+"/"+info, fmt.Appendf(nil, "%x", derived), lines+info+"\n"
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s\n%s%x", algorithm, lines, sum)
	signature := hex.EncodeToString(mac.Sum(nil))
	if options["spoil"] == "signature" {
		mac := mac.Sum(nil)
		mac[31] ^= 1
		signature = hex.EncodeToString(mac)
	}
	text := fmt.Sprintf("%s %s, SignedHeaders=%s, Signature=%s", algorithm, who, headers, signature)
	if _, is := options["tight"]; is {
		text = strings.ReplaceAll(text, ", ", ",")
	}
	r.Header.Set("Authorization", text)
	spoilHuawei(r, options["spoil"])
}

// spoilHuawei changes something of a request that has been signed.
func spoilHuawei(r *http.Request, what string) {
	name, value, _ := strings.Cut(what, ":")
	switch name {
	case "", "signature":
	case "query":
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "limit=1", "limit=2", 1)
	case "plus":
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "%2B", "+")
	case "path":
		r.URL.Path = strings.Replace(r.URL.Path, value, value+"x", 1)
	case "host":
		r.Host = "elsewhere.test"
	case "body":
		*r = *withBody(r, value)
	case "add":
		r.Header.Add(value, "another")
	case "drop":
		r.Header.Del(value)
	case "authorization":
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), value, "", 1))
	default:
		r.Header.Set(name, value)
	}
}

func withBody(r *http.Request, body string) *http.Request {
	other, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	other.Header = r.Header
	return other
}

// huaweiPath is the path, each segment encoded, with a slash at the end.
func huaweiPath(u *url.URL) string {
	encoded := ""
	for segment := range strings.SplitSeq(strings.Trim(u.Path, "/"), "/") {
		encoded += "/" + huaweiEncode(segment)
	}
	return encoded + "/"
}

func huaweiQuery(u *url.URL) string {
	var pairs [][2]string
	for name, values := range u.Query() {
		for _, value := range values {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	text := make([]string, len(pairs))
	for i, p := range pairs {
		text[i] = huaweiEncode(p[0]) + "=" + huaweiEncode(p[1])
	}
	return strings.Join(text, "&")
}

// huaweiEncode encodes every byte but letters, digits and -_.~
func huaweiEncode(s string) (encoded string) {
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			encoded += string(c)
			continue
		}
		encoded += "%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:])
	}
	return encoded
}

// huaweiKeys makes a credential.
func (s *server) huaweiKeys(t *testing.T, grants string) (ak, sk string) {
	t.Helper()
	c, secret, err := s.api.access.MakeCredential(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.CredentialWish{Kind: auth.Huawei, Wish: auth.Wish{Name: "RDS", Grants: grantsOf(grants)}})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID, string(secret.Bytes())
}

// huawei makes a signed call.
func (s *server) huawei(t *testing.T, method, path, ak, sk, body string) (*http.Response, string) {
	t.Helper()
	r := s.request(t, method, path, body)
	signHuawei(r, body, testNow, []string{ak, sk})
	return s.do(t, r)
}

// huaweiLink lists the one file that there is, and gets a link to it.
func (s *server) huaweiLink(t *testing.T, ak, sk string) string {
	t.Helper()
	var files struct{ Auditlogs []struct{ ID string } }
	_, body := s.huawei(t, "GET", huaweiDay, ak, sk, "")
	if err := json.Unmarshal([]byte(body), &files, json.MatchCaseInsensitiveNames(true)); err != nil || len(files.Auditlogs) != 1 {
		t.Fatalf("%v %s", err, body)
	}
	_, body = s.huawei(t, "POST", huaweiInstance+"-links", ak, sk, `{"ids":["`+files.Auditlogs[0].ID+`"]}`)
	var links struct{ Links []string }
	if err := json.Unmarshal([]byte(body), &links, json.MatchCaseInsensitiveNames(true)); err != nil || len(links.Links) != 1 {
		t.Fatalf("%v %s", err, body)
	}
	return links.Links[0]
}

const (
	huaweiInstance = "/v3/acme/instances/db1/auditlog"
	huaweiDay      = huaweiInstance + "?start_time=2026-11-23T00:00:00Z&end_time=2026-11-24T00:00:00Z&offset=0&limit=50"
	huaweiEvents   = `[{"id":"e1","time":"2026-11-23T09:00:00Z","tenant":"acme","action":"a","project":{"id":"db1"}},{"id":"e2","time":"2026-11-23T09:01:00Z","tenant":"acme","action":"b","project":{"id":"db1"}}]`
)

// TestHuaweiTold: who listed, linked, read and changed what is in the server's own log, and no secret, token or link is.
func TestHuaweiTold(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, huaweiEvents)
	ak, sk := s.huaweiKeys(t, "admin:acme")
	link := strings.TrimPrefix(s.huaweiLink(t, ak, sk), s.URL)
	s.do(t, s.request(t, "GET", link, ""))
	s.huawei(t, "GET", huaweiInstance+"-policy", ak, sk, "")
	s.huawei(t, "PUT", huaweiInstance+"-policy", ak, sk, `{"keep_days":7}`)
	s.huawei(t, "PUT", huaweiInstance+"-policy", ak, sk, `{"keep_days":800}`)
	s.huawei(t, "GET", "/v3/acme/instances", ak, sk, "")
	s.huawei(t, "GET", "/v3/projects", ak, sk, "")
	s.huawei(t, "GET", huaweiInstance+"?limit=0", ak, sk, "")
	s.huawei(t, "GET", strings.Replace(huaweiDay, "acme", "beta", 1), ak, sk, "")
	resp, _ := s.do(t, s.request(t, "POST", "/v3/auth/tokens", `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"`+ak+`","password":"`+sk+`"}}}}}`))
	token := resp.Header.Get("X-Subject-Token")
	s.huawei(t, "GET", huaweiDay, ak, sk+"x", "")

	_, pass, _ := strings.Cut(link, "pass=")
	var got []string
	for _, e := range s.told(t) {
		text := string(e.AppendJSON(nil))
		for _, secret := range []string{sk, pass, token} {
			if secret == "" || strings.Contains(text, secret) {
				t.Errorf("%q is in %s", secret, text)
			}
		}
		line := fmt.Sprintf("%s %s %s %s %s", e.Action, e.Operation, e.Result, e.details.Query, codeOf(e.Error))
		if e.details.Total != nil {
			line += fmt.Sprint(" ", *e.details.Total)
		}
		if len(e.Resources) > 0 {
			line += " " + e.Resources[0].Type
		}
		got = append(got, line)
		if e.Action != "access.refused" && (e.Actor.ID != ak || e.Actor.Type != "credential" || e.Source.Channel != "huawei" || !slices.Equal(e.details.Tenants, []string{"acme"})) {
			t.Errorf("%s", text)
		}
		if e.Action == "event.export" && (!*e.details.Finished || *e.details.Rows != 2 || !e.details.From.Equal(testNow.Add(-3*time.Hour))) {
			t.Errorf("%s", text)
		}
	}
	want := []string{
		`event.search read success tenant:"acme" project:"db1"  2`,
		`auditlog_link.create other success tenant:"acme" project:"db1", 1 files  audit log file`,
		`event.export read success tenant:"acme" project:"db1"  2 audit log file`,
		`auditlog_policy.view read success tenant:"acme" project:"db1"  auditlog policy`,
		`auditlog_policy.change edit success tenant:"acme" project:"db1", keep_days=7 reserve_auditlogs=true audit_types=  auditlog policy`,
		`auditlog_policy.change edit failure tenant:"acme" project:"db1" DBS.280250 auditlog policy`,
		`event.search read success tenant:"acme" `,
		`event.search read failure tenant:"acme" project:"db1" DBS.280001`,
		`event.search read failure  DBS.200002`,
		`access-token.create login success  `,
		`access.refused other failure  unauthorized`,
	}
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("told %q, want %q", g, w)
		}
	}
}

// TestHuaweiToldApart: two tenants may have an instance of one name. What is asked of one is not told as if it were asked of the other.
func TestHuaweiToldApart(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, huaweiEvents)
	s.post(t, `{"id":"e3","tenant":"beta","time":"2026-11-23T09:00:00Z","action":"a","project":{"id":"db1"}}`)
	ak, sk := s.huaweiKeys(t, "admin")
	for _, tenant := range []string{"acme", "beta"} {
		of := func(path string) string { return strings.Replace(path, "acme", tenant, 1) }
		s.huawei(t, "GET", of(huaweiDay), ak, sk, "")
		s.huawei(t, "GET", of(huaweiInstance+"-policy"), ak, sk, "")
		if resp, body := s.huawei(t, "PUT", of(huaweiInstance+"-policy"), ak, sk, `{"keep_days":7}`); resp.StatusCode != 200 {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	}
	var got []string
	for _, e := range s.told(t) {
		tenant, _, _ := strings.Cut(e.details.Query, " ")
		got = append(got, e.Action+" "+tenant)
	}
	want := []string{`event.search tenant:"acme"`, `auditlog_policy.view tenant:"acme"`, `auditlog_policy.change tenant:"acme"`,
		`event.search tenant:"beta"`, `auditlog_policy.view tenant:"beta"`, `auditlog_policy.change tenant:"beta"`}
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestHuaweiSentTwice: of equal changes that arrive at once, one is made.
func TestHuaweiSentTwice(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, huaweiEvents)
	ak, sk := s.huaweiKeys(t, "admin:acme")
	const sent = 8
	var made, refused atomic.Int32
	var group sync.WaitGroup
	for range sent {
		r := s.request(t, "PUT", huaweiInstance+"-policy", `{"keep_days":7}`)
		signHuawei(r, `{"keep_days":7}`, testNow, []string{ak, sk})
		group.Go(func() {
			switch resp, body := s.do(t, r); {
			case resp.StatusCode == 200:
				made.Add(1)
			case resp.StatusCode == 401 && strings.Contains(body, "the request was sent before"):
				refused.Add(1)
			default:
				t.Errorf("%d %s", resp.StatusCode, body)
			}
		})
	}
	group.Wait()
	if made.Load() != 1 || refused.Load() != sent-1 {
		t.Errorf("%d made, %d refused", made.Load(), refused.Load())
	}
}

// TestHuaweiDownloadCut: a file that is not sent to its end is no whole answer, and is told as what it was.
func TestHuaweiDownloadCut(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, strings.Repeat(`{"time":"2026-11-23T09:00:00Z","tenant":"acme","action":"a","project":{"id":"db1"}}`+"\n", 9000))
	ak, sk := s.huaweiKeys(t, "reader:acme")
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.api.ServeHTTP(&shortWriter{w, 200_000}, r)
	}))
	resp, err := http.Get(strings.Replace(s.huaweiLink(t, ak, sk), s.URL, broken.URL, 1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	broken.Close()
	events := s.told(t)
	if err == nil || len(events) != 3 {
		t.Fatalf("%v, %d events", err, len(events))
	}
	if e, d := events[2], events[2].details; e.Action != "event.export" || e.Result != engine.Failure || *d.Total != 9000 || *d.Rows == 0 || *d.Rows >= 9000 || *d.Finished {
		t.Errorf("%s", e.AppendJSON(nil))
	}
}

// TestHuaweiOwnTenant: the server's own tenant is a project for who may audit all, when it is asked for, and is in no list of projects.
func TestHuaweiOwnTenant(t *testing.T) {
	s := newServer(t, Options{})
	own := &engine.Event{ID: "ours", Tenant: engine.ReservedTenant, Time: testNow.Add(-time.Hour), Action: "own", Project: engine.Ref{ID: "db1"}}
	if _, err := s.log.AppendOwn(t.Context(), []*engine.Event{own}); err != nil {
		t.Fatal(err)
	}
	f := func(grants string, status int, listed bool) {
		t.Helper()
		ak, sk := s.huaweiKeys(t, grants)
		if resp, body := s.huawei(t, "GET", strings.Replace(huaweiDay, "acme", engine.ReservedTenant, 1), ak, sk, ""); resp.StatusCode != status {
			t.Errorf("%s: %d %s", grants, resp.StatusCode, body)
		}
		if _, body := s.huawei(t, "GET", "/v3/projects", ak, sk, ""); strings.Contains(body, engine.ReservedTenant) != listed {
			t.Errorf("%s: %s", grants, body)
		}
	}
	f("admin", 200, false)
	f("auditor", 200, false)
	f("reader", 404, false)
	f("reader:acme", 404, false)
	f("reader:_annals", 200, true)
}

// TestHuaweiLimits: how often a key is used is bounded.
func TestHuaweiLimits(t *testing.T) {
	s := newServer(t, Options{Limits: RateLimits{PerToken: 1, Loopback: true}})
	s.post(t, huaweiEvents)
	ak, sk := s.huaweiKeys(t, "reader:acme")
	for range 2 {
		s.huawei(t, "GET", huaweiDay, ak, sk, "")
	}
	resp, body := s.huawei(t, "GET", huaweiDay, ak, sk, "") // the third within a second, where two at once are allowed
	if resp.StatusCode != 429 || !strings.Contains(body, `"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached.","request_id":"`) || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
}

// TestHuaweiUnavailable: what is not the client's doing has the vendor's own shape too, and says nothing of the server.
func TestHuaweiUnavailable(t *testing.T) {
	const failure = `{"error_code":"DBS.108000","error_msg":"Server failure."}`
	f := func(s *server, ak, sk, method, path, body string) {
		t.Helper()
		if resp, answer := s.huawei(t, method, path, ak, sk, body); resp.StatusCode != 503 || !strings.Contains(answer, failure) {
			t.Errorf("%s %s: %d %s", method, path, resp.StatusCode, answer)
		}
	}
	slow := newServer(t, Options{Deadline: time.Nanosecond})
	slow.post(t, huaweiEvents)
	ak, sk := slow.huaweiKeys(t, "admin:acme")
	f(slow, ak, sk, "GET", huaweiDay, "")
	f(slow, ak, sk, "GET", "/v3/acme/instances", "")

	closed := newServer(t, Options{})
	closed.post(t, huaweiEvents)
	ak, sk = closed.huaweiKeys(t, "admin:acme")
	if err := closed.log.Close(); err != nil {
		t.Fatal(err)
	}
	f(closed, ak, sk, "GET", huaweiDay, "")
	f(closed, ak, sk, "PUT", huaweiInstance+"-policy", `{"keep_days":7}`)
}
