package export

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/thedatashed/xlsxreader"
	"github.com/xuri/excelize/v2"

	"annals/engine"
)

// cells are a sheet's, by reference such as A1.
type cells map[string]xlsxreader.Cell

// readXLSX reads a workbook with a library that had no part in making it.
func readXLSX(t *testing.T, text string) (names []string, sheets map[string]cells) {
	t.Helper()
	book, err := xlsxreader.NewReader([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	sheets = map[string]cells{}
	for _, name := range book.Sheets {
		sheet := cells{}
		for row := range book.ReadRows(name) {
			if row.Error != nil {
				t.Fatalf("%s: row %d: %v", name, row.Index, row.Error)
			}
			for _, c := range row.Cells {
				c.Value = unescape(c.Value)
				sheet[c.Column+strconv.Itoa(c.Row)] = c
			}
		}
		sheets[name] = sheet
	}
	return book.Sheets, sheets
}

// unescape does what the reading library leaves to others: _x0041_ is an A.
func unescape(s string) string {
	return regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`).ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseUint(m[2:6], 16, 16)
		return string(rune(n))
	})
}

// column returns the cells under a heading, without it.
func (c cells) column(t *testing.T, heading string) []string {
	t.Helper()
	for ref, cell := range c {
		if cell.Value != heading || cell.Row != 1 {
			continue
		}
		var out []string
		for n := 2; ; n++ {
			below, ok := c[strings.TrimSuffix(ref, "1")+strconv.Itoa(n)]
			if !ok {
				return out
			}
			out = append(out, below.Value)
		}
	}
	t.Fatalf("there is no column %q", heading)
	return nil
}

func TestXLSXFields(t *testing.T) {
	_, sheets := readXLSX(t, encode(t, "xlsx", Options{}, testEvent(), &engine.Event{Action: "a"}))
	events := sheets["Events"]
	got := map[string]string{}
	for _, c := range events {
		if c.Row == 2 {
			got[events[c.Column+"1"].Value] = c.Value
		}
	}
	want := map[string]string{
		"Time (UTC)": "2026-11-23T07:00:00Z", "Event ID": "0198f6aa-7c1e-7000-8000-000000000001", "Tenant": "acme", "User": "amy",
		"Account ID": "u1", "E-mail": "amy@x.test", "User type": "member", "Event name": "API service.create", "Operation type": "create",
		"Result": "failure", "Error code": "409", "Error message": `name "orders" taken`, "Project": "shop", "Project ID": "p1", "Module": "API management",
		"Resources": "API orders (r1); API (r2)", "Resource content": `{"a":1}`, "Operation event": "API service{orders} creation", "Source IP": "10.0.0.9",
		"User agent": "Mozilla/5.0 (X11; Linux, x86_64)", "Channel": "console", "Write": "1", "Dangerous": "0",
		"Event details": `{"protocol":"https","version":"v1","request_id":"c89873d1f0a24b6e"}`, "Received (UTC)": "2026-11-23T07:00:01Z", "Sequence number": "41",
	}
	if !maps.Equal(got, want) {
		t.Errorf("have %v\nwant %v", got, want)
	}
	for ref, kind := range map[string]xlsxreader.CellType{"A2": "datetime", "B2": "string", "L2": "string", "W2": "boolean", "Z2": "datetime", "AA2": "numerical"} {
		if events[ref].Type != kind {
			t.Errorf("%s is of the type %s, want %s", ref, events[ref].Type, kind)
		}
	}
	if _, filled := events["A3"]; filled || events["I3"].Value != "a" {
		t.Errorf("an event with nothing but an action: %v", events)
	}
}

func TestXLSXList(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	_, sheets := readXLSX(t, encode(t, "xlsx", Options{Columns: List, Zone: shanghai}, testEvent()))
	var row []string
	for i, want := range []string{"Operation time (Asia/Shanghai)", "User", "Result", "Project", "Module", "Operation type", "Operation event", "Event name",
		"Event ID", "Source IP"} {
		column := string(rune('A' + i))
		if got := sheets["Events"][column+"1"].Value; got != want {
			t.Errorf("heading %s is %q, want %q", column, got, want)
		}
		row = append(row, sheets["Events"][column+"2"].Value)
	}
	if want := []string{"2026-11-23T15:00:00Z", "amy (u1)", "failure", "shop", "API management", "create", "API service{orders} creation", "API service.create",
		"0198f6aa-7c1e-7000-8000-000000000001", "10.0.0.9"}; !slices.Equal(row, want) {
		t.Errorf("have %q\nwant %q", row, want)
	}
}

// TestXLSXTimes holds date cells against the days that other programs count, read as they are.
func TestXLSXTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	f := func(at string, zone *time.Location, columns Columns, want float64, shown string) {
		t.Helper()
		when, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		book := openBook(t, encode(t, "xlsx", Options{Columns: columns, Zone: zone}, &engine.Event{Action: "a", Time: when}))
		raw, err := book.GetCellValue("Events", "A2", excelize.Options{RawCellValue: true})
		if got, _ := strconv.ParseFloat(raw, 64); err != nil || got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s is day %s (%v), want %v", at, raw, err, want)
		}
		if got, err := book.GetCellValue("Events", "A2"); err != nil || got != shown && shown != "" {
			t.Errorf("%s is shown as %q (%v), want %q", at, got, err, shown)
		}
	}
	f("1970-01-01T00:00:00Z", nil, List, 25569, "1970-01-01 00:00:00")
	f("2026-11-23T12:00:00Z", nil, List, 46349.5, "2026-11-23 12:00:00")
	f("2026-11-23T11:59:59.999999999Z", nil, List, 46349.5-1.0/86400, "2026-11-23 11:59:59")                   // not rounded up
	f("2026-11-23T11:59:59.999999999Z", nil, Fields, 46349.5-0.001/86400, "")                                  // nor here, though this library shows it so
	f("2026-03-29T00:59:59Z", berlin, List, 46110+(3600+59*60+59)/86400.0, "2026-03-29 01:59:59")              // the second before summer time
	f("2026-03-29T01:00:00Z", berlin, List, 46110+3*3600/86400.0, "2026-03-29 03:00:00")                       // and the first of it
	f("2026-11-23T23:30:00Z", time.FixedZone("+05:45", 20700), Fields, 46350.21875, "2026-11-24 05:15:00.000") // another day
}

// TestXLSXTimesAreReadBack: also by a reader that cuts.
func TestXLSXTimesAreReadBack(t *testing.T) {
	at := time.Date(2026, 11, 23, 0, 0, 1, 0, time.UTC)
	var events []*engine.Event
	for i := range 5000 {
		events = append(events, &engine.Event{Action: "a", Time: at.Add(time.Duration(i) * 7919 * time.Second)})
	}
	for _, columns := range []Columns{List, Fields} {
		_, sheets := readXLSX(t, encode(t, "xlsx", Options{Columns: columns}, events...))
		for i, e := range events {
			if got, want := sheets["Events"]["A"+strconv.Itoa(i+2)].Value, e.Time.Format(time.RFC3339); got != want {
				t.Fatalf("%s was read as %s", want, got)
			}
		}
	}
}

func openBook(t *testing.T, text string) *excelize.File {
	t.Helper()
	book, err := excelize.OpenReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	return book
}

// TestXLSXText: whatever an attacker writes into an event is text in the workbook, the same text.
func TestXLSXText(t *testing.T) {
	texts := []string{"=1+1", `=HYPERLINK("http://x.test","y")`, "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1+1", "007", "TRUE", "1e5", "2026-11-23", "#N/A",
		"<script>alert(1)</script>&amp;", "]]></t></is></c>", "two\nlines", "a\r\nb\rc", " led", "trailed ", " ", "\n", "\u202eevil\u202c", "\ufeffbom", "😀👩‍👩‍👧", "你好，世界",
		"_x000D_", "_x005F_", "_x005f_x000A_", "_x41_", "__x0041_", "_x0041", "_xGGGG_", strings.Repeat("a", cellUnits), strings.Repeat("😀", cellUnits/2)}
	replaced := map[string]string{"a\x00b\x0bc\x1f": "a\ufffdb\ufffdc\ufffd", "\ufffe\uffff": "\ufffd\ufffd", "\x7f\u0085": "\x7f\u0085", "cut\xff": "cut\ufffd"}
	var events []*engine.Event
	var want []string
	for _, text := range texts {
		events, want = append(events, &engine.Event{Action: text}), append(want, text)
	}
	for text, instead := range replaced {
		events, want = append(events, &engine.Event{Action: text}), append(want, instead)
	}
	file := encode(t, "xlsx", Options{}, events...)
	_, sheets := readXLSX(t, file)
	book := openBook(t, file)
	for i, text := range want {
		ref := "I" + strconv.Itoa(i+2)
		if got := sheets["Events"][ref]; got.Value != text || got.Type != xlsxreader.TypeString {
			t.Errorf("%q was read as %q, a %s", text, got.Value, got.Type)
		}
		if formula, err := book.GetCellFormula("Events", ref); err != nil || formula != "" {
			t.Errorf("%q is a formula: %q, %v", text, formula, err)
		}
	}
}

func FuzzXLSXText(f *testing.F) {
	f.Add("=a_x0041_\x00\xff<&>\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		var got struct {
			T string `xml:"t"`
		}
		if err := xml.Unmarshal(append(appendXML([]byte("<is><t>"), []byte(text)), "</t></is>"...), &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		want := strings.Map(func(r rune) rune { // a byte that is no UTF-8 comes as U+FFFD
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
				return '\ufffd'
			}
			return r
		}, text)
		if unescape(got.T) != want {
			t.Errorf("%q was read as %q, want %q", text, got.T, want)
		}
	})
}

func TestXLSXCut(t *testing.T) {
	long := `{"body":"` + strings.Repeat("x", 200_000) + `"}`
	events := []*engine.Event{{ID: "short", Action: "a"}, {ID: "long", Action: strings.Repeat("😀", 20_000), Details: []byte(long)}}
	for range maxCut {
		events = append(events, &engine.Event{ID: "more", Action: "a", Details: []byte(long)})
	}
	_, sheets := readXLSX(t, encode(t, "xlsx", Options{}, events...))
	for ref, whole := range map[string]string{"Y": long, "I": strings.Repeat("😀", 20_000)} {
		text, marked := strings.CutSuffix(sheets["Events"][ref+"3"].Value, cutMark)
		if units := len(utf16.Encode([]rune(text + cutMark))); !marked || !strings.HasPrefix(whole, text) || units > cellUnits || units < cellUnits-40 {
			t.Errorf("column %s: %d units, marked %v", ref, units, marked)
		}
	}
	about := fmt.Sprint(aboutOf(t, sheets))
	for _, want := range []string{"[Cells cut 102]", "[Cut, whole in the log long: Event name]", "[Cut, whole in the log long: Event details]", "[Cut, whole in the log … 2]"} {
		if !strings.Contains(about, want) {
			t.Errorf("About lacks %q: %s", want, about)
		}
	}
}

func aboutOf(t *testing.T, sheets map[string]cells) (rows [][2]string) {
	t.Helper()
	about := sheets["About"]
	for n := 1; ; n++ {
		label, ok := about["A"+strconv.Itoa(n)]
		if !ok {
			return rows
		}
		rows = append(rows, [2]string{label.Value, about["B"+strconv.Itoa(n)].Value})
	}
}

func TestXLSXAbout(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Zone: shanghai, About: About{Query: "=result:failure", From: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Order: "newest first", Total: 1,
		At: time.Date(2026, 11, 24, 1, 2, 3, 4000, time.UTC), By: "amy\x00 (user 1)", Server: "Annals v1", Checkpoint: "annals/x\n1\nroot=\n"}}
	file := encode(t, "xlsx", o, testEvent())
	if properties, err := openBook(t, file).GetDocProps(); err != nil || properties.Creator != "Annals v1" || properties.Created != "2026-11-24T01:02:03Z" {
		t.Errorf("properties: %+v, %v", properties, err)
	}
	names, sheets := readXLSX(t, file)
	if !slices.Equal(names, []string{"Events", "About"}) {
		t.Errorf("sheets: %q", names)
	}
	want := [][2]string{{"Query", "=result:failure"}, {"From", "2026-11-23T08:00:00+08:00"}, {"To, exclusive", "none"}, {"Time zone", "Asia/Shanghai"},
		{"Order", "newest first"}, {"Events that match", "1"}, {"Events in this file", "1"}, {"Sheets of events", "1"},
		{"Exported at", "2026-11-24T09:02:03.000004+08:00"}, {"Exported by", "amy\ufffd (user 1)"}, {"Server", "Annals v1"},
		{"Checkpoint of the log", "annals/x\n1\nroot=\n"}, {"Cells cut", "0"}}
	if got := aboutOf(t, sheets); !slices.Equal(got, want) {
		t.Errorf("have %q\nwant %q", got, want)
	}
	translated := Options{Title: func(english string) string { return "译" + english }}
	if names, _ := readXLSX(t, encode(t, "xlsx", translated)); !slices.Equal(names, []string{"译Events", "译About"}) {
		t.Errorf("translated sheets: %q", names)
	}
}

func TestXLSXGoesOnOnFurtherSheets(t *testing.T) {
	var events []*engine.Event
	var ids []string
	for i := range 10 {
		ids = append(ids, fmt.Sprint("id-", i))
		events = append(events, &engine.Event{ID: ids[i], Action: strings.Repeat("a", 1000)})
	}
	f := func(rows int, bytes int64, want ...int) {
		t.Helper()
		defer func(r int, b int64) { sheetRows, sheetBytes = r, b }(sheetRows, sheetBytes)
		sheetRows, sheetBytes = rows, bytes
		file := encode(t, "xlsx", Options{Columns: List}, events...)
		names, sheets := readXLSX(t, file)
		var have []int
		var all []string
		for _, name := range names {
			if name == "About" {
				continue
			}
			column := sheets[name].column(t, "Event ID")
			have, all = append(have, len(column)), append(all, column...)
			checkSheet(t, file, name, len(column))
		}
		if !slices.Equal(have, want) || names[1] != "About" || !slices.Equal(all, ids) {
			t.Errorf("sheets %q hold %v, want %v; %q", names, have, want, all)
		}
	}
	f(1000, 1<<30, 10)
	f(11, 1<<30, 10)
	f(10, 1<<30, 9, 1)
	f(4, 1<<30, 3, 3, 3, 1)
	f(1000, 4000, 4, 4, 2)
}

// checkSheet looks for the frozen heading and the filter.
func checkSheet(t *testing.T, file, name string, events int) {
	t.Helper()
	book := openBook(t, file)
	if panes, err := book.GetPanes(name); err != nil || !panes.Freeze || panes.YSplit != 1 || panes.TopLeftCell != "A2" {
		t.Errorf("%s: panes %+v, %v", name, panes, err)
	}
	if width, err := book.GetColWidth(name, "G"); err != nil || width != 48 {
		t.Errorf("%s: column G is %v wide, %v", name, width, err)
	}
	names := book.GetDefinedName()
	i := slices.IndexFunc(names, func(d excelize.DefinedName) bool { return d.Scope == name && d.Name == "_xlnm._FilterDatabase" })
	if want := fmt.Sprintf("'%s'!$A$1:$J$%d", name, events+1); i < 0 || names[i].RefersTo != want {
		t.Errorf("%s: filters are %+v, want %s", name, names, want)
	}
}

// TestXLSXParts: each part is XML, is there once, and the sheets of events have their filter in them.
func TestXLSXParts(t *testing.T) {
	defer func(r int) { sheetRows = r }(sheetRows)
	sheetRows = 2
	file := encode(t, "xlsx", Options{}, testEvent(), testEvent())
	z, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, part := range z.File {
		if seen[part.Name] {
			t.Errorf("%s is there twice", part.Name)
		}
		seen[part.Name] = true
		text := readEntry(t, part)
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", part.Name, err)
			}
		}
		if filtered := bytes.Contains(text, []byte(`<autoFilter ref="A1:AA2"`)); filtered != slices.Contains([]string{sheetPath(1), sheetPath(2)}, part.Name) {
			t.Errorf("%s has a filter: %v", part.Name, filtered)
		}
	}
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml", sheetPath(1), "xl/worksheets/sheet2.xml", sheetPath(2)} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

func readEntry(t *testing.T, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
