package huawei

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
	"annals/index"
)

var testNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// room is a real one over a real log, without the door.
type room struct {
	*Handler
	router *mux.Router
	index  engine.Index
}

func newRoom(t testing.TB, o engine.Options) *room {
	t.Helper()
	now := func() time.Time { return testNow }
	found := index.New(index.Options{Logger: enginetest.Quiet})
	if o.Dir, o.Index = t.TempDir(), found; o.Now == nil {
		o.Now = now
	}
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
	r := &room{index: found}
	r.restart(Options{Log: l, Auth: doors, Now: now, Deadline: time.Minute})
	return r
}

// restart makes the room anew, with nothing in memory.
func (r *room) restart(o Options) {
	r.Handler, r.router = New(o), mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, rt := range r.Routes() {
		r.router.Handle(rt.Path, rt.Serve).Methods(rt.Method)
	}
}

// token makes one of a credential with the role in tenant acme, whether the role may have one or not.
func (r *room) token(t testing.TB, role string) string {
	t.Helper()
	made, _, err := r.auth.MakeCredential(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.CredentialWish{Kind: auth.Huawei,
		Wish: auth.Wish{Name: role, Grants: []auth.Grant{{Role: role, Tenants: []string{"acme"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.auth.Credential(auth.Huawei, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	return makeToken(c, scope{}, testNow.Add(tokenLifetime))
}

func (r *room) get(path, token string) *httptest.ResponseRecorder {
	w, req := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
	req.Header.Set("X-Auth-Token", token)
	r.router.ServeHTTP(w, req)
	return w
}

// BenchmarkLists asks a million events of 30 days as the vendor's clients do: half of them are of one instance, the others of 100.
func BenchmarkLists(b *testing.B) {
	const events = 1_000_000
	r := newRoom(b, engine.Options{})
	token := r.token(b, "reader")
	for n := 0; n < events; n += 5000 {
		enginetest.Append(b, r.log, benchEvents(n, 5000, events)...)
	}
	for r.log.Stats().Lag > 0 {
		time.Sleep(100 * time.Millisecond) // a benchmark waits for the index, to measure it and not the tail
	}
	if err := r.index.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	list := func(instance string, offset int) string {
		return fmt.Sprintf("/v3/acme/instances/%s/auditlog?start_time=2026-10-24T12:00:00%%2B0000&end_time=2026-11-23T12:00:00%%2B0000&offset=%d&limit=50", instance, offset)
	}
	for _, c := range []struct {
		name  string
		fresh bool // nothing in memory, as after a restart
		path  func(n int) string
	}{
		{"large first", true, func(n int) string { return list("large", n*50%1400) }},
		{"large", false, func(n int) string { return list("large", n*50%1400) }},
		{"small first", true, func(n int) string { return list(fmt.Sprintf("db-%d", n%100), n/100*50%1400) }},
		{"small", false, func(n int) string { return list(fmt.Sprintf("db-%d", n%100), n/100*50%1400) }},
		{"instances", false, func(int) string { return "/v3/acme/instances" }},
		{"instance by ID", false, func(n int) string { return fmt.Sprintf("/v3/acme/instances?id=db-%d", n%100) }},
		{"projects", false, func(int) string { return "/v3/projects?name=cn-north-4" }},
		{"policy", false, func(int) string { return "/v3/acme/instances/large/auditlog-policy" }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for n := 0; !c.fresh && n < 2800; n++ {
				r.get(c.path(n), token) // sizes are known from then on
			}
			for n := 0; b.Loop(); n++ {
				if c.fresh {
					r.restart(Options{Log: r.log, Auth: r.auth, Now: r.now, Deadline: r.deadline})
				}
				begun := time.Now()
				if w := r.get(c.path(n), token); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}

func benchEvents(first, size, all int) (events []*engine.Event) {
	operations := []string{engine.OpCreate, engine.OpEdit, engine.OpDelete, engine.OpLogin, engine.OpLogout, engine.OpRead, engine.OpOther}
	for n := first; n < first+size; n++ {
		project := "large"
		if n%2 == 0 {
			project = fmt.Sprintf("db-%d", n/2*7919%100)
		}
		at := testNow.Add(-30*24*time.Hour + time.Duration(n)*(30*24*time.Hour/time.Duration(all)))
		events = append(events, &engine.Event{Tenant: "acme", Time: at, Action: fmt.Sprintf("table-%d.write", n%97), Operation: operations[n%len(operations)],
			Actor: engine.Actor{ID: fmt.Sprintf("u%d", n%500), Name: fmt.Sprintf("user%d", n%500)}, Project: engine.Ref{ID: project, Name: project},
			Module: "orders", Description: fmt.Sprintf("UPDATE orders SET state = 'paid' WHERE id = %d", n), Source: engine.Source{IP: fmt.Sprintf("10.0.%d.%d", n%50, n%200)},
			Details: fmt.Appendf(nil, `{"request_id":"%016x"}`, n)})
	}
	return events
}
