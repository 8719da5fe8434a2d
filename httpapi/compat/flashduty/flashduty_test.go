package flashduty

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// TestPanic: a panic is answered in the API's own words, tells the client nothing, and is in the operator's log once, with the request's ID.
func TestPanic(t *testing.T) {
	l := enginetest.OpenLog(t, engine.Options{Dir: t.TempDir()})
	doors, _, err := auth.Open(auth.Options{Dir: t.TempDir(), Records: l.Records(), Now: time.Now, Logger: enginetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer doors.Close()
	c, secret, err := doors.MakeCredential(auth.Caller{Tenants: engine.Tenants{All: true}}, auth.CredentialWish{Kind: auth.Flashduty,
		Wish: auth.Wish{Name: "audit", Grants: []auth.Grant{{Role: "reader", All: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	var told []reply.Asked
	h := New(Options{Auth: doors, Now: time.Now, Deadline: time.Second}) // without a log
	for _, route := range h.Routes() {
		logged.Reset()
		r := httptest.NewRequest(route.Method, route.Path+"?app_key="+c.ID+string(secret.Bytes()), strings.NewReader(`{"start_time":1,"end_time":2}`))
		ctx := reply.WithRequest(r.Context(), "abc-1", slog.New(slog.NewTextHandler(&logged, nil)))
		ctx = reply.WithTold(ctx, func(a reply.Asked) { told = append(told, a) })
		w := httptest.NewRecorder()
		route.Serve(w, r.WithContext(ctx))
		if w.Code != http.StatusInternalServerError || w.Body.String() != `{"request_id":"abc-1","error":{"code":"InternalError","message":"An internal error has occurred."}}`+"\n" {
			t.Errorf("%s: %d %s", route.Path, w.Code, w.Body)
		}
		if text := logged.String(); strings.Count(text, "abc-1") != 1 || !strings.Contains(text, "panic") || strings.Contains(text, string(secret.Bytes())) {
			t.Errorf("%s: logged %s", route.Path, text)
		}
	}
	if len(told) != 2 || told[0].Failure == nil || told[0].Failure.Code != "InternalError" {
		t.Errorf("told %+v", told)
	}
}

// TestFailures: every error has a code and a status that the documentation knows, and what the client cannot help is in the log.
func TestFailures(t *testing.T) {
	f := func(err error, status int, code string, logs int) {
		t.Helper()
		var logged bytes.Buffer
		r := httptest.NewRequest("POST", "/", nil)
		r = r.WithContext(reply.WithRequest(r.Context(), "abc-1", slog.New(slog.NewTextHandler(&logged, nil))))
		got := failureOf(r, fmt.Errorf("while testing: %w", err))
		if got.status != status || got.code != code || strings.Count(logged.String(), "abc-1") != logs || strings.Contains(got.text(english)+got.text(chinese), "testing") {
			t.Errorf("%v: %d %s %q, logged %q", err, got.status, got.code, got.text(english), logged.String())
		}
	}
	f(engine.ErrCursor, 400, "InvalidParameter", 0)
	f(badType, 400, "InvalidContentType", 0)
	f(reply.Unauthorized("x"), 401, "Unauthorized", 0)
	f(reply.Forbidden("x"), 403, "AccessDenied", 0)
	f(&http.MaxBytesError{Limit: 1}, 413, "EntityTooLarge", 0)
	f(reply.TooMany(time.Second, "x"), 429, "RequestTooFrequently", 0)
	f(context.Canceled, 503, "ServiceUnavailable", 0)
	f(context.DeadlineExceeded, 503, "ServiceUnavailable", 1)
	f(engine.ErrClosed, 503, "ServiceUnavailable", 1)
	f(reply.NoMasterKey("x"), 503, "ServiceUnavailable", 1)
	f(engine.ErrDamaged, 500, "InternalError", 1)
	f(errors.New("x"), 500, "InternalError", 1)
	f(engine.TooManyValues("action", 2, 1), 500, "InternalError", 1)
}

func TestParameters(t *testing.T) {
	f := func(details, body string, params ...param) {
		t.Helper()
		gotBody, got := parametersOf(jsontext.Value(details))
		if gotBody != body || got == nil || len(got) != len(params) {
			t.Fatalf("%s: %q %q", details, gotBody, got)
		}
		for i := range got {
			if got[i] != params[i] {
				t.Errorf("%s: %q", details, got)
			}
		}
	}
	f(``, `{}`)
	f(`{"a":1}`, `{"a":1}`)
	f(`{"body":{"a":[1,"x"]},"b":2}`, `{"a":[1,"x"]}`)
	f(`{"body":"{\"a\":1}"}`, `{"a":1}`)
	f(`{"body":null}`, `null`)
	f(`{"body":"","params":{}}`, ``)
	f(`{"params":{"z":"1","a":2,"l":["x",true],"o":{"y":null}}}`, `{"params":{"z":"1","a":2,"l":["x",true],"o":{"y":null}}}`,
		param{"z", "1"}, param{"a", "2"}, param{"l", "x"}, param{"l", "true"}, param{"o", `{"y":null}`})
	f(`{"body":1,"params":[{"Key":"k","Value":"v"},{"key":"é\n","value":7}]}`, `1`, param{"k", "v"}, param{"é\n", "7"})
	f(`{"body":1,"query":{"q":"1"}}`, `1`, param{"q", "1"})
	f(`{"body":1,"query":{"q":"1"},"params":{"p":"2"}}`, `1`, param{"p", "2"})
	f(`{"body":1,"params":"q=1"}`, `1`)
	f(`{"body":1,"params":[1,2]}`, `1`)
}

func TestCut(t *testing.T) {
	f := func(in string, limit int, want string) {
		t.Helper()
		if got := cut(in, limit); got != want {
			t.Errorf("%q at %d: %q", in, limit, got)
		}
	}
	f("abc", 3, "abc")
	f("abc", 2, "ab")
	f("aé", 2, "a")
	f("😀", 3, "")
	e := entryOf(&engine.Event{Details: jsontext.Value(`{"body":"x` + strings.Repeat("é", 6000) + `"}`)}, english)
	if len(e.Body) != 10239 || !strings.HasSuffix(e.Body, "é") { // the limit of 10,240 would tear one
		t.Errorf("the body has %d bytes", len(e.Body))
	}
}

func TestLabel(t *testing.T) {
	f := func(operation, en, zh string) {
		t.Helper()
		if e, z := label(operation, english), label(operation, chinese); e != en || z != zh {
			t.Errorf("%s: %q, %q", operation, e, z)
		}
	}
	f("template:write:create", "Create template", "创建模板")
	f("incident:write:acknowledge", "Acknowledge incident", "认领故障")
	f("template:read:info", "View template", "查看模板")
	for _, other := range []string{"", "ConsoleLogin", "template", "template:write", "template:write:", "template:other:create", "x:write:create", "template:write:x", "template:write:create:more"} {
		f(other, other, other)
	}
}

// FuzzSearchRequest: whatever is sent is either refused as the client's mistake, with a text in both languages, or asks within the bounds.
func FuzzSearchRequest(f *testing.F) {
	f.Add([]byte(`{"start_time":1795348800,"end_time":1795435200,"limit":20,"operations":["a"],"person_id":1,"is_write":false}`))
	f.Add([]byte(`{"start_time":"x"}`))
	f.Add([]byte(`[]`))
	f.Add([]byte(`{"end_time":9223372036854775807,"start_time":-9223372036854775808}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var s searchRequest
		err := read(body, &s)
		if err == nil {
			err = s.check()
		}
		if err != nil {
			if f := failureOf(httptest.NewRequest("POST", "/", nil), err); f.status != http.StatusBadRequest || f.text(english) == "" || f.text(chinese) == "" {
				t.Fatalf("%q: %+v", body, f)
			}
			return
		}
		q := new(Handler).query(s, auth.Caller{Tenants: engine.Tenants{Names: []string{"acme"}}})
		if span := q.To.Sub(q.From); span <= 0 || span > 90*24*time.Hour || q.Limit < 1 || q.Limit > 99 || q.To.Year() > 9999 {
			t.Fatalf("%q asks %+v", body, q)
		}
	})
}

// FuzzDetails: whatever an event has, its entry can be written.
func FuzzDetails(f *testing.F) {
	f.Add([]byte(`{"body":{"a":1},"params":[{"Key":"k","Value":[1]}]}`))
	f.Add([]byte(`{"body":"\ud83d","query":{"":{}}}`))
	f.Fuzz(func(t *testing.T, details []byte) {
		e := &engine.Event{ID: "x", Tenant: "acme", Action: "a", Time: time.Unix(1, 0), Details: details}
		if err := e.Normalize(time.Unix(2, 0)); err != nil {
			return
		}
		made := entryOf(e, english)
		if _, err := json.Marshal(made); err != nil || len(made.Body) > maxEntryBodyBytes || made.Params == nil {
			t.Fatalf("%s: %v %+v", details, err, made)
		}
	})
}
