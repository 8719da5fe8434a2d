package client

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

func TestVisible(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
	f("plain text", "plain text")
	f("多语言 привет 🚀 \u200b", `多语言 привет 🚀 \u200b`)
	f("\x1b[2J\x1b]0;title\x07", `\x1b[2J\x1b]0;title\x07`)
	f("a\r\nb\tc\x00", `a\r\nb\tc\x00`)
	f("\u009b31mred", `\u009b31mred`)
	f("user\u202egnp.exe", `user\u202egnp.exe`)
	f("\u2066x\u2069\u200e\u061c\ufeff\u2028", `\u2066x\u2069\u200e\u061c\ufeff\u2028`)
	f("bad \xff\xfe utf8 \xe4\xb8", `bad \xff\xfe utf8 \xe4\xb8`)
	f("kept \ufffd", "kept \ufffd")
	f("tag \U000e0041", `tag \U000e0041`)
	f("no\u00a0break\u3000wide", "no\u00a0break\u3000wide")
}

func TestFitCutsByColumns(t *testing.T) {
	f := func(in string, n int, want string) {
		t.Helper()
		got := fit(in, n)
		if got != want || textWidth(got) != n {
			t.Errorf("fit(%q, %d) = %q of %d columns, want %q", in, n, got, textWidth(got), want)
		}
	}
	f("abc", 5, "abc  ")
	f("abcdef", 4, "abc…")
	f("審計日誌", 8, "審計日誌")
	f("審計日誌", 7, "審計日…")
	f("審計日誌", 6, "審計… ")
	f("e\u0301e\u0301e\u0301", 2, "e\u0301…")
}

func TestUnderline(t *testing.T) {
	f := func(query string, column int, wantShown, wantCaret string) {
		t.Helper()
		if shown, caret := underline(query, column); shown != wantShown || caret != wantCaret {
			t.Errorf("underline(%q, %d) = %q, %q", query, column, shown, caret)
		}
	}
	f("amy bad:x", 5, "amy bad:x", "    ^")
	f("審計 bad:x", 4, "審計 bad:x", "     ^")
	f("\x1b bad:x", 3, `\x1b bad:x`, "     ^")
	f("(amy", 5, "(amy", "    ^")
}

// Whatever is in an event, nothing that a terminal acts on leaves, and JSON keeps its meaning.
func FuzzHostileText(f *testing.F) {
	for _, s := range []string{"", "\x1b[31m", "\u009b", "\U000e0001\u202e", "\xff\x80", "审\u2028", "\x7f", "\ud7ff\ue000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var piped bytes.Buffer
		w := &terminalWriter{w: &piped}
		for i := range len(s) {
			if _, err := w.Write([]byte{s[i]}); err != nil {
				t.Fatal(err)
			}
		}
		quoted, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(s, "\ufffd"))
		if err != nil {
			t.Fatal(err)
		}
		safe := harmless(quoted)
		for name, text := range map[string]string{"visible": visible(s), "fit": fit(visible(s), 7), "pipe": strings.ReplaceAll(piped.String(), "\n", ""),
			"json": string(safe)} {
			if i := strings.IndexFunc(text, hostile); i >= 0 || !utf8.ValidString(text) {
				t.Fatalf("%s of %q leaves %q", name, s, text)
			}
		}
		back, err := jsontext.AppendUnquote(nil, safe)
		if err != nil || string(back) != strings.ToValidUTF8(s, "\ufffd") {
			t.Fatalf("harmless changed %q to %q (%v)", s, back, err)
		}
	})
}
