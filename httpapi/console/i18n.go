package console

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// The catalogue's keys are the English texts, so English needs no entries but for plurals; the files of zh/ have all of them.
//
//go:embed zh
var chineseFiles embed.FS

// englishPlurals are the English texts that differ with their first argument.
var englishPlurals = map[string][2]string{ // one, other
	"%d events":                             {"%d event", "%d events"},
	"%d failures":                           {"%d failure", "%d failures"},
	"%d kinds of errors":                    {"%d kind of error", "%d kinds of errors"},
	"%d more resources are in the raw JSON": {"%d more resource is in the raw JSON", "%d more resources are in the raw JSON"},
}

// printers are by language as preferences name it.
var printers = func() map[string]*message.Printer {
	chinese, err := readChinese()
	if err != nil {
		panic(err)
	}
	b := catalog.NewBuilder(catalog.Fallback(language.English))
	for key, text := range chinese {
		if err := b.SetString(language.SimplifiedChinese, key, text); err != nil {
			panic(err)
		}
	}
	for key, forms := range englishPlurals {
		if err := b.Set(language.English, key, plural.Selectf(1, "%d", plural.One, forms[0], plural.Other, forms[1])); err != nil {
			panic(err)
		}
	}
	return map[string]*message.Printer{
		"en": message.NewPrinter(language.English, message.Catalog(b)),
		"zh": message.NewPrinter(language.SimplifiedChinese, message.Catalog(b)),
	}
}()

func readChinese() (map[string]string, error) {
	files, err := fs.Glob(chineseFiles, "zh/*.json")
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	all := map[string]string{}
	for _, name := range files {
		text, err := chineseFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		if err := json.Unmarshal(text, &all); err != nil { // adds to what is there
			return nil, fmt.Errorf("read catalogue %s: %w", name, err)
		}
	}
	return all, nil
}

// msg marks a text of the catalogue that is translated where it is shown.
func msg(text string) string { return text }
