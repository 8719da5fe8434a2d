package console

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"annals/engine"
)

func isChinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// TestSaid: parts of a message are in the translation, in its order; English stays as it is, and so does what nobody knows.
func TestSaid(t *testing.T) {
	for _, c := range []struct{ lang, message, want string }{
		{"zh", `user: needs a value here, without a space before it`, "user: 之后需要一个值，中间没有空格"},
		{"zh", `there is no field colour. Fields are a, b. Put quotes around text that has a colon`, "没有字段 colour。可用的字段有 a, b。含有冒号的文本请用引号括住"},
		{"zh", `"x" is 200 bytes, the limit is 128`, `"x" 有 200 字节，上限为 128`},
		{"zh", "more than 5 requests a second come with this token", "此 token 每秒的请求超过 5 个"},
		{"zh", "has 100%d, the limit is %s", "有 100%d 个，上限为 %s 个"},
		{"zh", "is missing", "不能为空"},
		{"zh", "something else", "something else"},
		{"en", "is missing", "is missing"},
		{"en", "has 100%d, the limit is 1", "has 100%d, the limit is 1"},
	} {
		if got := (page{Lang: c.lang, printer: printers[c.lang]}).Said(c.message); got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.lang, c.message, got, c.want)
		}
	}
}

// TestSaidOfQueries: every mistake in a query is said in Chinese on a Chinese page.
func TestSaidOfQueries(t *testing.T) {
	p := page{Lang: "zh", printer: printers["zh"]}
	for _, query := range []string{strings.Repeat("a", engine.MaxQueryBytes+1), "\xff", `"a`, `"a""b"`, "a(b)", `a"b"`, `"a"*`, "a*b", ")", "a OR", "()", "OR a", "-", "a -", "(a", strings.Repeat("(", 1000),
		strings.Repeat("a ", 300), `""`, "*", `details."a"`, "user:", "after:now,now", "time:never", "after:never", "result:maybe", "ip:10.0.0.0/99", "colour:red", "usr:amy", "details:x"} {
		_, err := engine.ParseQuery(query, time.Now(), time.UTC)
		mistake, ok := err.(*engine.QueryError)
		if !ok {
			t.Errorf("%.40q: %v", query, err)
		} else if got := p.Said(mistake.Message); !isChinese(got) {
			t.Errorf("%.40q: no Chinese for %q", query, mistake.Message)
		}
	}
}

// TestSaidOfForms: every message about a form's field that the sources have is said in Chinese.
func TestSaidOfForms(t *testing.T) {
	p := page{Lang: "zh", printer: printers["zh"]}
	calls := regexp.MustCompile(`(?:fieldError\(|FieldError\{)[^\n]*?, (?:Message: )?(?:fmt\.Sprintf\()?"((?:[^"\\]|\\.)+ (?:[^"\\]|\\.)+)"`)
	n := 0
	for _, name := range []string{"../auth/account.go", "../auth/account_store.go", "../auth/credential_manage.go", "../auth/manage.go", "../auth/own_account.go", "../auth/password.go",
		"../auth/setup.go", "../auth/signin.go", "../auth/totp.go", "saved_check.go", "tokens.go", "grants.go", "signin.go"} {
		text, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range calls.FindAllStringSubmatch(string(text), -1) {
			n++
			example := regexp.MustCompile(`%[a-z]`).ReplaceAllString(m[1], "26")
			if strings.HasSuffix(example, ": ") {
				example += "x"
			}
			example = strings.ReplaceAll(strings.ReplaceAll(example, "not 26 digits", "not 6 digits"), "app's 26 digits", "app's 6 digits")
			if got := p.Said(example); !isChinese(got) {
				t.Errorf("%s: no Chinese for %q", name, m[1])
			}
		}
	}
	if n < 35 {
		t.Errorf("only %d messages were found", n)
	}
}
