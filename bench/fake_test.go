package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// plainServer answers the native API from a list of events, in the plain way of naive_test.go. Lie, when set, may
// change an answer to a path before it is sent.
type plainServer struct {
	lie func(path string, answer map[string]any)

	mu       sync.Mutex
	all      []plainEvent
	known    map[string]bool
	answered int
	answers  map[string][]plainEvent // asked before, until events come in
}

func newPlainServer(t *testing.T) (*plainServer, *server) {
	p := &plainServer{known: map[string]bool{}, answers: map[string][]plainEvent{}}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /api/v1/events", p.ingest)
	routes.HandleFunc("GET /api/v1/events", p.answer(p.events))
	routes.HandleFunc("GET /api/v1/histogram", p.answer(p.histogram))
	routes.HandleFunc("GET /api/v1/facets", p.answer(p.facets))
	routes.HandleFunc("GET /api/v1/stats", p.answer(func(*http.Request) map[string]any {
		return map[string]any{"size": len(p.all), "indexed": len(p.all)}
	}))
	routes.HandleFunc("GET /api/v1/export", p.export)
	routes.HandleFunc("GET /events", p.page)
	routes.HandleFunc("GET /exceptions", p.exceptions)
	routes.HandleFunc("POST /api/v1/credentials", p.credential)
	routes.HandleFunc("GET /metrics", p.metrics)
	routes.HandleFunc("POST /audit/search", p.answer(p.flashduty))
	routes.HandleFunc("POST /audit/operation/list", p.answer(p.flashdutyOperations))
	p.others(routes)
	s := httptest.NewServer(routes)
	t.Cleanup(s.Close)
	memory := watchMemory(1)
	t.Cleanup(memory.stop)
	return p, &server{base: s.URL, memory: memory}
}

func (p *plainServer) ingest(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	created, duplicate := 0, 0
	for _, e := range readEvents(body) {
		if p.known[e.ID] {
			duplicate++
			continue
		}
		p.known[e.ID] = true
		p.all = append(p.all, e)
		created++
	}
	clear(p.answers)
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"created":%d,"duplicate":%d,"rejected":0,"items":[]}`, created, duplicate)
}

func (p *plainServer) answer(of func(*http.Request) map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.answered++
		answer := of(r)
		if p.lie != nil {
			p.lie(r.URL.Path, answer)
		}
		w.Header().Set("Server-Timing", "engine;dur=0.125")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			panic(err)
		}
	}
}

// metrics says that all answers but every hundredth were quick.
func (p *plainServer) metrics(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const name = "annals_http_request_duration_seconds_bucket"
	fmt.Fprintf(w, "%s{route=\"/x\",le=\"0.01\"} %d\n%s{route=\"/x\",le=\"+Inf\"} %d\n", name, p.answered-p.answered/100, name, p.answered)
	fmt.Fprintf(w, "%s{route=\"/metrics\",le=\"+Inf\"} 1e+06\n", name)
}

// ask remembers answers, since the bench asks hundreds of times.
func (p *plainServer) ask(q string) []plainEvent {
	if found, ok := p.answers[q]; ok {
		return found
	}
	if len(q) == 16 && !strings.Contains(q, " ") { // a request ID, of which there are too many to look through all text
		for _, e := range p.all {
			if e.Details["request_id"] == q {
				return []plainEvent{e}
			}
		}
	}
	found := ask(p.all, q)
	p.answers[q] = found
	return found
}

func (p *plainServer) events(r *http.Request) map[string]any {
	params := r.URL.Query()
	found := p.ask(params.Get("q"))
	if params.Get("sort") == "user" {
		found = slices.Clone(found)
		sort.SliceStable(found, func(a, b int) bool { return found[a].Actor.Name < found[b].Actor.Name })
	}
	from, _ := strconv.Atoi(params.Get("cursor"))
	end, next := min(from+50, len(found)), ""
	if end < len(found) {
		next = strconv.Itoa(end)
	}
	return map[string]any{"events": found[from:end], "total": len(found), "exact": true, "next": next}
}

// page is the list's page in the console, as far as it is looked at.
func (p *plainServer) page(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.showTotal(w, r, len(p.ask(r.URL.Query().Get("q"))), "event")
}

// exceptions is the page of the exceptions.
func (p *plainServer) exceptions(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	failures := 0
	for _, e := range p.all {
		failures += oneIf(e.Result == "failure")
	}
	p.showTotal(w, r, failures, "failure")
}

func (p *plainServer) showTotal(w http.ResponseWriter, r *http.Request, total int, of string) {
	answer := map[string]any{"total": total}
	if p.lie != nil {
		p.lie(r.URL.Path, answer)
	}
	text := fmt.Sprintf("<strong>%s %ss</strong>", number(float64(answer["total"].(int))), of)
	if answer["total"] == 1 {
		text = "<strong>1 " + of + "</strong>"
	}
	zipped := gzip.NewWriter(w)
	defer zipped.Close()
	fmt.Fprint(zipped, text)
}

func (p *plainServer) credential(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, `{"id":"k","secret":"s","app_key":"ks","name":"bench"}`)
}

func (p *plainServer) flashduty(r *http.Request) map[string]any {
	var asked struct {
		Start_time, End_time int64
		Limit                int
		Is_write             *bool
		Person_id            json.Number
		Operations           []string
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.URL.Query().Get("app_key") != "ks" {
		panic(fmt.Sprint("asked wrongly: ", err))
	}
	docs, total := []map[string]any{}, 0
	for _, e := range p.ask("") {
		session := e.Operation == "login" || e.Operation == "logout"
		switch {
		case e.Time.Unix() < asked.Start_time, e.Time.Unix() >= asked.End_time:
		case asked.Is_write != nil && *asked.Is_write == session:
		case asked.Person_id != "" && asked.Person_id.String() != e.Actor.ID:
		case len(asked.Operations) > 0 && !slices.Contains(asked.Operations, e.Action):
		default:
			if total++; total <= asked.Limit {
				docs = append(docs, map[string]any{"request_id": e.ID})
			}
		}
	}
	return map[string]any{"data": map[string]any{"total": total, "docs": docs}}
}

func (p *plainServer) flashdutyOperations(*http.Request) map[string]any {
	seen, items := map[string]bool{}, []map[string]any{}
	for _, e := range p.all {
		if !seen[e.Action] {
			seen[e.Action] = true
			items = append(items, map[string]any{"name": e.Action})
		}
	}
	return map[string]any{"data": map[string]any{"items": items}}
}

func (p *plainServer) histogram(r *http.Request) map[string]any {
	params := r.URL.Query()
	from, errFrom := time.Parse(time.RFC3339, params.Get("from"))
	to, errTo := time.Parse(time.RFC3339, params.Get("to"))
	if errFrom != nil || errTo != nil {
		panic("no times")
	}
	buckets, total := make([]map[string]any, 60), 0
	counts := make([]bucketCount, 60)
	for _, e := range p.ask(params.Get("q")) {
		if e.Time.Before(from) || !e.Time.Before(to) {
			continue
		}
		b := &counts[e.Time.Sub(from)*60/to.Sub(from)]
		b.Count++
		b.Failures += oneIf(e.Result == "failure")
		total++
	}
	for k, b := range counts {
		buckets[k] = map[string]any{"start": from, "count": b.Count, "failures": b.Failures}
	}
	return map[string]any{"buckets": buckets, "total": total}
}

func (p *plainServer) facets(r *http.Request) map[string]any {
	found := p.ask(r.URL.Query().Get("q"))
	facets := map[string]any{}
	for column := range strings.SplitSeq(r.URL.Query().Get("fields"), ",") {
		facets[column] = plainFacet(found, plainColumns[column])
	}
	return map[string]any{"facets": facets, "total": len(found)}
}

func (p *plainServer) export(w http.ResponseWriter, r *http.Request) {
	from, err := time.Parse(time.RFC3339, r.URL.Query().Get("from"))
	if err != nil {
		panic(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.URL.Query().Get("format") {
	case "csv":
		fmt.Fprintln(w, "\ufeffid")
	case "xlsx":
		p.workbook(w)
		return
	}
	for _, e := range p.all {
		switch {
		case e.Time.Before(from):
		case r.URL.Query().Get("format") == "csv":
			fmt.Fprintln(w, e.ID)
		default:
			fmt.Fprintf(w, "{\"id\":%q}\n", e.ID)
		}
	}
}

func (p *plainServer) workbook(w io.Writer) {
	book := excelize.NewFile()
	defer book.Close()
	rows, err := book.NewStreamWriter("Sheet1")
	errs := []error{err, rows.SetRow("A1", []any{"Event ID"})}
	for i, e := range p.all {
		id := map[string]any{"id": e.ID}
		if p.lie != nil {
			p.lie("workbook", id)
		}
		errs = append(errs, rows.SetRow(fmt.Sprint("A", i+2), []any{id["id"]}))
	}
	if err := errors.Join(append(errs, rows.Flush(), book.Write(w))...); err != nil {
		panic(err)
	}
}

// runOn takes a run through the phases that do not stop the server.
func runOn(t *testing.T, s *server, names ...string) *run {
	t.Helper()
	r := &run{options: options{events: 1000, dir: t.TempDir(), seed: 1, runs: 3}, server: s, report: &report{}, notes: io.Discard}
	r.load = workload{Seed: r.seed, Events: r.events, Until: defaultUntil}
	for _, p := range phases {
		if !slices.Contains(names, p.name) {
			continue
		}
		if err := r.begin(p.ingests); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		if err := p.run(r, t.Context()); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
	}
	return r
}

var livingPhases = []string{"burst", "sustained", "single", "search", "histogram", "facets", "page", "console", "vendors", "export", "workbook"}

func TestRightAnswersPass(t *testing.T) {
	_, s := newPlainServer(t)
	r := runOn(t, s, livingPhases...)
	for _, wrong := range r.report.Wrong {
		t.Error(wrong)
	}
	if len(r.report.Rows) < 30 {
		t.Errorf("report has %d rows", len(r.report.Rows))
	}
}

func TestLostAndUnknownEventsAreNamed(t *testing.T) {
	_, s := newPlainServer(t)
	r := runOn(t, s, "burst", "sustained", "single")
	c := newClient(s.base, "", 1)
	look := func(from, to int, acked map[int]bool, want string) {
		t.Helper()
		r.report.Wrong = nil
		if err := r.findAcknowledged(t.Context(), c, from, to, acked); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.report.Wrong, "\n"); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("looking for %v among events %d to %d gave %q, want %q", acked, from, to, got, want)
		}
	}
	look(0, 1000, map[int]bool{0: true, 999: true}, "")
	look(0, 1001, map[int]bool{0: true, 1000: true}, "1 of 2 acknowledged events are lost")
	look(0, 999, map[int]bool{0: true}, "exported once too often")
}

func TestWrongAnswersAreNamed(t *testing.T) {
	lies := map[string]func(path string, answer map[string]any){
		"total": func(path string, answer map[string]any) {
			if total, ok := answer["total"].(int); ok {
				answer["total"] = total + 1
			}
		},
		"page": func(path string, answer map[string]any) {
			if events, ok := answer["events"].([]plainEvent); ok && len(events) > 1 {
				answer["events"] = append(slices.Clone(events[1:]), events[0])
			}
		},
		"histogram": func(path string, answer map[string]any) {
			if buckets, ok := answer["buckets"].([]map[string]any); ok {
				buckets[7]["failures"] = 99
			}
		},
		"/events?q=&range=all in the console": func(path string, answer map[string]any) {
			if path == "/events" {
				answer["total"] = answer["total"].(int) + 1
			}
		},
		"/exceptions?range=all in the console": func(path string, answer map[string]any) {
			if path == "/exceptions" {
				answer["total"] = answer["total"].(int) + 1
			}
		},
		"flashduty, newest page: total": func(path string, answer map[string]any) {
			if data, ok := answer["data"].(map[string]any); ok && path == "/audit/search" {
				data["total"] = data["total"].(int) + 1
			}
		},
		"flashduty, one operation: 0 events on the page": func(path string, answer map[string]any) {
			if data, ok := answer["data"].(map[string]any); ok && path == "/audit/search" {
				data["docs"] = []map[string]any{}
			}
		},
		"layer7, one user: total": func(path string, answer map[string]any) {
			if path == "/default/tenant-admin/1.0/audits" {
				answer["totalElements"] = answer["totalElements"].(int) + 1
			}
		},
		"enos, newest page: total": func(path string, answer map[string]any) {
			if path == "/app-portal-service/v2.2/log/query" {
				answer["data"] = map[string]any{}
			}
		},
		"huawei, files of one instance: total": func(path string, answer map[string]any) {
			if strings.HasSuffix(path, "/auditlog") {
				answer["total_record"] = answer["total_record"].(int) + 1
			}
		},
		"flashduty, list of operations": func(path string, answer map[string]any) {
			if data, ok := answer["data"].(map[string]any); ok && path == "/audit/operation/list" {
				data["items"] = []map[string]any{{}}
			}
		},
		"facet user": func(path string, answer map[string]any) {
			if facets, ok := answer["facets"].(map[string]any); ok {
				facets["user"] = facets["user"].([]facetCount)[1:]
			}
		},
		"workbook: row": func(path string, answer map[string]any) {
			if path == "workbook" {
				answer["id"] = "another"
			}
		},
	}
	for _, name := range slices.Sorted(maps.Keys(lies)) {
		p, s := newPlainServer(t)
		p.lie = func(path string, answer map[string]any) {
			if len(p.all) == 1000 {
				lies[name](path, answer)
			}
		}
		r := runOn(t, s, "burst", "sustained", "single", "search", "histogram", "facets", "console", "vendors", "workbook")
		if len(r.report.Wrong) == 0 || !strings.Contains(strings.Join(r.report.Wrong, "\n"), name) {
			t.Errorf("lie about %s: wrong answers are %q", name, r.report.Wrong)
		}
	}
}

func TestRefusedEventsEndTheRun(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusMultiStatus)
		fmt.Fprint(w, `{"created":999,"duplicate":0,"rejected":1,"items":[{"id":"x","status":"invalid"}]}`)
	}))
	defer s.Close()
	_, err := newClient(s.URL, "", 1).ship(t.Context(), shipment{load: small, to: 5000, perRequest: 1000, connections: 1})
	if err == nil || !strings.Contains(err.Error(), `1 events refused: [{"id":"x"`) {
		t.Errorf("a refused event gave %v", err)
	}
}
