package export

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

func testEvent() *engine.Event {
	write := true
	return &engine.Event{
		ID: "0198f6aa-7c1e-7000-8000-000000000001", Time: time.Date(2026, 11, 23, 7, 0, 0, 123456000, time.UTC), Tenant: "acme",
		Actor:  engine.Actor{ID: "u1", Name: "amy", Email: "amy@x.test", Type: "member"},
		Action: "API service.create", Operation: engine.OpCreate, Result: engine.Failure,
		Error:   &engine.EventError{Code: "409", Message: `name "orders" taken`},
		Project: engine.Ref{ID: "p1", Name: "shop"}, Module: "API management",
		Resources:   []engine.Resource{{Type: "API", ID: "r1", Name: "orders", Content: `{"a":1}`}, {Type: "API", ID: "r2"}},
		Description: "API service{orders} creation", Source: engine.Source{IP: "10.0.0.9", UserAgent: "Mozilla/5.0 (X11; Linux, x86_64)", Channel: "console"},
		Write: &write, Details: []byte(`{"protocol":"https","version":"v1","request_id":"c89873d1f0a24b6e"}`),
		Received: time.Date(2026, 11, 23, 7, 0, 1, 0, time.UTC), Seq: 41,
	}
}

func encode(t *testing.T, format string, o Options, events ...*engine.Event) string {
	t.Helper()
	f, ok := Lookup(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	var out bytes.Buffer
	enc := f.New(&out, o)
	for _, e := range events {
		if err := enc.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func readCSV(t *testing.T, text string) []map[string]string {
	t.Helper()
	body, ok := strings.CutPrefix(text, byteOrderMark)
	if !ok {
		t.Fatal("no byte order mark")
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, cell := range row {
			m[rows[0][i]] = cell
		}
		out = append(out, m)
	}
	return out
}

func TestCSV(t *testing.T) {
	rows := readCSV(t, encode(t, "csv", Options{}, testEvent(), &engine.Event{Action: "a"}))
	for column, want := range map[string]string{
		"time": "2026-11-23T07:00:00.123456Z", "id": "0198f6aa-7c1e-7000-8000-000000000001", "tenant": "acme", "user": "amy",
		"user_id": "u1", "email": "amy@x.test", "user_domain": "", "user_type": "member", "action": "API service.create",
		"operation": "create", "result": "failure", "error_code": "409", "error_message": `name "orders" taken`,
		"project": "shop", "project_id": "p1", "module": "API management", "resources": "API orders (r1); API (r2)",
		"resource_content": `{"a":1}`, "description": "API service{orders} creation", "ip": "10.0.0.9",
		"user_agent": "Mozilla/5.0 (X11; Linux, x86_64)", "channel": "console", "write": "true", "dangerous": "false",
		"details":  `{"protocol":"https","version":"v1","request_id":"c89873d1f0a24b6e"}`,
		"received": "2026-11-23T07:00:01Z", "seq": "41",
	} {
		if rows[0][column] != want {
			t.Errorf("%s = %q, want %q", column, rows[0][column], want)
		}
	}
	if len(rows[0]) != 27 || rows[1]["action"] != "a" || rows[1]["error_code"] != "" || rows[1]["time"] != "" {
		t.Errorf("rows: %v", rows)
	}
}

func TestCSVCells(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		rows := readCSV(t, encode(t, "csv", Options{}, &engine.Event{Action: in}))
		if got := rows[0]["action"]; got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	f("plain", "plain")
	f(`a"b""c`, `a"b""c`)
	f("two\nlines, a comma", "two\nlines, a comma")
	f(" led by a space", " led by a space")
	f("你好，世界", "你好，世界")
	f("=1+1", "'=1+1")
	f(`=HYPERLINK("http://x.test","y")`, `'=HYPERLINK("http://x.test","y")`)
	f("+1", "'+1")
	f("-1", "'-1")
	f("@SUM(1)", "'@SUM(1)")
	f("\t=1", "'\t=1")
	f("\r=1", "'\r=1")
	f("＝1+1", "'＝1+1")
	f("a=1", "a=1")
	f("\x00=1", "\ufffd=1")
	f("\xef", "\xef")
}

// TestCSVSeparators: a spreadsheet that takes semicolons and tabs for separators too sees the same cells, and none that begins like a formula.
func TestCSVSeparators(t *testing.T) {
	text := encode(t, "csv", Options{Columns: List}, &engine.Event{Action: "a;=1+1", Module: "b\t@SUM(1)", ID: "c"})
	if want := `,"b` + "\t" + `@SUM(1)",,,"a;=1+1",c,`; !strings.Contains(text, want) {
		t.Errorf("%q lacks %q", text, want)
	}
}

func TestCSVColumns(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	f := func(columns, want string) {
		t.Helper()
		c, err := ParseColumns(columns)
		if err != nil {
			t.Fatal(err)
		}
		if got := encode(t, "csv", Options{Columns: c, Zone: berlin}, testEvent()); got != byteOrderMark+want {
			t.Errorf("%s: %q, want %q", columns, got, want)
		}
	}
	f("seq", "seq\r\n41\r\n")
	f("received,user,time", "received,user,time\r\n2026-11-23T07:00:01Z,amy,2026-11-23T07:00:00.123456Z\r\n")
	f("list", "Operation time (Europe/Berlin),User,Result,Project,Module,Operation type,Operation event,Event name,Event ID,Source IP\r\n"+
		"2026-11-23 08:00:00,amy (u1),failure,shop,API management,create,API service{orders} creation,API service.create,0198f6aa-7c1e-7000-8000-000000000001,10.0.0.9\r\n")
}

// TestTerms: operations and results are translated in the list, for people, and nowhere else.
func TestTerms(t *testing.T) {
	o := Options{Title: func(english string) string {
		if english == "create" || english == "failure" {
			return "<" + english + ">"
		}
		return english
	}}
	strange := testEvent()
	strange.Operation, strange.Result = "failure", "%d"
	o.Columns = List
	if got := encode(t, "csv", o, testEvent(), strange); !strings.Contains(got, ",<failure>,shop,API management,<create>,") || !strings.Contains(got, ",%d,shop,API management,<failure>,") {
		t.Errorf("the list is %q", got)
	}
	z, err := zip.NewReader(strings.NewReader(encode(t, "xlsx", o, testEvent())), int64(len(encode(t, "xlsx", o, testEvent()))))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(readEntry(t, z.File[0])); !strings.Contains(got, "<t>&lt;failure&gt;</t>") || !strings.Contains(got, "<t>&lt;create&gt;</t>") {
		t.Errorf("the sheet is %s", got)
	}
	o.Columns = Fields
	if got := encode(t, "csv", o, testEvent()); !strings.Contains(got, ",create,failure,") {
		t.Errorf("all fields are %q", got)
	}
}

func TestListCells(t *testing.T) {
	f := func(e engine.Event, user, project, what string) {
		t.Helper()
		row, err := csv.NewReader(strings.NewReader(encode(t, "csv", Options{Columns: List}, &e))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got := row[1]; got[1] != user || got[3] != project || got[6] != what {
			t.Errorf("%+v: %q", e, got)
		}
	}
	f(engine.Event{}, "", "", "")
	f(engine.Event{Actor: engine.Actor{ID: "u1"}, Project: engine.Ref{ID: "p1"}}, "u1", "p1", "")
	f(engine.Event{Actor: engine.Actor{ID: "root", Name: "root"}, Project: engine.Ref{ID: "p1", Name: "shop"}}, "root", "shop", "")
	f(engine.Event{Actor: engine.Actor{Email: "amy@x.test", ID: "u1"}, Resources: []engine.Resource{{Type: "API", Name: "orders"}}}, "amy@x.test (u1)", "", "API orders")
}

func TestParseColumnsMistakes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := ParseColumns(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	f("nonsense", `columns: "nonsense" is not all, list or names out of time, id,`)
	f("id,", `"" is not`)
	f("id,list", `"list" is not`)
	f("id,seq,id", `"id" is named twice`)
}

// TestZips: a zip has the plain file in it, under its name, and does not open when its end is missing.
func TestZips(t *testing.T) {
	for _, f := range Formats {
		kind, ok := strings.CutSuffix(f.Name, ".zip")
		if !ok {
			continue
		}
		file := encode(t, f.Name, Options{Name: "annals-now." + f.Name}, testEvent(), testEvent())
		z, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
		if err != nil || len(z.File) != 1 || z.File[0].Name != "annals-now."+kind {
			t.Fatalf("%s: %v, %+v", f.Name, err, z)
		}
		if got, want := readEntry(t, z.File[0]), encode(t, kind, Options{}, testEvent(), testEvent()); string(got) != want {
			t.Errorf("%s: the file in it is not the plain one", f.Name)
		}
		for cut := range len(file) {
			z, err := zip.NewReader(strings.NewReader(file[:cut]), int64(cut))
			if err == nil && z.File[0].Name != sheetPath(1) { // what opens may be the workbook inside, when just that is whole
				t.Fatalf("%s: cut after %d of %d bytes it opens", f.Name, cut, len(file))
			}
		}
	}
}

func TestJSON(t *testing.T) {
	for n, want := range []int{0, 1, 2, 3} {
		events := make([]*engine.Event, n)
		for i := range events {
			events[i] = testEvent()
		}
		var got []engine.Event
		if err := json.Unmarshal([]byte(encode(t, "json", Options{}, events...)), &got); err != nil || len(got) != want {
			t.Errorf("%d events: read %d, %v", n, len(got), err)
		}
		lines := encode(t, "ndjson", Options{}, events...)
		if strings.Count(lines, "\n") != want {
			t.Errorf("%d events: ndjson %q", n, lines)
		}
	}
	back, err := engine.DecodeEvent([]byte(encode(t, "ndjson", Options{}, testEvent())))
	if err != nil || back.Action != testEvent().Action {
		t.Errorf("ndjson cannot be imported again: %v", err)
	}
}

// failing takes some bytes and then fails.
type failing struct{ left int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	f.left -= len(p)
	if f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestFailureIsSeen(t *testing.T) {
	for _, format := range Formats {
		enc := format.New(&failing{left: 3 * chunkBytes}, Options{})
		var err error
		for i := 0; i < 200_000 && err == nil; i++ {
			err = enc.Write(testEvent())
		}
		if !errors.Is(err, errFull) {
			t.Errorf("%s: writing on and on: %v", format.Name, err)
		}
		if err := format.New(&failing{}, Options{}).Close(); format.Name != "ndjson" && !errors.Is(err, errFull) {
			t.Errorf("%s: closing: %v", format.Name, err)
		}
	}
}

func BenchmarkEncoders(b *testing.B) {
	e := testEvent()
	for _, format := range Formats {
		b.Run(format.Name, func(b *testing.B) {
			enc := format.New(io.Discard, Options{})
			b.ReportAllocs()
			for b.Loop() {
				_ = enc.Write(e)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
