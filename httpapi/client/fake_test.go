package client_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/xuri/excelize/v2"

	"annals/engine"
	"annals/httpapi/client"
)

const fakeToken = "annals_fake"

// fakeServer answers as the native API is described: it keeps events in memory, once each, and finds by one word.
type fakeServer struct {
	*httptest.Server
	// before is asked about every request with its number, from 1; true means that it has answered.
	before func(n int, w http.ResponseWriter, r *http.Request) bool
	// after lets a request be worked on and then decides what becomes of the answer; true means that it is lost.
	after func(n int, r *http.Request) bool
	// unavailable says which events cannot be told about now.
	unavailable func(id string) bool

	mu       sync.Mutex
	requests int
	posted   int // events in all requests
	events   []*engine.Event
	byID     map[string]*engine.Event
	arrived  chan struct{} // closed and replaced when an event comes in
}

func newFake(t *testing.T) *fakeServer {
	f := &fakeServer{byID: map[string]*engine.Event{}, arrived: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/events", f.post)
	mux.HandleFunc("GET /api/v1/events", f.list)
	mux.HandleFunc("GET /api/v1/events/{id}", f.one)
	mux.HandleFunc("GET /api/v1/tail", f.tail)
	mux.HandleFunc("GET /api/v1/export", f.export)
	mux.HandleFunc("GET /api/v1/stats", f.stats)
	mux.HandleFunc("GET /api/v1/facets", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, `{"facets":{"result":[{"value":"success","count":3},{"value":"fail\u001b[2Jure","count":1}]},"total":4}`)
	})
	mux.HandleFunc("GET /api/v1/histogram", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, `{"buckets":[{"start":"2026-11-23T07:00:00Z","end":"2026-11-23T08:00:00Z","count":8,"failures":1},`+
			`{"start":"2026-11-23T08:00:00Z","end":"2026-11-23T09:00:00Z","count":0,"failures":0}],"total":8}`)
	})
	mux.HandleFunc("GET /api/v1/verify", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		fmt.Fprint(w, `{"done":1,"total":2}`+"\n"+`{"done":2,"total":2,"report":{"events":2,"windows":1,"tree_size":2,"root_hash":"abc=","problems":[],"took_ms":5}}`+"\n")
	})
	mux.HandleFunc("GET /api/v1/checkpoint", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Annals-Verifier-Key", "annals/test+1+key")
		fmt.Fprint(w, "annals/test\n2\nabc=\n\n— annals/test sig\n")
	})
	mux.HandleFunc("POST /api/v1/reindex", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, `{"indexed":2,"took_ms":12}`)
	})
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.guard(mux, w, r) }))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeServer) guard(next http.Handler, w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests++
	n := f.requests
	f.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+fakeToken {
		problem(w, 401, `"detail":"the token is not known"`)
		return
	}
	if f.before != nil && f.before(n, w, r) {
		return
	}
	if f.after == nil {
		next.ServeHTTP(w, r)
		return
	}
	kept := httptest.NewRecorder()
	next.ServeHTTP(kept, r)
	if f.after(n, r) {
		panic(http.ErrAbortHandler)
	}
	for k, v := range kept.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(kept.Code)
	_, _ = w.Write(kept.Body.Bytes())
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func problem(w http.ResponseWriter, status int, members string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"urn:annals:problem:x","title":"A problem","status":%d,"request_id":"r-1",%s}`, status, members)
}

// add puts an event in as the log would. The caller holds mu.
func (f *fakeServer) add(line []byte) (id, status, message string) {
	e, err := engine.DecodeEvent(line)
	if err == nil {
		err = e.Normalize(time.Now())
	}
	if err != nil {
		return "", "invalid", err.Error()
	}
	if f.unavailable != nil && f.unavailable(e.ID) {
		return e.ID, "unavailable", "id: cannot be told now"
	}
	if old := f.byID[e.Tenant+"/"+e.ID]; old != nil {
		again := *e
		again.Seq = old.Seq
		if !bytes.Equal(again.AppendJSON(nil), old.AppendJSON(nil)) {
			return e.ID, "conflict", "the ID is taken by an event with other content"
		}
		return e.ID, "duplicate", ""
	}
	e.Seq = uint64(len(f.events))
	f.events = append(f.events, e)
	f.byID[e.Tenant+"/"+e.ID] = e
	close(f.arrived)
	f.arrived = make(chan struct{})
	return e.ID, "created", ""
}

func (f *fakeServer) put(lines ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, line := range lines {
		if _, status, message := f.add([]byte(line)); status != "created" {
			panic(status + " " + message)
		}
	}
}

func (f *fakeServer) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.events)
}

func (f *fakeServer) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var items []string
	counts := map[string]int{}
	for line := range bytes.Lines(body) {
		id, status, message := f.add(bytes.TrimSpace(line))
		counts[status]++
		item := fmt.Sprintf(`{"id":%q,"status":%q}`, id, status)
		if message != "" {
			field, _, _ := strings.Cut(message, ":")
			quoted, _ := json.Marshal(message)
			item = fmt.Sprintf(`{"id":%q,"status":%q,"error":{"field":%q,"message":%s}}`, id, status, field, quoted)
		}
		items = append(items, item)
	}
	in, out := counts["created"]+counts["duplicate"], counts["invalid"]+counts["conflict"]+counts["unavailable"]
	f.posted += in + out
	status := 201
	switch {
	case in == 0 && counts["unavailable"] > 0:
		status = 503
	case in == 0:
		status = 422
	case out > 0:
		status = 207
	}
	answer(w, status, fmt.Sprintf(`{"created":%d,"duplicate":%d,"rejected":%d,"items":[%s]}`, counts["created"], counts["duplicate"], out, strings.Join(items, ",")))
}

// find returns the events that hold a word, newest first.
func (f *fakeServer) find(q string) []*engine.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []*engine.Event
	for _, e := range f.events {
		if strings.Contains(string(e.AppendJSON(nil)), q) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *engine.Event) int { return b.Time.Compare(a.Time) })
	return found
}

func (f *fakeServer) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	if at := strings.Index(q, "bad:"); at >= 0 {
		problem(w, 400, fmt.Sprintf(`"field":"q","column":%d,"detail":"there is no field bad"`, len([]rune(q[:at]))+1))
		return
	}
	found := f.find(q)
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	start, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	end, next := min(start+limit, len(found)), ""
	if end < len(found) {
		next = strconv.Itoa(end)
	}
	var lines []string
	for _, e := range found[start:end] {
		lines = append(lines, string(e.AppendJSON(nil)))
	}
	answer(w, 200, fmt.Sprintf(`{"events":[%s],"total":%d,"exact":true,"next":%q,"from":null,"to":null,"took_ms":0.25}`,
		strings.Join(lines, ","), len(found), next))
}

func (f *fakeServer) one(w http.ResponseWriter, r *http.Request) {
	for _, e := range f.find("") {
		if e.ID == r.PathValue("id") {
			answer(w, 200, string(e.AppendJSON(nil)))
			return
		}
	}
	problem(w, 404, `"detail":"no such event"`)
}

func (f *fakeServer) stats(w http.ResponseWriter, r *http.Request) {
	n := f.size()
	answer(w, 200, fmt.Sprintf(`{"version":"v0","events":%d,"size":%d,"indexed":%d,"bytes":%d,"free_bytes":5000000000,"windows":[`+
		`{"first":0,"end":%d,"min_time":"2026-11-23T07:00:00Z","max_time":"2026-11-23T08:00:00Z","state":"open","bytes":%d}],`+
		`"index":{"segments":1,"bytes":10,"merges":0,"rebuilds":0}}`, n, n, n, n*300, n, n*300))
}

// tail sends what it has from the wanted place on, waits for more, and breaks off when before says so.
func (f *fakeServer) tail(w http.ResponseWriter, r *http.Request) {
	next, _ := strconv.Atoi(r.URL.Query().Get("from"))
	q := r.URL.Query().Get("q")
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": connected\n\n")
	for {
		f.mu.Lock()
		events, arrived := f.events[min(next, len(f.events)):], f.arrived
		f.mu.Unlock()
		for _, e := range events {
			if next = int(e.Seq) + 1; strings.Contains(string(e.AppendJSON(nil)), q) {
				fmt.Fprintf(w, "id: %d\ndata: %s\n\n", e.Seq, e.AppendJSON(nil))
			} else {
				fmt.Fprintf(w, ": alive\nid: %d\n\n", e.Seq)
			}
		}
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-arrived:
		case <-r.Context().Done():
			return
		}
	}
}

func (f *fakeServer) export(w http.ResponseWriter, r *http.Request) {
	found := f.find(r.URL.Query().Get("q"))
	w.Header().Set("X-Total-Count", strconv.Itoa(len(found)))
	w.Header().Set("Trailer", "Annals-Export-Count")
	_ = http.NewResponseController(w).Flush()
	_, _ = w.Write(exportBody(r.URL.Query().Get("format"), found))
	w.Header().Set("Annals-Export-Count", strconv.Itoa(len(found)))
}

func exportBody(format string, events []*engine.Event) []byte {
	var b bytes.Buffer
	if inner, ok := strings.CutSuffix(format, ".zip"); ok {
		z := zip.NewWriter(&b)
		w, err := z.Create("annals." + inner)
		_, errWrite := w.Write(exportBody(inner, events))
		if err := errors.Join(err, errWrite, z.Close()); err != nil {
			panic(err)
		}
		return b.Bytes()
	}
	switch format {
	case "xlsx":
		writeWorkbook(&b, events)
	case "csv":
		b.WriteString("\ufefftime,id,description\r\n")
		for _, e := range events {
			fmt.Fprintf(&b, "%s,%s,\"%s\"\r\n", e.Time.Format(time.RFC3339Nano), e.ID, strings.ReplaceAll(e.Description, `"`, `""`))
		}
	case "json":
		for i, e := range events {
			b.WriteString(map[bool]string{true: "[\n", false: ",\n"}[i == 0])
			b.Write(e.AppendJSON(nil))
		}
		b.WriteString("\n]\n")
	default:
		for _, e := range events {
			b.Write(append(e.AppendJSON(nil), '\n'))
		}
	}
	return b.Bytes()
}

// writeWorkbook writes the events on two sheets, the first and the third.
func writeWorkbook(w io.Writer, events []*engine.Event) {
	book := excelize.NewFile()
	defer book.Close()
	sheets := []string{"Sheet1", "About", "Sheet3"}
	half := len(events) / 2
	for i, part := range [][]*engine.Event{events[:half], {{}, {}}, events[half:]} {
		_, err := book.NewSheet(sheets[i])
		rows, errRows := book.NewStreamWriter(sheets[i])
		errs := []error{err, errRows, rows.SetRow("A1", []any{"heading"})}
		for n, e := range part {
			errs = append(errs, rows.SetRow(fmt.Sprint("A", n+2), []any{e.ID, "a <row r=1> " + e.Description}))
		}
		if err := errors.Join(append(errs, rows.Flush())...); err != nil {
			panic(err)
		}
	}
	if err := book.Write(w); err != nil {
		panic(err)
	}
}

// result is what one command line did.
type result struct {
	status         int
	stdout, stderr string
}

// cli runs one command line against the fake, in a directory of its own, with the token in the environment.
type cli struct {
	t     *testing.T
	env   map[string]string
	width int
	stdin io.Reader
}

func newCLI(t *testing.T, server string) *cli {
	return &cli{t: t, env: map[string]string{"ANNALS_SERVER": server, "ANNALS_TOKEN": fakeToken, "ANNALS_DATA": t.TempDir(), "TZ": "UTC"}}
}

func (c *cli) run(args ...string) result {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var stdout, stderr lockedBuffer
	return c.runWith(ctx, &stdout, &stderr, args...)
}

func (c *cli) runWith(ctx context.Context, stdout, stderr *lockedBuffer, args ...string) result {
	env := &client.Env{Stdin: c.stdin, Stdout: stdout, Stderr: stderr,
		Getenv: func(name string) string { return c.env[name] }, Width: func(any) int { return c.width }}
	status := client.Main(ctx, env, client.Commands(), args)
	return result{status, stdout.String(), stderr.String()}
}

func (c *cli) file(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// event makes one native event.
func event(i int, members string) string {
	if members != "" {
		members = "," + members
	}
	return fmt.Sprintf(`{"id":"e%d","time":"2026-11-23T07:%02d:%02d.5Z","action":"order.create","actor":{"name":"amy"}%s}`, i, i/60%60, i%60, members)
}
