package console

import (
	"io/fs"
	"os"
	"regexp"
	"testing"

	"annals/httpapi/export"
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
		for _, m := range regexp.MustCompile(`c\.(?:page|settings|card)\(r, "([^"]+)"`).FindAllSubmatch(text, -1) {
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

// mistakes are what the server says of a form, as far as it always says it in the same words.
var mistakes = []string{
	"is missing",
	"is missing; it says what this is for",
	"has a control character or is not UTF-8",
	"choose a tenant",
	"is not a day such as 2027-01-31",
	"is not the same",
	"is not one that you read",
	"the name or the password is wrong, or the account cannot be signed in to",
	"the code is wrong, has been used or is too old",
	"is not the account's password",
	"is not the app's; is the clock of this server and of the app right?",
	"is not 6 digits",
	"is neither the app's 6 digits nor a recovery code",
	"is not known, was used, or is too old; ask for another link",
	"is not one: 26 letters and digits, as the link has them behind the #",
	"is the login, the name or the e-mail address",
	"the role does not reach this far",
	"this concerns every tenant, and the role is for some",
	"roles may only be given in the tenants that are managed",
	"a view is changed by its owner, or by who manages the tenant that shares it",
	"no such view",
	"no such token",
	"no such credential",
	"no such account",
	"this is about a person's own account, and a token has none",
	"a page of another site may not ask for this; programs send a token",
	"the account has a second factor; remove that one first",
	"the sign-in was not started in this browser, took longer than 10 minutes or has come back before: start it again",
	"what the sign-in provider sent could not be trusted; the administrator finds why in the log",
	"the sign-in provider cannot be reached or does not work as it should; try again in a while",
	"you are signed in at the provider, but that gives you no role here: ask the administrator of this server",
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
	return append(all, saidFormats, export.Texts(), []string{"active", "expired", "revoked"}, mistakes, labels, titles, names, []string{"Words", "Time", "success", "failure"},
		[]string{"create", "edit", "delete", "publish", "stop", "login", "logout", "read", "other"})
}
