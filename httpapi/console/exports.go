package console

import (
	"net/url"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/export"
)

// exportChoice is one kind of file that the list can be had as.
type exportChoice struct {
	Label string
	Links []exportLink
}

type exportLink struct{ Text, URL string }

// Exports are the files of exactly what the filter matches, on this page and on all others.
func (p *eventsPage) Exports() []exportChoice {
	values := url.Values{"q": {p.Query}, "tz": {p.Zone.String()}, "lang": {p.Lang}}
	for name, at := range map[string]time.Time{"from": p.From, "to": p.To} {
		if !at.IsZero() {
			values.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	if p.Filter.Sort == "time" {
		values.Set("sort", "time")
	}
	link := func(text, format, columns string) exportLink {
		v := url.Values{"format": {format}}
		if columns != "" {
			v.Set("columns", columns)
		}
		for name, list := range values {
			if list[0] != "" {
				v[name] = list
			}
		}
		return exportLink{text, "/api/v1/export?" + v.Encode()}
	}
	var all []exportChoice
	for _, format := range export.Formats {
		name, zipped := strings.CutSuffix(format.Name, ".zip")
		if zipped {
			continue
		}
		c := exportChoice{Label: exportLabels[name]}
		if format.Columns {
			c.Links = append(c.Links, link(msg("List"), name, "list"))
		}
		c.Links = append(c.Links, link(msg("All fields"), name, ""))
		if format.Columns {
			c.Links = append(c.Links, link(msg("List, zipped"), name+".zip", "list"))
		}
		c.Links = append(c.Links, link(msg("All fields, zipped"), name+".zip", ""))
		all = append(all, c)
	}
	return all
}

var exportLabels = map[string]string{"xlsx": msg("Excel workbook (.xlsx)"), "csv": msg("Table (.csv)"), "json": "JSON (.json)", "ndjson": msg("One JSON a line (.ndjson)")}

// ExportTitle translates what an exported file says to people; lang is as preferences name it, and nil is returned for any other.
func ExportTitle(lang string) func(english string) string {
	printer := printers[lang]
	if printer == nil {
		return nil
	}
	return func(english string) string { return printer.Sprintf(english) }
}

// queryText is the whole filter in the query language.
func queryText(where engine.Expr) string {
	if where == nil {
		return ""
	}
	return engine.FormatQuery(where)
}
