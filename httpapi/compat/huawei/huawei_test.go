package huawei

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/reply"
)

var dbOne = instance{"acme", "db1"}

// list returns the files of instance db1 on the test's day.
func (r *room) list(t testing.TB, token string) (out filesReply) {
	t.Helper()
	w := r.get("/v3/acme/instances/db1/auditlog?start_time=2026-11-23T00:00:00Z&end_time=2026-11-24T00:00:00Z&offset=0&limit=50", token)
	if err := json.Unmarshal(w.Body.Bytes(), &out); w.Code != http.StatusOK || err != nil {
		t.Fatal(w.Code, err, w.Body)
	}
	return out
}

// links gets a link to each file.
func (r *room) links(t testing.TB, token string, ids ...string) []string {
	t.Helper()
	text, err := json.Marshal(linksRequest{ids})
	if err != nil {
		t.Fatal(err)
	}
	w, req := httptest.NewRecorder(), httptest.NewRequest("POST", "/v3/acme/instances/db1/auditlog-links", bytes.NewReader(text))
	req.Header.Set("X-Auth-Token", token)
	r.router.ServeHTTP(w, req)
	var out linksReply
	if err := json.Unmarshal(w.Body.Bytes(), &out); w.Code != http.StatusOK || err != nil || len(out.Links) != len(ids) {
		t.Fatal(w.Code, err, w.Body)
	}
	return out.Links
}

// download gets what a link to each file leads to.
func (r *room) download(t testing.TB, token string, ids ...string) (bodies []string) {
	t.Helper()
	for _, link := range r.links(t, token, ids...) {
		w := r.get(link, "")
		if w.Code != http.StatusOK || w.Header().Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
			t.Fatalf("%d, %s of %d bytes: %.200s", w.Code, w.Header().Get("Content-Length"), w.Body.Len(), w.Body)
		}
		bodies = append(bodies, w.Body.String())
	}
	return bodies
}

// TestEveryByte: a token, or a link, with one byte changed anywhere lets nobody in. The right one in between keeps the key from being locked,
// so that it is the change that is refused.
func TestEveryByte(t *testing.T) {
	r := newRoom(t, engine.Options{})
	token := r.token(t, "reader")
	enginetest.Append(t, r.log, eventAt("e1", testNow.Add(-2*time.Hour)))
	link := r.links(t, token, r.list(t, token).Files[0].ID)[0]
	f := func(text string, in func(string) int) {
		t.Helper()
		for at := range text {
			for _, c := range []byte{text[at] ^ 1, text[at] ^ 32} {
				if changed := text[:at] + string(c) + text[at+1:]; c > ' ' && c < 0x7f && in(changed) == http.StatusOK {
					t.Errorf("in with %s", changed)
				}
			}
			if got := in(text); got != http.StatusOK {
				t.Fatalf("byte %d: then the right one is answered %d", at, got)
			}
		}
	}
	f(token, func(text string) int { return r.get("/v3/projects", text).Code })
	path, pass, _ := strings.Cut(strings.TrimPrefix(link, "http://example.com"), "?")
	f(path, func(text string) int { return r.get("http://example.com"+text+"?"+pass, "").Code })
	f(pass, func(text string) int { return r.get("http://example.com"+path+"?"+text, "").Code })
}

func recordIDs(t testing.TB, bodies ...string) (ids []string) {
	t.Helper()
	for _, body := range bodies {
		lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			ids = append(ids, line[0])
		}
	}
	return ids
}

func eventAt(id string, at time.Time) *engine.Event {
	return &engine.Event{ID: id, Tenant: "acme", Time: at, Action: "a", Project: engine.Ref{ID: "db1"}}
}

// TestParts: a half hour of many events is more files, which together have each event once, in the order of time; their sizes are what they have.
func TestParts(t *testing.T) {
	r := newRoom(t, engine.Options{})
	token := r.token(t, "reader")
	begin := testNow.Add(-2 * time.Hour)
	events := int(mostPer) + 3
	order := rand.New(rand.NewPCG(1, 2)).Perm(events)
	for chunk := range slices.Chunk(order, 10_000) {
		var batch []*engine.Event
		for _, n := range chunk {
			batch = append(batch, eventAt(fmt.Sprintf("e%06d", n), begin.Add(time.Duration(n)*time.Millisecond)))
		}
		enginetest.Append(t, r.log, batch...)
	}
	out := r.list(t, token)
	if out.Total != 2 || len(out.Files) != 2 || !strings.HasSuffix(out.Files[0].Name, "-2") {
		t.Fatalf("%+v", out)
	}
	var ids []string
	for _, f := range slices.Backward(out.Files) {
		ids = append(ids, f.ID)
	}
	bodies := r.download(t, token, ids...)
	for n, f := range slices.Backward(out.Files) {
		if body := bodies[1-n]; f.Size != float64(len(body))/1024 {
			t.Errorf("file %d: %v KB for %d bytes", n, f.Size, len(body))
		}
	}
	got := recordIDs(t, bodies...)
	for n, id := range got {
		if id != fmt.Sprintf("e%06d", n) {
			t.Fatalf("record %d is %s", n, id)
		}
	}
	if len(got) != events {
		t.Errorf("%d records", len(got))
	}
}

// TestLargeParts: so large are some events that a file of all could pass 100 MB, so there are two; the next half hour has one.
func TestLargeParts(t *testing.T) {
	r := newRoom(t, engine.Options{})
	token := r.token(t, "reader")
	begin, n := testNow.Add(-2*time.Hour), 0
	for range 7 {
		var batch []*engine.Event
		for range 30 {
			e := eventAt(fmt.Sprintf("e%06d", n), begin.Add(time.Duration(n)*time.Second))
			e.Description = strings.Repeat("x", 130<<10)
			batch = append(batch, e, eventAt(fmt.Sprintf("f%06d", n), e.Time.Add(halfHour)))
			n++
		}
		enginetest.Append(t, r.log, batch...)
	}
	enginetest.Append(t, r.log, eventAt("small", begin))
	out := r.list(t, token)
	if out.Total != 3 {
		t.Fatalf("%+v", out)
	}
	bodies := r.download(t, token, out.Files[2].ID, out.Files[1].ID)
	if got := len(recordIDs(t, bodies...)); got != n+1 {
		t.Errorf("%d records", got)
	}
	if got := len(recordIDs(t, r.download(t, token, out.Files[0].ID)...)); got != n {
		t.Errorf("%d records of the small ones", got)
	}
}

// TestPerFile: whichever events a file has, it cannot pass 100 MB.
func TestPerFile(t *testing.T) {
	largest := uint64(maxFileBytes / rowBytes(engine.MaxEventBytes))
	f := func(events uint64, want uint32, reached ...uint64) {
		t.Helper()
		if got := perFile(events, reached); got != want {
			t.Errorf("%d events, %d: %d, want %d", events, reached, got, want)
		}
	}
	f(1, 1)
	f(7, 7)
	f(1_000_000, mostPer)
	all := []uint64{1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000}
	f(1000, uint32(largest), all...)
	f(50_000, uint32(largest), all...)
	f(100, 100, 100, 100, 100, 100, 100, 100, 100, 100)
	random := rand.New(rand.NewPCG(9, 9))
	for range 1000 {
		events := 1 + random.Uint64N(200_000)
		reached, left := []uint64{}, events
		for range random.IntN(len(engine.Sizes) + 1) {
			left = random.Uint64N(left + 1)
			reached = append(reached, left)
		}
		per := uint64(perFile(events, reached))
		bytes, taken := uint64(0), uint64(0) // of the largest so many
		for k := len(reached); k >= 0 && taken < per; k-- {
			below, so := engine.MaxEventBytes, events
			if k < len(engine.Sizes) {
				below = engine.Sizes[k].Bytes
			}
			if k > 0 {
				so = reached[k-1]
			}
			n := min(so, per) - taken
			bytes, taken = bytes+n*uint64(rowBytes(below)), taken+n
		}
		if per == 0 || per > events || bytes > maxFileBytes && per > 1 {
			t.Fatalf("%d events, %d: %d a file, which is up to %d bytes", events, reached, per, bytes)
		}
	}
}

// TestSealed: whatever arrives late, and whenever a client looks, every file that was ever listed stays what it was, also for a server that has
// nothing of it in memory; and the files that are listed have every event.
func TestSealed(t *testing.T) {
	r := newRoom(t, engine.Options{})
	token := r.token(t, "reader")
	random := rand.New(rand.NewPCG(3, 4))
	begin, n := testNow.Add(-5*time.Hour), 0
	type seen struct {
		body string
		size float64
	}
	known := map[string]seen{}
	for range 8 {
		for range 1 + random.IntN(20) {
			at := begin.Add(time.Duration(random.Int64N(int64(4 * time.Hour)))).Truncate(time.Minute) // some at the same time
			enginetest.Append(t, r.log, eventAt(fmt.Sprintf("e%d", n), at))
			n++
		}
		r.restart(Options{Log: r.log, Auth: r.auth, Now: r.now, Deadline: r.deadline})
		out := r.list(t, token)
		var now []string
		for _, f := range out.Files {
			body := r.download(t, token, f.ID)[0]
			if before, again := known[f.ID]; again && before != (seen{body, f.Size}) {
				t.Errorf("%s has changed", f.ID)
			}
			known[f.ID] = seen{body, f.Size}
			now = append(now, recordIDs(t, body)...)
		}
		slices.Sort(now)
		if len(slices.Compact(now)) != n {
			t.Errorf("%d of %d events are in files", len(slices.Compact(now)), n)
		}
		for id, before := range known {
			if body := r.download(t, token, id)[0]; body != before.body {
				t.Errorf("%s has changed", id)
			}
		}
	}
	if len(known) <= len(r.list(t, token).Files) {
		t.Errorf("only %d files were ever listed: nothing was late", len(known))
	}
}

// TestGone: a file that has more events than the log is not there.
func TestGone(t *testing.T) {
	r := newRoom(t, engine.Options{})
	at := testNow.Add(-2 * time.Hour)
	enginetest.Append(t, r.log, eventAt("e1", at))
	f := file{half: halfOf(at), events: 2, per: 2}
	if _, err := r.file(t.Context(), dbOne, policy{KeepDays: 1}, f.id(dbOne)); err == nil {
		t.Error("found")
	}
	if _, err := r.partSizes(t.Context(), dbOne, f); err == nil {
		t.Error("it has a size")
	}
}

// TestFileID: an ID is read back as what it was made of, and for its instance alone.
func TestFileID(t *testing.T) {
	for _, f := range []file{{0, 1, 1, 0}, {989_266, 500, 500, 0}, {989_266, 501, 500, 1}, {1 << 31, 1 << 30, mostPer, 3}} {
		id := f.id(dbOne)
		if got, ok := parseFile(dbOne, id); !ok || got != f {
			t.Errorf("%+v: %+v %v", f, got, ok)
		}
		for _, other := range []instance{{"acme", "db2"}, {"beta", "db1"}, {"acmedb1", ""}} {
			if _, ok := parseFile(other, id); ok {
				t.Errorf("%s is a file of %+v", id, other)
			}
		}
		for _, bad := range []string{strings.ToUpper(id[:40]) + id[40:] + "", id[2:], id + "00", "f" + id[1:], ""} {
			if got, ok := parseFile(dbOne, bad); ok && bad != id {
				t.Errorf("%s is %+v", bad, got)
			}
		}
	}
	for _, f := range []file{{1, 0, 1, 0}, {1, 1, 1, 1}, {1, 500, 500, 1}, {1, 1 << 41, 1, 0}, {1, 1, 0, 0}, {1, 1, mostPer + 1, 0}} {
		if _, ok := parseFile(dbOne, f.id(dbOne)); ok {
			t.Errorf("%+v is a file", f)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add(file{989_266, 3, 2, 1}.id(dbOne))
	f.Add("fa163ea0e2bet11e9d832166a2cf894c5br01")
	f.Fuzz(func(t *testing.T, id string) {
		if got, ok := parseFile(dbOne, id); ok && (got.id(dbOne) != id || int(got.part) >= got.parts()) {
			t.Errorf("%q: %+v", id, got)
		}
	})
}

func TestTimes(t *testing.T) {
	f := func(text string, want string) {
		t.Helper()
		p := parameters{{"t", text}}
		got, err := p.time("t")
		if (err == nil) != (want != "") || err == nil && got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	f("2019-11-06T09:00:00+0800", "2019-11-06T01:00:00Z")
	f("2019-11-06T09:00:00 0800", "2019-11-06T01:00:00Z")
	f("2019-11-06T09:00:00-0330", "2019-11-06T12:30:00Z")
	f("2019-11-06T09:00:00+08:00", "2019-11-06T01:00:00Z")
	f("2019-11-06T09:00:00Z", "2019-11-06T09:00:00Z")
	f("2019-11-06T09:00:00+2359", "2019-11-05T09:01:00Z")
	for _, bad := range []string{"", "2019-11-06", "2019-11-06T09:00:00", "2019-11-06T09:00:00.1Z", "2019-11-06T09:00:00,1Z", "2019-13-06T09:00:00Z", "2019-11-06 09:00:00+0800",
		"2019-11-06T09:00:00Z ", "now", "1573002000", "2019-11-06T09:00:00+2400", "2019-11-06T09:00:00-24:00", "2019-11-06T09:00:00+2360"} {
		f(bad, "")
	}
}

// FuzzRow: 12 columns come back as they went in, whatever events say.
func FuzzRow(f *testing.F) {
	f.Add("id", "a", "b", "=1", "x\r\ny", `"`, "\\.", []byte(`{"request_id":"r"}`))
	f.Add("", "", "", "", "", "", "", []byte(nil))
	f.Add("id", "a ", "b ", "", "", "", "", []byte(nil))
	f.Fuzz(func(t *testing.T, id, action, description, user, code, module, ip string, details []byte) {
		e := &engine.Event{ID: id, Action: action, Description: description, Operation: engine.OpCreate, Actor: engine.Actor{Name: user}, Module: module,
			Result: engine.Failure, Error: &engine.EventError{Code: code}, Source: engine.Source{IP: ip}, Details: details}
		var w rowWriter
		first := bytes.Clone(w.row(e))
		if second := w.row(e); !bytes.Equal(first, second) || first[len(first)-1] != '\n' {
			t.Fatalf("%q, then %q", first, second)
		}
		got, err := csv.NewReader(bytes.NewReader(first)).Read()
		if err != nil || len(got) != 12 {
			t.Fatalf("%q: %v", first, err)
		}
		unix := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") } // the reader makes them so
		sql := action + " " + description
		if description == "" {
			sql = action
		}
		for at, want := range map[int]string{0: id, 6: sql, 7: user, 10: ip, 11: module} {
			if got[at] != unix(want) {
				t.Errorf("column %d is %q, want %q", at, got[at], want)
			}
		}
	})
}

// TestPolicyWindow: what a policy lists of the half hours that are over.
func TestPolicyWindow(t *testing.T) {
	now := halfOf(testNow)
	day := half(48)
	f := func(p policy, wantFrom, wantTo half) {
		t.Helper()
		if from, to := p.within(-5, now+100, testNow); from != wantFrom || to != wantTo {
			t.Errorf("%+v: %d to %d, want %d to %d", p, from, to, wantFrom, wantTo)
		}
	}
	f(policy{KeepDays: maxKeepDays, Reserve: true}, 0, now-1)
	f(policy{KeepDays: 7, Changed: testNow}, now-7*day, now-1)
	f(policy{Reserve: true, Changed: testNow.Add(-24 * time.Hour)}, 0, now-day+1)
	f(policy{Changed: testNow}, 0, 0)
}

// TestTypeNames: all types are there, and nothing else is.
func TestTypeNames(t *testing.T) {
	var groups map[string]string
	if err := json.Unmarshal([]byte(allTypes), &groups); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, list := range groups {
		want = append(want, strings.Split(list, ",")...)
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(typeNames)); !slices.Equal(got, want) || len(got) != 34 {
		t.Errorf("%d types: %q", len(got), got)
	}
}

// TestManyInstances: more than are counted at once are all found.
func TestManyInstances(t *testing.T) {
	r := newRoom(t, engine.Options{})
	token := r.token(t, "reader")
	const projects = engine.MaxFacetValues + 7
	var events []*engine.Event
	for n := range projects {
		e := eventAt(fmt.Sprintf("e%d", n), testNow)
		e.Project = engine.Ref{ID: fmt.Sprintf("db%04d", n), Name: fmt.Sprintf("name*%d", n)}
		events = append(events, e)
	}
	enginetest.Append(t, r.log, events...)
	var out instancesReply
	w := r.get("/v3/acme/instances?offset=1000&limit=100", token)
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || out.Total != projects || len(out.Instances) != 7 || out.Instances[6].ID != fmt.Sprintf("db%04d", projects-1) {
		t.Errorf("%d %v %s", w.Code, err, w.Body)
	}
	w = r.get("/v3/acme/instances?name="+url.QueryEscape("name*7"), token)
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || out.Total != 1 || out.Instances[0].ID != "db0007" {
		t.Errorf("%d %v %s", w.Code, err, w.Body)
	}
}

// TestPanic: a panic is answered in the vendor's way, tells nothing of itself, and one that cuts the connection goes on.
func TestPanic(t *testing.T) {
	f := func(fail func(http.ResponseWriter, *http.Request, error), says string) {
		t.Helper()
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r = r.WithContext(reply.WithRequest(r.Context(), "r1", enginetest.Quiet))
		answer(func(http.ResponseWriter, *request) error { panic("inner matter") }, fail)(w, r)
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), says) || strings.Contains(w.Body.String(), "inner matter") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	f(fail, `{"error_code":"DBS.108000","error_msg":"Server failure."}`)
	f(failIAM, `{"error":{"code":500,"message":"Server failure.","title":"Internal Server Error"}}`)
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v", p)
		}
	}()
	_ = reply.Caught(func() error { panic(http.ErrAbortHandler) })
}

// TestOwnMistake: what the log finds wrong with our question, and what a client does not wait for, is not said to be the client's mistake.
func TestOwnMistake(t *testing.T) {
	f := func(err error, status int) {
		t.Helper()
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		fail(w, r.WithContext(reply.WithRequest(r.Context(), "r1", enginetest.Quiet)), err)
		if w.Code != status || !strings.Contains(w.Body.String(), `{"error_code":"DBS.108000","error_msg":"Server failure."}`) {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
	}
	f(&engine.FieldError{Field: "fields", Message: "project has too many values"}, 500)
	f(engine.ErrTooBroad, 500)
	f(engine.ErrDamaged, 500)
	f(engine.ErrDiskFull, 500)
	f(errGone, 500)
	f(engine.ErrClosed, 503)
	f(context.DeadlineExceeded, 503)
	f(context.Canceled, 499)
}

// TestRetained: what retention has left of a half hour is another file, whose size is its own; the one that was listed before is gone, and its link.
func TestRetained(t *testing.T) {
	var ago atomic.Int64 // of the log's clock: what is removed has to have arrived long ago
	ago.Store(int64(11 * time.Hour))
	r := newRoom(t, engine.Options{WindowEvents: 256, Retention: 10 * time.Hour, Now: func() time.Time { return testNow.Add(-time.Duration(ago.Load())) }})
	token := r.token(t, "reader")
	begin := halfOf(testNow.Add(-11 * time.Hour)).begin()
	var events []*engine.Event
	for n := range 300 { // a window, and a part of the next one, which has a newer event too
		events = append(events, eventAt(fmt.Sprintf("e%d", n), begin.Add(time.Duration(n)*time.Second)))
	}
	enginetest.Append(t, r.log, append(events, eventAt("new", testNow.Add(-2*time.Hour)))...)
	enginetest.Eventually(t, "the first window is sealed", func() bool { return r.log.Stats().Windows[0].State == "sealed" })
	before := r.list(t, token)
	link := r.links(t, token, before.Files[1].ID)[0]
	ago.Store(0) // not before: the log removes what is too old by itself as well
	if err := r.log.Retain(); err != nil {
		t.Fatal(err)
	}
	after := r.list(t, token)
	if after.Total != 2 || after.Files[0] != before.Files[0] || after.Files[1].ID == before.Files[1].ID {
		t.Fatalf("%+v, then %+v", before, after)
	}
	body := r.download(t, token, after.Files[1].ID)[0]
	if got := recordIDs(t, body); len(got) != 44 || got[0] != "e256" || after.Files[1].Size != float64(len(body))/1024 {
		t.Errorf("%v KB, %q", after.Files[1].Size, got)
	}
	if w := r.get(link, ""); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), codeNoResource) {
		t.Errorf("the link to what was: %d %s", w.Code, w.Body)
	}
}
