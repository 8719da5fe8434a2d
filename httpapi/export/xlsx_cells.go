package export

import (
	"math"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"annals/engine"
)

const (
	cellUnits = excelize.TotalCellChars // of text in a cell, counted as UTF-16
	cutMark   = " … [cut: a cell holds no more]"
	maxCut    = 100 // cut cells that are named
)

// cutCell is a cell whose text was too long. The log has the whole of it.
type cutCell struct{ event, column string }

func (x *xlsxEncoder) headings() {
	x.beginRow()
	for i := range x.cols {
		x.text(i, x.styles.heading, []byte(x.o.heading(&x.cols[i])))
	}
	x.endRow()
}

func (x *xlsxEncoder) row(ev *engine.Event) {
	x.beginRow()
	for i := range x.cols {
		c := &x.cols[i]
		if c.time != nil {
			x.time(i, c.time(ev))
			continue
		}
		x.cell = c.text(x.cell[:0], ev)
		switch c.kind {
		case number:
			x.beginCell(i, 0, "><v>")
			x.buf = append(append(x.buf, x.cell...), "</v></c>"...)
		case truth:
			x.beginCell(i, 0, ` t="b"><v>`)
			x.buf = append(append(x.buf, "01"[oneIf(x.cell[0] == 't')]), "</v></c>"...)
		case term:
			x.text(i, 0, x.o.term(x.cell))
		default:
			x.words(i, c, ev)
		}
	}
	x.endRow()
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (x *xlsxEncoder) beginRow() {
	x.rows++
	x.digits = strconv.AppendInt(x.digits[:0], int64(x.rows), 10)
	x.buf = append(append(append(x.buf, `<row r="`...), x.digits...), `">`...)
}

func (x *xlsxEncoder) endRow() { x.buf = append(x.buf, "</row>"...) }

// beginCell writes a cell's tag up to what tells its kind.
func (x *xlsxEncoder) beginCell(i, style int, kind string) {
	x.buf = append(append(append(x.buf, `<c r="`...), x.refs[i]...), x.digits...)
	x.buf = append(x.buf, '"')
	if style != 0 {
		x.buf = append(strconv.AppendInt(append(x.buf, ` s="`...), int64(style), 10), '"')
	}
	x.buf = append(x.buf, kind...)
}

const (
	dayMillis  = 24 * 60 * 60 * 1000
	dayOfEpoch = 25569 // 1970-01-01 as a spreadsheet counts days
)

// time writes a date cell. What it cannot show is cut off, as a spreadsheet would round it up.
func (x *xlsxEncoder) time(i int, t time.Time) {
	if t.IsZero() {
		return
	}
	_, offset := t.In(x.o.zone()).Zone()
	millis, style := t.UnixMilli(), x.styles.milli
	if x.o.Columns.people {
		millis, style = t.Unix()*1000, x.styles.second
	}
	x.beginCell(i, style, "><v>")
	x.buf = append(strconv.AppendFloat(x.buf, daysOf(millis+int64(offset)*1000), 'f', -1, 64), "</v></c>"...)
}

// daysOf counts in days, never less than there are: some readers cut where others round, and would see the second before.
func daysOf(millis int64) float64 {
	days := float64(millis)/dayMillis + dayOfEpoch
	if of := days - math.Floor(days); of*dayMillis < float64(millis%dayMillis) {
		return math.Nextafter(days, math.MaxFloat64)
	}
	return days
}

// words writes x.cell, text from outside, and notes it where it has to be cut.
func (x *xlsxEncoder) words(i int, c *column, ev *engine.Event) {
	if n := fit(x.cell); n < len(x.cell) {
		x.cell = append(x.cell[:n], cutMark...)
		if x.cuts++; len(x.cut) < maxCut {
			x.cut = append(x.cut, cutCell{ev.ID, x.o.title(c.title)})
		}
	}
	x.text(i, 0, x.cell)
}

// text writes a cell of text. Its kind says that it is text and nothing to be computed, however it begins.
func (x *xlsxEncoder) text(i, style int, s []byte) {
	if len(s) == 0 {
		return
	}
	if isSpace(s[0]) || isSpace(s[len(s)-1]) {
		x.beginCell(i, style, ` t="inlineStr"><is><t xml:space="preserve">`)
	} else {
		x.beginCell(i, style, ` t="inlineStr"><is><t>`)
	}
	x.buf = append(appendXML(x.buf, s), "</t></is></c>"...)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// fit returns how many bytes of s a cell takes: all, or so many that the mark of a cut has room as well.
func fit(s []byte) int {
	if len(s) <= cellUnits {
		return len(s) // no character has more units than bytes
	}
	units, cut := 0, 0
	for n := 0; n < len(s); {
		r, size := utf8.DecodeRune(s[n:])
		units += 1 + oneIf(r > 0xffff)
		n += size
		if units <= cellUnits-len(cutMark) {
			cut = n
		}
		if units > cellUnits {
			return cut
		}
	}
	return len(s)
}

// plain are the bytes that stand for themselves in a cell.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= ' ' && c < utf8.RuneSelf || c == '\t' || c == '\n'
	}
	for _, c := range []byte("<>&_") {
		t[c] = false
	}
	return t
}()

// appendXML writes text as a cell has it. What XML cannot hold becomes U+FFFD, and what would be read as an escape of a spreadsheet's own is
// escaped in its way.
func appendXML(dst, s []byte) []byte {
	start := 0
	for i := 0; i < len(s); {
		if plain[s[i]] {
			i++
			continue
		}
		size, instead := special(s[i:])
		if instead != "" {
			dst = append(append(dst, s[start:i]...), instead...)
			start = i + size
		}
		i += size
	}
	return append(dst, s[start:]...)
}

// escape is how a spreadsheet writes a character that XML cannot hold.
var escape = regexp.MustCompile(`^_x[0-9A-Fa-f]{4}_`)

// special returns the size of the character that s begins with, which is not plain, and what is written instead of it: "" for itself.
func special(s []byte) (size int, instead string) {
	switch s[0] {
	case '<':
		return 1, "&lt;"
	case '>':
		return 1, "&gt;"
	case '&':
		return 1, "&amp;"
	case '\r':
		return 1, "&#13;" // as itself it would be read as a line feed
	case '_':
		if escape.Match(s[:min(len(s), 7)]) {
			return 1, "_x005F_"
		}
		return 1, ""
	}
	r, size := utf8.DecodeRune(s)
	if r == utf8.RuneError && size == 1 || r < ' ' || r == 0xfffe || r == 0xffff {
		return size, string(utf8.RuneError)
	}
	return size, ""
}
