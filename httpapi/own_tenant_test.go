package httpapi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
)

// TestOwnTenantIsSeen: who may see the server's own events sees them when they ask for the tenant, in every answer alike; in an ordinary search nobody
// does, and who may not see them never does.
func TestOwnTenantIsSeen(t *testing.T) {
	s := newServer(t, Options{Heartbeat: 5 * time.Millisecond})
	s.post(t, `{"id":"theirs","tenant":"acme","action":"word"}`)
	own := []*engine.Event{{ID: "ours", Tenant: engine.ReservedTenant, Time: testNow, Action: "word", Actor: engine.Actor{Name: "hidden"}}}
	if _, err := s.log.AppendOwn(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	// The walker's way of asking a tail: until it has caught up.
	w := &walker{server: s}
	f := func(name, grants, query string, theirs, ours bool) {
		t.Helper()
		_, token, err := s.api.access.Make(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.Wish{Name: name, Grants: grantsOf(grants)})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/events?q=", "/export?format=ndjson&q=", "/tail?from=0&q=", "/histogram?q=", "/facets?fields=tenant&q="} {
			r := s.request(t, "GET", "/api/v1"+path+query, "")
			r.Header.Set("Authorization", "Bearer "+token)
			var answer string
			if strings.HasPrefix(path, "/tail") {
				_, answer = w.caughtUp(t, r)
			} else {
				_, answer = s.do(t, r)
			}
			if strings.HasPrefix(path, "/histogram") {
				total := 0
				for _, seen := range []bool{theirs, ours} {
					if seen {
						total++
					}
				}
				if !strings.Contains(answer, fmt.Sprintf(`"total":%d}`, total)) {
					t.Errorf("%s: %s%s: %s", name, path, query, answer)
				}
				continue
			}
			if strings.Contains(answer, `"acme"`) != theirs || strings.Contains(answer, `"_annals"`) != ours {
				t.Errorf("%s: %s%s: %s", name, path, query, answer)
			}
		}
	}
	const named, every = "tenant:_annals", "tenant:*"
	for _, role := range []string{"auditor", "admin"} {
		f(role, role, "", true, false)
		f(role, role, "word", true, false)
		f(role, role, "-tenant:acme", false, false)
		f(role, role, named, false, true)
		f(role, role, "tenant:_ANNALS+word", false, true)
		f(role, role, "word+(tenant:acme+OR+tenant:_ann*)", true, true)
		f(role, role, every, true, true)
		f(role, role, "-"+named, true, false)
	}
	f("reader", "reader", "", true, false)
	f("reader", "reader", named, false, false)
	f("reader", "reader", every, true, false)
	f("named reader", "reader:_annals", "", false, true) // it was given that tenant by name
	f("named reader", "reader:acme,_annals", "", true, true)
	f("admin of a tenant", "admin:acme", every, true, false)

	get := func(grants string) int {
		_, token, err := s.api.access.Make(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.Wish{Name: "get", Grants: grantsOf(grants)})
		if err != nil {
			t.Fatal(err)
		}
		r := s.request(t, "GET", "/api/v1/events/ours", "")
		r.Header.Set("Authorization", "Bearer "+token)
		resp, _ := s.do(t, r)
		return resp.StatusCode
	}
	if reader, auditor, one := get("reader"), get("auditor"), get("admin:acme"); reader != 404 || auditor != 200 || one != 404 {
		t.Errorf("a reader gets %d, an auditor %d, the admin of a tenant %d", reader, auditor, one)
	}
}

// grantsOf reads a role, or a role and tenants.
func grantsOf(text string) []auth.Grant {
	role, tenants, some := strings.Cut(text, ":")
	if !some {
		return []auth.Grant{{Role: role, All: true}}
	}
	return []auth.Grant{{Role: role, Tenants: strings.Split(tenants, ",")}}
}

// TestOwnTenantCounts: what is counted for a reader of all tenants leaves the server's own events out, and an auditor's cursor goes on in what
// it was made for.
func TestOwnTenantCounts(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, `[{"action":"a"},{"action":"a"},{"action":"a"}]`)
	admin := s.token
	_, reader, err := s.api.access.Make(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.Wish{Name: "reader", Grants: grantsOf("reader")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.log.AppendOwn(t.Context(), []*engine.Event{{Tenant: engine.ReservedTenant, Action: "a"}, {Tenant: engine.ReservedTenant, Action: "b"}}); err != nil {
		t.Fatal(err)
	}
	f := func(token, path, want string) (answer string) {
		t.Helper()
		r := s.request(t, "GET", "/api/v1"+path, "")
		r.Header.Set("Authorization", "Bearer "+token)
		if _, answer = s.do(t, r); !strings.Contains(answer, want) {
			t.Errorf("%s: %s", path, answer)
		}
		return answer
	}
	f(reader, "/stats", `"events":3,`)
	f(admin, "/stats", `"events":5,`)
	f(reader, "/tenants", `{"tenants":[{"name":"default"}]}`)
	f(admin, "/tenants", `"_annals"`)
	for query, total := range map[string]string{"": `"total":3`, "tenant:_annals": `"total":2`} {
		_, next, _ := strings.Cut(f(admin, "/events?limit=1&q="+query, total), `"next":"`)
		next, _, _ = strings.Cut(next, `"`)
		if answer := f(admin, "/events?limit=1&q="+query+"&cursor="+next, total); strings.Contains(answer, "cursor") {
			t.Errorf("page 2 of %q: %s", query, answer)
		}
	}
}
