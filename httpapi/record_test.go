package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
	"annals/httpapi/recorder"
)

// TestRecordsItself: the server's own write operations become events of the reserved tenant; events that come in do not. An event that the
// log did not take yet comes again, the same.
func TestRecordsItself(t *testing.T) {
	var tries [][]*engine.Event
	own := NewOwnLog(OwnLogOptions{Logger: enginetest.Quiet, Append: func(_ context.Context, events []*engine.Event) ([]engine.Outcome, error) {
		switch tries = append(tries, events); len(tries) {
		case 1:
			return nil, engine.ErrBehind
		case 2:
			return []engine.Outcome{{Status: engine.Unavailable}}, nil
		}
		return []engine.Outcome{{Status: engine.Created}}, nil
	}})
	s := serveNow(t, Options{Own: own})
	s.post(t, `{"action":"a"}`)
	s.do(t, s.request(t, "GET", "/api/v1/stats", ""))
	s.do(t, s.request(t, "POST", "/api/v1/reindex?seq=99", ""))
	s.Close() // an answer is out before its operation is recorded
	if err := own.Close(); err != nil {
		t.Fatal(err)
	}
	if stats := own.recorder.Stats(); len(tries) != 3 || len(tries[0]) != 1 || stats != (recorder.Stats{Recorded: 1, Sent: 1}) {
		t.Fatalf("%d tries, %+v", len(tries), stats)
	}
	got := string(tries[2][0].AppendJSON(nil))
	if first := string(tries[0][0].AppendJSON(nil)); first != got || tries[0][0] == tries[2][0] {
		t.Errorf("first %s\nthen  %s", first, got)
	}
	for _, part := range []string{`"tenant":"_annals"`, `"action":"index.rebuild"`, `"name":"admin.token","type":"token"}`, `"ip":"127.0.0.1"`, `"query":{"seq":"99"}`, `"request_id":`} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
}

// TestPeopleAreRecordedOnce: what people do to their own sessions and accounts auth records; what is done to accounts is recorded as a request.
func TestPeopleAreRecordedOnce(t *testing.T) {
	var events []*engine.Event
	own := NewOwnLog(OwnLogOptions{Logger: enginetest.Quiet, Append: func(_ context.Context, batch []*engine.Event) ([]engine.Outcome, error) {
		events = append(events, batch...)
		return slices.Repeat([]engine.Outcome{{Status: engine.Created}}, len(batch)), nil
	}})
	s := newServer(t, Options{Own: own})
	p := s.newPerson(t, "amy", `{"role":"reader","tenants":["acme"]}`)
	p.signIn(t, "amy", goodPassword, 200)
	p.enrol(t)
	p.ask(t, "PUT", "/account/password", `{"old":"`+goodPassword+`","new":"a quite different sentence"}`, 204, nil)
	p.ask(t, "DELETE", "/sessions", "", 204, nil)
	p.signIn(t, "amy", "a quite different sentence", 200)
	p.ask(t, "POST", "/session/totp", `{"code":"000000"}`, 401, nil)
	var made struct{ ID, Secret string }
	change := func(method, path, body string) {
		t.Helper()
		resp, text := s.do(t, s.request(t, method, "/api/v1"+path, body))
		if resp.StatusCode > 299 {
			t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
		}
		if err := json.Unmarshal([]byte(text), &made, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatal(err)
		}
	}
	account := s.api.access.Accounts(auth.Caller{Tenants: engine.Tenants{All: true}})[0].ID
	change("PATCH", "/accounts/"+account, `{"name":"Amy"}`)
	change("POST", "/accounts/"+account+"/reset", `{}`)
	change("POST", "/credentials", `{"kind":"enos","name":"of a vendor","grants":[{"role":"reader","all_tenants":true}]}`)
	change("DELETE", "/credentials/"+made.ID, "")
	s.Close()
	if err := own.Close(); err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range events {
		actions = append(actions, e.Action+" "+e.Resources[0].Type+" "+e.Resources[0].Name)
		if text := string(e.AppendJSON(nil)); e.Resources[0].ID == "" || strings.Contains(text, made.Secret) || strings.Contains(text, "/setup#") {
			t.Errorf("%s", text)
		}
	}
	if want := []string{"account.create account amy", "account.change account amy", "account.reset account amy", "credential.create credential of a vendor",
		"credential.revoke credential of a vendor"}; !slices.Equal(actions, want) {
		t.Errorf("recorded %q, want %q", actions, want)
	}
}

// TestRecorderToServer: a service's write operations get into the log of a real server, once however often they are sent.
func TestRecorderToServer(t *testing.T) {
	s := serveNow(t, Options{})
	sink, err := recorder.NewHTTP(s.URL, s.token, nil)
	if err != nil {
		t.Fatal(err)
	}
	var sent []*engine.Event
	twice := recorder.Direct(func(ctx context.Context, events []*engine.Event) error {
		sent = append(sent, events...)
		return errors.Join(sink.Send(ctx, events), sink.Send(ctx, events))
	})
	rec := recorder.New(recorder.Options{Sink: twice, Logger: enginetest.Quiet, Module: "shop", BatchDelay: time.Millisecond, BatchEvents: 7})
	h := rec.Handler(http.NotFoundHandler())
	for i := range 50 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("DELETE", fmt.Sprintf("/orders/%d", i), nil))
	}
	if err := rec.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stats := rec.Stats(); stats.Sent != 50 || stats.Lost+stats.Refused != 0 || s.log.Size() != 50 || len(sent) != 50 {
		t.Errorf("%+v, the log has %d", stats, s.log.Size())
	}
	if _, found := s.do(t, s.request(t, "GET", "/api/v1/events?q=module:shop+operation:delete+result:failure", "")); !strings.Contains(found, `"total":50`) {
		t.Errorf("found %.300s", found)
	}
}

// serveNow is newServer by the clock of this machine, which is the recorder's.
func serveNow(t *testing.T, o Options) *server {
	t.Helper()
	l := enginetest.OpenLog(t, engine.Options{Dir: t.TempDir(), Now: time.Now})
	doors, token, err := auth.Open(auth.Options{Dir: t.TempDir(), Records: l.Records(), Logger: enginetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	o.Log, o.Auth, o.Logger = l, doors, enginetest.Quiet
	s := &server{api: New(o), log: l, token: token}
	s.Server = httptest.NewServer(s.api)
	t.Cleanup(func() {
		s.Close()
		if err := doors.Close(); err != nil {
			t.Errorf("close access: %v", err)
		}
	})
	return s
}
