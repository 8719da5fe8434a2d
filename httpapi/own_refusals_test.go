package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
)

// TestOwnRefusals: what is not let in is told with the reason, who or from where, how many and one example, and is in the metrics.
func TestOwnRefusals(t *testing.T) {
	proxy, err := ParseProxies("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s := newOwnServer(t, Options{Proxies: proxy, Limits: RateLimits{PerAddress: 10}})
	root := auth.Caller{Tenants: engine.Tenants{All: true}}
	made, reader, err := s.api.access.Make(root, auth.Wish{Name: "reader", Grants: []auth.Grant{{Role: "reader", All: true}}})
	if err != nil {
		t.Fatal(err)
	}
	s.post(t, `{"id":"taken","action":"a"}`)
	send := func(method, path, token, body, from string, want int) {
		t.Helper()
		r := s.request(t, method, path, body)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("X-Forwarded-For", from)
		if resp, answer := s.do(t, r); resp.StatusCode != want {
			t.Errorf("%s %s: %d, want %d: %s", method, path, resp.StatusCode, want, answer)
		}
	}
	const events = "/api/v1/events"
	mixed := `{"action":"good"}` + "\n" + `{"id":"taken","action":"b"}` + "\n" + `{"action":"a","operation":"dance"}` + "\n" + `{"id":"x"}`
	send("POST", events, s.token, mixed, "127.0.0.1", 207)
	send("POST", events, s.token, `{"id":"y"}`, "127.0.0.1", 422) // the same reason
	send("POST", events, s.token, strings.Repeat("secret", engine.MaxRequestBytes/6+1), "127.0.0.1", 413)
	send("GET", events, "wrong", "", "203.0.113.1", 401)
	send("POST", events, "wrong", "{}", "203.0.113.1", 401)
	send("GET", events, "wrong", "", "203.0.113.2", 401)
	send("POST", events, reader, "{}", "203.0.113.3", 403)
	send("GET", "/api/v1/nothing", reader, "", "203.0.113.3", 404)
	send("POST", "/api/v1/session", s.token, "login=amy&password=secret", "203.0.113.5", 415)
	for range 20 {
		send("GET", "/healthz", "", "", "203.0.113.4", 200)
	}
	send("GET", events, s.token, "", "203.0.113.4", 429)
	send("GET", "/healthz", "", "", "203.0.113.4", 429)
	_, metrics := s.do(t, s.request(t, "GET", "/metrics", ""))
	for _, line := range []string{`annals_events_rejected_total{reason="conflict"} 1`, `annals_events_rejected_total{reason="invalid"} 3`,
		`annals_event_requests_refused_total{reason="too-large"} 1`, `annals_http_requests_refused_total{reason="unauthorized"} 3`,
		`annals_http_requests_refused_total{reason="forbidden"} 1`, `annals_http_requests_refused_total{reason="media-type"} 1`,
		`annals_http_requests_refused_total{reason="address-rate"} 2`,
		`annals_own_events_total{outcome="lost"} 0`, `annals_own_events_total{outcome="refused"} 0`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}

	var got []string
	for _, e := range s.told(t) {
		d := e.details
		got = append(got, fmt.Sprintf("%s %s %d %s %s %s %s", e.Action, d.Reason, d.Count, e.Actor.Name, e.Source.IP, d.Route, d.Field))
		if e.Result != engine.Failure || codeOf(e.Error) != d.Reason || *e.Write || strings.Contains(string(e.AppendJSON(nil)), "secret") {
			t.Errorf("%s", e.AppendJSON(nil))
		}
	}
	want := []string{
		"write.refused conflict 1 admin.token 127.0.0.1  id",
		"write.refused invalid 2 admin.token 127.0.0.1  operation",
		"write.refused too-large 1 admin.token 127.0.0.1  ",
		"access.refused unauthorized 1  203.0.113.1 GET /api/v1/events ",
		"access.refused unauthorized 1  203.0.113.2 GET /api/v1/events ",
		"access.refused forbidden 1 " + made.Name + " 203.0.113.3 POST /api/v1/events ",
		"access.refused media-type 1  203.0.113.5 POST /api/v1/session ",
		"access.refused address-rate 1  203.0.113.4 GET /api/v1/events ",
		"write.refused invalid 1 admin.token 127.0.0.1  operation", // the rest of the minute, at the end
		"access.refused unauthorized 1  203.0.113.1 GET /api/v1/events ",
		"access.refused address-rate 1  203.0.113.4 GET /api/v1/events ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestOwnStrangers: however many addresses knock, the log does not fill with them, and every request is counted.
func TestOwnStrangers(t *testing.T) {
	s := newOwnServer(t, Options{})
	const minutes, addresses = 2, 3 * maxStrangers
	for range minutes {
		for i := range addresses {
			for range 2 {
				if code := s.ask(t, http.MethodGet, "/api/v1/stats", "wrong", fmt.Sprintf("203.0.%d.%d", i/200, i%200)); code != 401 {
					t.Fatal(code)
				}
			}
		}
		s.advance(time.Minute)
	}
	s.ask(t, http.MethodGet, "/api/v1/stats", s.token, "203.0.113.1") // is none of them
	var sum, others uint64
	events := s.told(t)
	for _, e := range events {
		sum += e.details.Count
		if e.details.Others {
			others += e.details.Count
		}
		if e.Action != "access.refused" || e.details.Others != (e.Source.IP == "") {
			t.Errorf("%s", e.AppendJSON(nil))
		}
	}
	if len(events) != minutes*(2*maxStrangers+2) || sum != minutes*addresses*2 || others != minutes*(addresses-maxStrangers)*2 {
		t.Errorf("%d events of %d requests, %d of them from others", len(events), sum, others)
	}
}
