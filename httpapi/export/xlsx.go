package export

import (
	"archive/zip"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"annals/engine"
)

// What a sheet takes before the next one begins. Excel has 1,048,576 rows, the heading is one of them. Beyond 4 GiB a sheet's entry in the
// zip would have to announce itself as such before its size is known, and Excel insists on that. Tests change both.
var (
	sheetRows        = excelize.TotalRows
	sheetBytes int64 = 3 << 30
)

// xlsxEncoder writes a workbook straight through: rows go into the zip as they come. Excelize makes all of the workbook but these rows. Its own
// StreamWriter would keep them in a temporary file, 1.5 GB for a million events with every field, and give out nothing before the last: any reader
// could fill the disk that the log is on.
type xlsxEncoder struct {
	chunk // rows of the sheet under way; w is its entry in the zip
	o     Options
	cols  []column
	refs  []string // "A", "B", …

	archive archive
	book    *excelize.File
	styles  struct{ heading, second, milli int }
	about   string // name of the sheet that says where the file is from

	sheet  string // under way
	sheets int    // of events
	rows   int    // on this one, with the heading
	bytes  int64  // of its rows

	count uint64    // events
	cuts  uint64    // cells that were too long
	cut   []cutCell // the first of them
	err   error     // what went wrong at the beginning

	cell, digits []byte // scratch: a cell's text, the row's number
}

func newXLSX(w io.Writer, o Options) Encoder {
	x := &xlsxEncoder{chunk: newChunk(nil), o: o, cols: o.Columns.list(), archive: newArchive(w), book: excelize.NewFile()}
	for i := range x.cols {
		ref, _ := excelize.ColumnNumberToName(i + 1) // fails from 16,385 on
		x.refs = append(x.refs, ref)
	}
	x.err = x.begin()
	return x
}

func (x *xlsxEncoder) begin() error {
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&x.styles.heading, excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7EAEE"}}}},
		{&x.styles.second, excelize.Style{CustomNumFmt: new("yyyy-mm-dd hh:mm:ss")}},
		{&x.styles.milli, excelize.Style{CustomNumFmt: new("yyyy-mm-dd hh:mm:ss.000")}},
	} {
		id, err := x.book.NewStyle(&s.style)
		if err != nil {
			return fmt.Errorf("make style: %w", err)
		}
		*s.id = id
	}
	return x.beginSheet()
}

func (x *xlsxEncoder) Write(ev *engine.Event) error {
	if x.err != nil {
		return x.err
	}
	if x.rows == sheetRows || x.bytes >= sheetBytes {
		if err := x.endSheet(); err != nil {
			return err
		}
		if err := x.beginSheet(); err != nil {
			return err
		}
	}
	x.count++
	before := len(x.buf)
	x.row(ev)
	x.bytes += int64(len(x.buf) - before)
	return x.spill()
}

// Close writes the rest of the workbook.
func (x *xlsxEncoder) Close() error {
	if x.err != nil {
		return x.err
	}
	if err := x.endSheet(); err != nil {
		return err
	}
	if err := x.writeAbout(); err != nil {
		return fmt.Errorf("write sheet %s: %w", x.about, err)
	}
	properties := excelize.DocProperties{Creator: x.o.About.Server, Created: x.o.About.At.UTC().Format(time.RFC3339), Modified: x.o.About.At.UTC().Format(time.RFC3339)}
	if err := x.book.SetDocProps(&properties); err != nil {
		return fmt.Errorf("write properties: %w", err)
	}
	x.book.SetZipWriter(func(io.Writer) excelize.ZipWriter { return rest{x.archive, x.sheets} })
	if err := x.book.Write(io.Discard); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return x.archive.Close()
}

// beginSheet begins the next sheet of events. The sheet that the file is described on comes second, where it is found however many follow.
func (x *xlsxEncoder) beginSheet() error {
	x.sheets++
	x.sheet = x.o.title("Events")
	var err error
	if x.sheets == 1 {
		x.about = x.o.title("About")
		if err = x.book.SetSheetName("Sheet1", x.sheet); err == nil {
			_, err = x.book.NewSheet(x.about)
		}
	} else {
		x.sheet += " " + strconv.Itoa(x.sheets)
		_, err = x.book.NewSheet(x.sheet)
	}
	if err != nil {
		return fmt.Errorf("begin sheet %s: %w", x.sheet, err)
	}
	if x.chunk.w, err = x.archive.CreateHeader(&zip.FileHeader{Name: sheetPath(x.sheets), Method: zip.Deflate}); err != nil {
		return err
	}
	x.rows, x.bytes = 0, 0
	x.buf = append(x.buf, xmlHead...)
	for i, c := range x.cols {
		x.buf = fmt.Appendf(x.buf, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, c.width)
	}
	x.buf = append(x.buf, "</cols><sheetData>"...)
	x.headings()
	return nil
}

// endSheet ends it with the filter over all of its rows.
func (x *xlsxEncoder) endSheet() error {
	cells := "A1:" + x.refs[len(x.refs)-1] + strconv.Itoa(x.rows)
	x.buf = append(x.buf, `</sheetData><autoFilter ref="`+cells+`"/></worksheet>`...)
	if err := x.book.AutoFilter(x.sheet, cells, nil); err != nil { // names the range in the workbook, for programs that want it there
		return fmt.Errorf("end sheet %s: %w", x.sheet, err)
	}
	return x.flush()
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0">` +
	`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`

// sheetPath is the path in the zip that excelize gives a sheet of events: they are the first, and all from the third on.
func sheetPath(n int) string {
	if n > 1 {
		n++
	}
	return "xl/worksheets/sheet" + strconv.Itoa(n) + ".xml"
}

// rest takes the parts of a workbook that excelize makes, without the sheets that are in the zip already.
type rest struct {
	archive
	sheets int
}

// Create implements excelize.ZipWriter.
func (r rest) Create(name string) (io.Writer, error) {
	for n := range r.sheets {
		if name == sheetPath(n+1) {
			return io.Discard, nil
		}
	}
	return r.archive.Create(name)
}

// Close implements excelize.ZipWriter. Who made the archive closes it.
func (rest) Close() error { return nil }
