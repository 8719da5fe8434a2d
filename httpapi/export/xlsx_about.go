package export

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

// writeAbout fills the sheet that says what the file is: what was asked, when and by whom, and where the file has less than the log.
func (x *xlsxEncoder) writeAbout() error {
	a := &x.o.About
	rows := [][2]any{
		{"Query", cmp.Or(a.Query, x.o.title("everything"))},
		{"From", x.moment(a.From)},
		{"To, exclusive", x.moment(a.To)},
		{"Time zone", x.o.zone().String()},
		{"Order", x.o.title(a.Order)},
		{"Events that match", a.Total},
		{"Events in this file", x.count},
		{"Sheets of events", x.sheets},
		{"Exported at", x.moment(a.At)},
		{"Exported by", a.By},
		{"Server", a.Server},
		{"Checkpoint of the log", a.Checkpoint},
		{"Cells cut", x.cuts},
	}
	for _, c := range x.cut {
		rows = append(rows, [2]any{"Cut, whole in the log", c.event + ": " + c.column})
	}
	if unnamed := x.cuts - uint64(len(x.cut)); unnamed > 0 {
		rows = append(rows, [2]any{"Cut, whole in the log", fmt.Sprintf("… %d", unnamed)})
	}
	for i, r := range rows {
		row := strconv.Itoa(i + 1)
		r[0] = x.o.title(r[0].(string))
		if err := x.book.SetSheetRow(x.about, "A"+row, &[]any{r[0], r[1]}); err != nil {
			return err
		}
		if err := x.book.SetCellStyle(x.about, "A"+row, "A"+row, x.styles.heading); err != nil {
			return err
		}
	}
	if err := x.book.SetColWidth(x.about, "A", "A", 26); err != nil {
		return err
	}
	return x.book.SetColWidth(x.about, "B", "B", 80)
}

// moment is a time in full, which no date cell can show, in the file's zone.
func (x *xlsxEncoder) moment(t time.Time) string {
	if t.IsZero() {
		return x.o.title("none")
	}
	return t.In(x.o.zone()).Format(time.RFC3339Nano)
}
