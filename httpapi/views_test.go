package httpapi

import (
	"net/url"
	"strings"
	"testing"
)

// TestViewPages: a list is saved, starred, begun with and deleted; its link works for who has no view.
func TestViewPages(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `[{"id":"a1","tenant":"acme","action":"x","result":"failure","time":"2026-11-23T08:00:00Z"},
		{"id":"a2","tenant":"acme","action":"x","result":"success","time":"2026-11-23T09:00:00Z"}]`)
	w := &walker{server: s}
	_, one := w.makeToken(t, "reader", `"acme"`)
	_, two := w.makeToken(t, "reader", `"acme"`)
	amy, bob := &visitor{server: s, token: one}, &visitor{server: s, token: two}

	amy.get(t, "/", 303)
	if to := amy.resp.Header.Get("Location"); to != "/events" {
		t.Errorf("begins at %s", to)
	}
	amy.get(t, "/views", 200)
	amy.want(t, ".empty h2", "No views yet")
	amy.get(t, "/events?result=failure&page=1&event=a1", 200)
	amy.want(t, "#menu-views summary", "Views")
	form := url.Values{"query": {amy.attribute(".save-view input[name=query]", "value")}, "return": {amy.attribute(".save-view input[name=return]", "value")}}
	if got := strings.Join(amy.texts(".save-view option"), "|"); got != "me only|all who read acme" {
		t.Errorf("may be shared with %s", got)
	}
	amy.post(t, "/views", form, 400)
	amy.want(t, "#view-name-error", "is missing")
	if amy.attribute("main form input[name=query]", "value") != form.Get("query") {
		t.Error("the list is lost")
	}
	form.Set("name", "Failures & <b>more</b>")
	if to := amy.post(t, "/views", form, 303); to != "/events?result=failure&page=1&event=a1" {
		t.Errorf("leads to %s", to)
	}
	amy.get(t, "/events?result=failure", 200)
	amy.want(t, "#menu-views summary", "Failures & <b>more</b>")
	link := amy.attribute(".views li > a", "href")
	if link != "/events?range=last-1d&result=failure" {
		t.Errorf("the view leads to %s", link)
	}
	bob.get(t, "/views", 200)
	bob.want(t, ".empty h2", "No views yet")
	bob.get(t, link, 200)
	if got := len(bob.texts("#events tbody tr")); got != 1 {
		t.Errorf("the link shows %d events", got)
	}

	mark := amy.attribute(".views form", "action")
	amy.post(t, mark, url.Values{"star": {"on"}, "return": {link}}, 303)
	amy.post(t, mark, url.Values{"default": {"on"}}, 303)
	amy.get(t, "/", 303)
	if to := amy.resp.Header.Get("Location"); to != link {
		t.Errorf("begins at %s", to)
	}
	amy.get(t, "/views", 200)
	if amy.text("#views .star") != "★" || amy.text("#views .tag") != "default view" {
		t.Errorf("page %s", amy.body)
	}
	bob.post(t, mark, url.Values{"star": {"on"}}, 404)

	at := strings.TrimSuffix(mark, "/mark")
	amy.get(t, at, 200)
	amy.post(t, at, url.Values{"name": {"Failures"}, "tenant": {"other"}}, 400)
	amy.want(t, "#view-tenant-error", "is not one that you read")
	amy.post(t, at, url.Values{"name": {"Failures"}, "tenant": {"acme"}}, 303)
	bob.get(t, "/views", 200)
	if got := bob.texts("#views td"); got[0] != "☆" || got[1] != "Failures" || got[2] != "acme" || got[5] != "Make it my default" {
		t.Errorf("bob sees %q", got)
	}
	bob.get(t, at, 200)
	if bob.text("form.sheet") != "" {
		t.Error("bob is offered to change it")
	}
	bob.post(t, at+"/delete", nil, 403)
	bob.post(t, at, url.Values{"name": {"x"}}, 403)
	amy.get(t, amy.post(t, at+"/delete", nil, 303), 200)
	amy.want(t, ".notice", "The view is deleted.")
	amy.get(t, "/", 303)
	if to := amy.resp.Header.Get("Location"); to != "/events" {
		t.Errorf("begins at %s", to)
	}
	amy.post(t, at, url.Values{"name": {"x"}}, 404)
}

// TestViewOfTenantWithoutEvents: a new name for a view does not take it from those who share it, even where nothing of the tenant is in the log.
func TestViewOfTenantWithoutEvents(t *testing.T) {
	s := newServer(t, Options{})
	if resp, text := s.do(t, s.request(t, "POST", "/api/v1/views", `{"name":"a","query":"","tenant":"empty"}`)); resp.StatusCode != 201 {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	v := &visitor{server: s, token: s.token}
	v.get(t, "/views", 200)
	at := v.attribute("#views .row-actions a", "href")
	v.get(t, at, 200)
	chosen := v.attribute("form.sheet option[selected]", "value")
	v.get(t, v.post(t, at, url.Values{"name": {"b"}, "tenant": {chosen}}, 303), 200)
	if got := v.texts("#views td"); got[1] != "b" || got[2] != "empty" {
		t.Errorf("the view is now %q", got)
	}
}

// TestViewsAPI: the same over the API, within its contract.
func TestViewsAPI(t *testing.T) {
	s := newServer(t, Options{})
	f := func(method, path, body string, status int, parts ...string) {
		t.Helper()
		resp, text := s.do(t, s.request(t, method, "/api/v1/views"+path, body))
		if resp.StatusCode != status {
			t.Errorf("%s %s: %d %s", method, path, resp.StatusCode, text)
		}
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s %s: no %s in %s", method, path, part, text)
			}
		}
	}
	f("GET", "", "", 200, `{"views":[]}`)
	f("POST", "", `{"name":"b","query":"?range=all&q=timeout&junk=1&page=7","starred":true}`, 201, `"query":"q=timeout&range=all"`, `"starred":true`, `"type":"token"`)
	f("POST", "", `{"name":"a","query":""}`, 201, `"query":"range=last-1d"`)
	f("GET", "", "", 200, `"name":"b"`, `"name":"a"`)
	f("POST", "", `{"name":"","query":""}`, 400, `"field":"name"`)
	f("POST", "", `{"name":"`+strings.Repeat("x", 129)+`","query":""}`, 400, `"field":"name"`, "129 bytes, the limit is 128")
	f("POST", "", `{"name":"x","query":"q=%22"}`, 400, `"field":"query"`)
	f("POST", "", `{"name":"x","query":"q=`+strings.Repeat("x", 8<<10)+`"}`, 400, `"field":"query"`, "the limit is 8192")
	f("POST", "", `{"name":"x","query":"","owner":"me"}`, 400, `"field":"owner"`)
	f("PATCH", "/x", `{"starred":true}`, 404)
	f("DELETE", "/x", "", 404)
}
