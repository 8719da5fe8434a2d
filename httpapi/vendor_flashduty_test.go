package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
)

func init() {
	// The app_key is a parameter of the query string, and only a request that has a body says what it is.
	signers["flashduty"] = func(r *http.Request, body string, _ time.Time, args []string) {
		r.URL.RawQuery = url.Values{"app_key": args[:1]}.Encode()
		r.Header.Del("Authorization")
		if body != "" && r.Header.Get("Content-Type") == "" {
			r.Header.Set("Content-Type", "application/json")
		}
	}
}

const flashdutyDay = `{"start_time":1795348800,"end_time":1795435200}`

// flashdutyKey makes an app_key for the tenants.
func (s *server) flashdutyKey(t *testing.T, grants string) string {
	t.Helper()
	c, secret, err := s.api.access.MakeCredential(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.CredentialWish{Kind: auth.Flashduty, Wish: auth.Wish{Name: "audit", Grants: grantsOf(grants)}})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID + string(secret.Bytes())
}

// flashduty makes a call.
func (s *server) flashduty(t *testing.T, path, key, body string) (*http.Response, string) {
	t.Helper()
	r := s.request(t, "POST", path, body)
	signers["flashduty"](r, body, testNow, []string{key})
	return s.do(t, r)
}

// TestFlashdutyTold: who asked what is in the server's own log, and the app_key is not.
func TestFlashdutyTold(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, `[{"id":"r-1","time":"2026-11-23T10:00:00Z","tenant":"acme","actor":{"id":"42"},"action":"template:write:create"}]`)
	key := s.flashdutyKey(t, "reader:acme")
	s.flashduty(t, "/audit/search", key, `{"start_time":1795348800,"end_time":1795435200,"operations":["template:write:create"],"person_id":42}`)
	s.flashduty(t, "/audit/operation/list", key, "")
	s.flashduty(t, "/audit/search", key, `{"start_time":1795348800,"end_time":1795435200,"limit":100}`)
	s.flashduty(t, "/audit/search", key+"x", flashdutyDay)
	s.flashduty(t, "/audit/search", s.flashdutyKey(t, "writer:acme"), flashdutyDay)

	var got []string
	for _, e := range s.told(t) {
		if strings.Contains(string(e.AppendJSON(nil)), key[16:]) {
			t.Errorf("the secret is in %s", e.AppendJSON(nil))
		}
		total := "-"
		if e.details.Total != nil {
			total = fmt.Sprint(*e.details.Total)
		}
		got = append(got, fmt.Sprintf("%s %s %q %s %s", e.Action, e.Result, e.details.Query, total, codeOf(e.Error)))
		if e.Action == "event.search" && (e.Actor.ID != key[:16] || e.Actor.Type != "credential" || e.Source.Channel != "flashduty" || !slices.Equal(e.details.Tenants, []string{"acme"})) {
			t.Errorf("%s", e.AppendJSON(nil))
		}
		if total == "1" && e.details.Query != "" && (!e.details.From.Equal(testNow.AddDate(0, 0, -1)) || !e.details.To.Equal(testNow)) {
			t.Errorf("from %v to %v", e.details.From, e.details.To)
		}
	}
	want := []string{
		`event.search success "action:\"template:write:create\" person:\"42\"" 1 `,
		`event.search success "" 1 `,
		`event.search failure "" - InvalidParameter`,
		`access.refused failure "" - unauthorized`,
		`access.refused failure "" - forbidden`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFlashdutyOwnTenant: a key for all tenants does not find the server's own events beside theirs, by no parameter; one that names that tenant does.
func TestFlashdutyOwnTenant(t *testing.T) {
	s := newServer(t, Options{})
	own := &engine.Event{ID: "ours", Tenant: engine.ReservedTenant, Time: testNow.Add(-time.Hour), Action: "own"}
	if _, err := s.log.AppendOwn(t.Context(), []*engine.Event{own}); err != nil {
		t.Fatal(err)
	}
	account := engine.Number("tenant", engine.ReservedTenant)
	f := func(grants string, want bool) {
		t.Helper()
		key := s.flashdutyKey(t, grants)
		for _, body := range []string{flashdutyDay, strings.Replace(flashdutyDay, "}", fmt.Sprintf(`,"person_id":%d}`, account), 1), strings.Replace(flashdutyDay, "}", `,"request_id":"ours"}`, 1)} {
			if _, answer := s.flashduty(t, "/audit/search", key, body); strings.Contains(answer, `"ours"`) != want {
				t.Errorf("%s: %s: %s", grants, body, answer)
			}
		}
		if _, answer := s.flashduty(t, "/audit/operation/list", key, ""); strings.Contains(answer, `"own"`) != want {
			t.Errorf("%s: %s", grants, answer)
		}
	}
	f("admin", false)
	f("auditor", false)
	f("reader", false)
	f("reader:acme", false)
	f("reader:_annals", true)
}

// TestFlashdutySlow: a search that takes too long has the API's own shape too, and says nothing of the server.
func TestFlashdutySlow(t *testing.T) {
	s := newServer(t, Options{Deadline: time.Nanosecond})
	s.post(t, `{"tenant":"acme","time":"2026-11-23T10:00:00Z","action":"a"}`)
	key := s.flashdutyKey(t, "reader:acme")
	for path, body := range map[string]string{"/audit/search": flashdutyDay, "/audit/operation/list": ""} {
		resp, answer := s.flashduty(t, path, key, body)
		if resp.StatusCode != 503 || !strings.Contains(answer, `"error":{"code":"ServiceUnavailable","message":"The service is temporarily unavailable. Try again later, or ask for less."}`) {
			t.Errorf("%s: %d %s", path, resp.StatusCode, answer)
		}
	}
}
