package console

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed all:templates
var templateFiles embed.FS

// view is one page's template inside of the layout.
type view struct{ t *template.Template }

func (v *view) execute(w io.Writer, data any) error {
	if err := v.t.ExecuteTemplate(w, "layout", data); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	return nil
}

// parseViews reads all templates, so that a wrong one is found at the start. Files whose names begin with an underscore are parts that every
// page may use.
func parseViews(a assets) map[string]*view {
	base := template.Must(template.New("").Funcs(functions(a)).ParseFS(templateFiles, "templates/_*.html"))
	entries, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic(err)
	}
	views := map[string]*view{}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".html")
		if !ok || strings.HasPrefix(name, "_") {
			continue
		}
		t := template.Must(template.Must(base.Clone()).ParseFS(templateFiles, "templates/"+e.Name()))
		views[name] = &view{t}
	}
	return views
}

// functions are those that need nothing of the page.
func functions(a assets) template.FuncMap {
	return template.FuncMap{
		"asset":     a.path,
		"join":      strings.Join,
		"add":       func(a, b int) int { return a + b },
		"initials":  initials,
		"hue":       hue,
		"field":     field,
		"brief":     brief,
		"long":      long,
		"treeNode":  treeNode,
		"kindOf":    kindOf,
		"tailRowOf": tailRowOf,
	}
}
