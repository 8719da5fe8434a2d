package httpapi

import (
	"fmt"
	"strings"
	"testing"

	"annals/engine"
	"annals/httpapi/auth"
)

func TestSplitBody(t *testing.T) {
	f := func(contentType, body, want string) {
		t.Helper()
		values, err := splitBody([]byte(body), contentType)
		parts := make([]string, len(values))
		for i, v := range values {
			parts[i] = string(v)
		}
		got := strings.Join(parts, " | ")
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s %q = %q (%v), want %q", contentType, body, got, err, want)
		}
	}
	const js, nd = "application/json; charset=utf-8", "application/x-ndjson"
	f(js, `{"a":1}`, `{"a":1}`)
	f("", " \n{\"a\":1}\n ", `{"a":1}`)
	f(js, "\ufeff{\"a\":1}", `{"a":1}`)
	f(js, "{\n\"a\":1\n}", "{\n\"a\":1\n}")
	f(js, `[{"a":1}, {"b":[2]} ]`, `{"a":1} | {"b":[2]}`)
	f(js, `[1,null,"x"]`, `1 | null | "x"`)
	f(js, "{\"a\":1}\n{\"b\":2}\n", `{"a":1} | {"b":2}`)
	f(js, "{\"a\":1}\r\nrubbish", `{"a":1} | rubbish`)
	f(nd, "{\"a\":1}\n\n  \n{\"b\":2}", `{"a":1} | {"b":2}`)
	f(nd, "rubbish\n[1]", `rubbish | [1]`)
	f(js, `{"a":1,"a":2}`, `{"a":1,"a":2}`)
	f(js, "", "error")
	f(nd, " \n\n", "error")
	f(js, "[]", "error")
	f(js, "[ ", "error")
	f(js, `[{"a":1}`, "error")
	f(js, `[{"a":1},]`, "error")
	f(js, `[{"a":1}] x`, "error")
	f(js, `{"a":1} x`, "error")
	f(js, `{"a":1`, "error")
	f(js, `rubbish`, "error")
	f(js, `12`, "error")
	f(nd, strings.Repeat("\n", 100_000), "error")
	f(nd, strings.Repeat("{}\n", engine.MaxRequestEvents+1), "error")
	f(js, "["+strings.Repeat("{},", engine.MaxRequestEvents)+"{}]", "error")
}

func TestDecodeBatchKeepsOrder(t *testing.T) {
	body := "{\"id\":\"0\",\"action\":\"a\"}\nbad\n{\"id\":\"2\",\"action\":\"a\",\"tenant\":\"other\"}\n{\"id\":\"3\",\"action\":\"a\",\"tenant\":\"acme\"}\n"
	caller := auth.Caller{Tenants: engine.Tenants{Names: []string{"acme", engine.DefaultTenant}}}
	b, err := decodeBatch([]byte(body), "", caller)
	if err != nil {
		t.Fatal(err)
	}
	b.settle([]engine.Outcome{{ID: "0", Status: engine.Created}, {ID: "3", Status: engine.Duplicate}})
	var got []string
	for _, o := range b.outcomes {
		got = append(got, o.ID+":"+string(o.Status))
	}
	if want := "[0:created :invalid :invalid 3:duplicate]"; fmt.Sprint(got) != want {
		t.Errorf("outcomes %v, want %v", got, want)
	}
}

func FuzzDecodeBatch(f *testing.F) {
	for _, seed := range []string{`{"action":"a"}`, `[{"action":"a"}]`, "{\"action\":\"a\"}\n{}", "\xff", "[", "\ufeff[]", "{}\nx", "null", `[[[[`} {
		f.Add([]byte(seed), "application/json")
		f.Add([]byte(seed), "application/x-ndjson")
	}
	caller := auth.Caller{Tenants: engine.Tenants{All: true}}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		b, err := decodeBatch(body, contentType, caller)
		if err != nil {
			return
		}
		if len(b.outcomes) == 0 || len(b.events) != len(b.at) {
			t.Fatalf("%d events, %d places, %d outcomes", len(b.events), len(b.at), len(b.outcomes))
		}
		invalid := 0
		for _, o := range b.outcomes {
			if o.Err != nil {
				invalid++
			}
		}
		if invalid+len(b.events) != len(b.outcomes) {
			t.Fatalf("%d of %d events and %d refused", len(b.events), len(b.outcomes), invalid)
		}
	})
}

// benchmarkEvent is about as long as real ones are.
const benchmarkEvent = `{"id":"0198f6aa-7c1e-7000-8000-%012d","time":"2026-11-23T07:00:00.123456Z","tenant":"acme",` +
	`"actor":{"id":"u1","name":"amy","email":"amy@x.test","type":"member"},"action":"API service.create","operation":"create",` +
	`"result":"failure","error":{"code":"409","message":"name taken by another service"},"project":{"id":"p1","name":"shop"},` +
	`"module":"API management","resources":[{"type":"API","id":"r1","name":"orders"}],"description":"API service{orders} creation",` +
	`"source":{"ip":"10.0.0.9","user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101","channel":"console"},` +
	`"details":{"protocol":"https","version":"v1","request_id":"c89873d1f0a24b6e","path":"/api/v2/services"}}`

func BenchmarkDecodeBatch(b *testing.B) {
	var body strings.Builder
	const n = 1000
	for i := range n {
		fmt.Fprintf(&body, benchmarkEvent+"\n", i)
	}
	data, caller := []byte(body.String()), auth.Caller{Tenants: engine.Tenants{All: true}}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if batch, err := decodeBatch(data, "application/x-ndjson", caller); err != nil || len(batch.events) != n {
			b.Fatal(len(batch.events), err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
}
