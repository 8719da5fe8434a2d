package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/engine"
)

// memory is a Sink that keeps events.
type memory struct {
	mu     sync.Mutex
	events []*engine.Event
}

func (m *memory) Send(_ context.Context, events []*engine.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, events...)
	return nil
}

// serving is a service whose requests are recorded into a memory.
type serving struct {
	*httptest.Server
	rec  *Recorder
	sink *memory
}

func serve(t *testing.T, o Options, h http.Handler) *serving {
	t.Helper()
	s := &serving{sink: &memory{}}
	o.Sink, o.Logger = s.sink, slog.New(slog.DiscardHandler)
	s.rec = New(o)
	s.Server = httptest.NewUnstartedServer(s.rec.Handler(h))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// send makes a request; an answer that is cut off is "".
func (s *serving) send(t *testing.T, method, path, contentType, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("User-Agent", "test")
	resp, err := s.Client().Do(r)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.Status + " " + string(text)
}

// recorded ends the recorder and returns the events.
func (s *serving) recorded(t *testing.T) []*engine.Event {
	t.Helper()
	s.Close() // waits for the handlers
	if err := s.rec.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, e := range s.sink.events {
		if _, err := engine.DecodeEvent(e.AppendJSON(nil)); err != nil {
			t.Errorf("the log would not read %s: %v", e.AppendJSON(nil), err)
		}
	}
	return s.sink.events
}

const jsonType = "application/json"

func TestRecordsWritesOnly(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/projects/{project}/keys/{id}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != `{"name":"n","password":"p"}` && len(body) > 0 {
			t.Errorf("the handler reads %q, %v", body, err)
		}
		w.Header().Set("X-Request-ID", "r-1")
		w.WriteHeader(http.StatusCreated)
	})
	s := serve(t, Options{Tenant: "acme", Module: "shop", Actor: func(*http.Request) engine.Actor { return engine.Actor{Name: "amy"} }}, mux)
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE"} {
		s.send(t, method, "/projects/p1/keys/k1", "", "")
	}
	want := map[string]string{"POST": "create", "PUT": "edit", "PATCH": "edit", "DELETE": "delete"}
	for method := range want {
		s.send(t, method, "/projects/p1/keys/k1?a=1&a=2&token=t", jsonType, `{"name":"n","password":"p"}`)
	}
	events := s.recorded(t)
	if len(events) != len(want) {
		t.Fatalf("%d events", len(events))
	}
	ids := map[string]bool{}
	for _, e := range events {
		method, pattern, _ := strings.Cut(e.Action, " ")
		if e.Operation != want[method] || pattern != "/projects/{project}/keys/{id}" || e.Result != engine.Success || !*e.Write {
			t.Errorf("%s", e.AppendJSON(nil))
		}
		if e.Tenant != "acme" || e.Module != "shop" || e.Actor.Name != "amy" || e.Source.IP != "127.0.0.1" || e.Source.UserAgent != "test" {
			t.Errorf("%s", e.AppendJSON(nil))
		}
		if res := e.Resources[0]; res.Type != "keys" || res.ID != "k1" || res.Name != "/projects/p1/keys/k1" {
			t.Errorf("resource %+v", res)
		}
		for _, part := range []string{`"query":{"a":["1","2"],"token":"[redacted]"}`, `"body":{"name":"n","password":"[redacted]"}`, `"status":201`, `"request_id":"r-1"`} {
			if !strings.Contains(string(e.Details), part) {
				t.Errorf("details %s: no %s", e.Details, part)
			}
		}
		if len(e.ID) != 36 || e.ID[14] != '7' || ids[e.ID] {
			t.Errorf("ID %q", e.ID)
		}
		ids[e.ID] = true
	}
}

func TestResults(t *testing.T) {
	f := func(name string, h http.HandlerFunc, result, code string) {
		t.Helper()
		s := serve(t, Options{}, h)
		s.send(t, "POST", "/x", "", "")
		e := s.recorded(t)[0]
		if e.Result != result || result == engine.Failure && e.Error.Code != code {
			t.Errorf("%s: %s", name, e.AppendJSON(nil))
		}
	}
	status := func(n int) http.HandlerFunc { return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) } }
	f("nothing", func(http.ResponseWriter, *http.Request) {}, "success", "")
	f("303", status(303), "success", "")
	f("404", status(404), "failure", "404")
	f("503", status(503), "failure", "503")
	f("hint first", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(409) }, "failure", "409")
	f("panic", func(http.ResponseWriter, *http.Request) { panic("x") }, "failure", "panic")
	f("abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "failure", "panic")
}

func TestPanicGoesOn(t *testing.T) {
	rec := New(Options{Sink: &memory{}})
	defer rec.Close(t.Context())
	defer func() {
		if p := recover(); p != "mine" {
			t.Errorf("recovered %v", p)
		}
	}()
	rec.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("mine") })).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
}

// TestParameters: what is recorded of a body. The handler gets all of it in every case.
func TestParameters(t *testing.T) {
	f := func(contentType, body, want string) {
		t.Helper()
		s := serve(t, Options{MaxBodyBytes: 100}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
		if got := s.send(t, "POST", "/", contentType, body); got != "200 OK "+body {
			t.Errorf("the handler got %q", got)
		}
		if d := string(s.recorded(t)[0].Details); !strings.Contains(d, want) || strings.Contains(d, "s3cret") {
			t.Errorf("%q: details %s, want %s", body, d, want)
		}
	}
	form := "application/x-www-form-urlencoded"
	f(jsonType, `{"a":1,"key":"s3cret"}`, `"body":{"a":1,"key":"[redacted]"}`)
	f("application/merge-patch+json; charset=utf-8", `{"a":1}`, `"body":{"a":1}`)
	f(jsonType, `{"a":"`+strings.Repeat("x", 92)+`"}`, `"body":{"a":"xxx`)
	f(jsonType, `{"a":"`+strings.Repeat("x", 93)+`"}`, `"body_not_recorded":"it has more than 100 bytes"`)
	f(jsonType, `{"key":"s3cret"`, `"body_not_recorded":"it is not JSON"`)
	f(form, `a=1&a=2&b=%F0%9F&password=s3cret&%ff=1&%fe=2`, `"form":{"a":["1","2"]`)
	f(form, `payload={"token":"s3cret"}`, `"form":{"payload":"{\"token\":\"[redacted]\"}"}`)
	f(form, `a=1;b=2&c=3`, `"(not recorded)"`)
	f("text/plain", `s3cret`, `"status":200`)
	f("multipart/form-data; boundary=x", `s3cret`, `"status":200`)
}

func TestUnreadBody(t *testing.T) {
	s := serve(t, Options{}, http.NotFoundHandler())
	s.send(t, "PUT", "/", jsonType, `{"a":1}`)
	if d := string(s.recorded(t)[0].Details); !strings.Contains(d, `"body_not_recorded":"the service did not read all of it"`) {
		t.Errorf("details %s", d)
	}
}

// TestHostileRequests: nothing that a client sends keeps its request out of the log.
func TestHostileRequests(t *testing.T) {
	s := serve(t, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) }))
	paths := []string{"/%ff%fe", "/?%ff=1&%fe=2&=", "/" + strings.Repeat("long/", 2000), "/?" + strings.Repeat("a=%00&", 1000), "/%00%0a", "/?%zz"}
	for _, path := range paths {
		s.send(t, "POST", path, jsonType, `{"\ud800":1,"\ud801":2,"":3}`)
		s.send(t, "DELETE", path, jsonType, strings.Repeat(`{"a":`, 2000))
	}
	if n := len(s.recorded(t)); n != 2*len(paths) || s.rec.Stats().Refused != 0 {
		t.Errorf("%d events of %d, %+v", n, 2*len(paths), s.rec.Stats())
	}
}

// TestHooks: a handler may say more, and a function that panics spoils neither the answer nor the event.
func TestHooks(t *testing.T) {
	var late context.Context
	s := serve(t, Options{
		Action:   func(*http.Request) string { panic("mine") },
		Describe: func(_ *http.Request, e *engine.Event) { e.Description, e.Operation = "said", "publish" },
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		late = r.Context()
		Edit(r.Context(), func(e *engine.Event) { e.Actor.Name = "amy" })
		_, _ = w.Write([]byte("fine"))
	}))
	if got := s.send(t, "POST", "/x", "", ""); got != "200 OK fine" {
		t.Errorf("answer %q", got)
	}
	e := s.recorded(t)[0]
	if e.Actor.Name != "amy" || e.Description != "said" || e.Operation != "publish" || e.Action != "POST /x" {
		t.Errorf("%s", e.AppendJSON(nil))
	}
	if Edit(late, func(*engine.Event) {}) || Edit(t.Context(), func(*engine.Event) {}) {
		t.Error("an edit after the end is taken")
	}
}

// TestResponseController: the middleware hides nothing that the connection can do.
func TestResponseController(t *testing.T) {
	s := serve(t, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if err := errors.Join(control.SetWriteDeadline(time.Now().Add(time.Minute)), control.Flush()); err != nil {
			t.Error(err)
		}
		conn, rw, err := control.Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(rw, "0\r\n\r\n") // ends the answer that Flush began
		_ = rw.Flush()
		conn.Close()
	}))
	s.send(t, "POST", "/", "", "")
	if e := s.recorded(t)[0]; e.Result != engine.Success {
		t.Errorf("%s", e.AppendJSON(nil))
	}
}

// TestPut: an event that is no request goes the same way.
func TestPut(t *testing.T) {
	s := serve(t, Options{Tenant: "acme", Module: "shop"}, http.NotFoundHandler())
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s.rec.Put(&engine.Event{Action: "start", Time: at, Tenant: "other", ID: "mine"})
	s.rec.Put(&engine.Event{Action: "stop", Module: "door", Operation: "dance", Description: "\xff"})
	s.rec.Put(&engine.Event{Action: "bad", Details: []byte("{")})
	events := s.recorded(t)
	if stats := s.rec.Stats(); len(events) != 3 || stats.Recorded != 3 || stats.Refused != 1 {
		t.Fatalf("%d events, %+v", len(events), stats)
	}
	if e := events[0]; e.Tenant != "acme" || e.Module != "shop" || !e.Time.Equal(at) || e.ID == "mine" {
		t.Errorf("%s", e.AppendJSON(nil))
	}
	if e := events[1]; e.Module != "door" || time.Since(e.Time) > time.Minute || e.Operation != engine.OpOther {
		t.Errorf("%s", e.AppendJSON(nil))
	}
	if e := events[2]; e.Action != ActionLost {
		t.Errorf("%s", e.AppendJSON(nil))
	}
}
