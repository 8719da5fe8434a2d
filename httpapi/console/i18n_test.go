package console

import (
	"io/fs"
	"os"
	"regexp"
	"testing"
)

// TestCatalogue: every text of the templates and of the code is in Chinese as well, and no translation is left over.
func TestCatalogue(t *testing.T) {
	chinese, err := readChinese()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]string{}
	calls := regexp.MustCompile(`(?:\.T|\bmsg\() ?\(?"((?:[^"\\]|\\.)*)"`)
	add := func(name string, text []byte) {
		for _, m := range calls.FindAllSubmatch(text, -1) {
			used[string(m[1])] = name
		}
	}
	templates, _ := fs.Glob(templateFiles, "templates/*.html")
	for _, name := range templates {
		text, err := templateFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		add(name, text)
		for _, m := range regexp.MustCompile(`\(field \$p "([^"]+)"`).FindAllSubmatch(text, -1) {
			used[string(m[1])] = name
		}
	}
	sources, _ := fs.Glob(os.DirFS("."), "*.go")
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		add(name, text)
		for _, m := range regexp.MustCompile(`c\.page\(r, "([^"]+)"`).FindAllSubmatch(text, -1) {
			used[string(m[1])] = name
		}
	}
	for _, texts := range variableTexts() {
		for _, text := range texts {
			used[text] = "variableTexts"
		}
	}
	for text, where := range used {
		if chinese[text] == "" {
			t.Errorf("%s: no Chinese for %q", where, text)
		}
	}
	for text := range chinese {
		if used[text] == "" {
			t.Errorf("nobody says %q", text)
		}
	}
}

// variableTexts are the texts that templates translate out of variables.
func variableTexts() (all [][]string) {
	var labels, titles, names []string
	for _, p := range periods {
		labels = append(labels, p.Label)
	}
	for _, c := range listColumns {
		titles = append(titles, c.Title)
	}
	for _, l := range fieldLabels {
		names = append(names, l)
	}
	return append(all, labels, titles, names, []string{"Words", "Time", "success", "failure"},
		[]string{"create", "edit", "delete", "publish", "stop", "login", "logout", "read", "other"})
}
