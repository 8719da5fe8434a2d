package engine

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func tokensOf(text string) (tokens []string) {
	var a Analyzer
	a.Tokens(text, func(tok []byte) { tokens = append(tokens, string(tok)) })
	return tokens
}

func TestTokens(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		if got := tokensOf(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("")
	f(" .-/ !?")
	f("Time out", "time", "out")
	f("a.b_c@d/e-f:g\\h+i", "a", "b", "c", "d", "e", "f", "g", "h", "i", "a.b_c@d/e-f:g\\h+i")
	f("..a..", "a")
	f("(C++, a--b.)", "c", "a", "b", "a--b")
	f("ＡＰＩ．ｖ２", "api", "v2", "api.v2")
	f("Straße ÉTÉ naïve", "straße", "été", "naïve")
	f("e\u0301t", "e\u0301t")
	f("\u0301x", "x")
	f("٣٤ x²", "٣٤", "x²")
	f("550E8400-E29B-41D4-A716-446655440000", "550e8400-e29b-41d4-a716-446655440000")
	f("x/550e8400-e29b-41d4-a716-446655440000.y", "x", "550e8400-e29b-41d4-a716-446655440000", "y",
		"x/550e8400-e29b-41d4-a716-446655440000.y")
	f("550e8400-e29b-41d4-a716-4466554400001", "550e8400", "e29b", "41d4", "a716", "4466554400001", "550e8400-e29b-41d4-a716-4466554400001")
	f("用户登录", "用", "户", "用户", "登", "户登", "录", "登录")
	f("创建API服务", "创", "建", "创建", "api", "服", "务", "服务")
	f("中，文", "中", "文")
	f("サーバー", "サ", "ー", "サー", "バ", "ーバ", "ー", "バー")
	f("ｶﾞｰ", "ガ", "ー", "ガー")
	f("か\u3099", "が")
	f("葛\U000E0100城", "葛", "城", "葛城")
	f("한국 ไทย", "한", "국", "한국", "ไ", "ท", "ไท", "ย", "ทย")
	f("ok😀😀 ❤️ ©", "ok", "😀", "😀", "❤", "©")
	f("a\xffb\xe4\xb8", "a", "b")
	f("a\u200db", "a", "b")
	f(strings.Repeat("x", 200), strings.Repeat("x", 128))
	f(strings.Repeat("é", 70)+"x", strings.Repeat("é", 64))
	f("x"+strings.Repeat("é", 70), "x"+strings.Repeat("é", 63))
	f("a."+strings.Repeat("x", 200), "a", strings.Repeat("x", 128), "a."+strings.Repeat("x", 126))
}

func TestFoldValue(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := FoldValue(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	f("", "")
	f("api management", "api management")
	f("API Ｍanagement", "api management")
	f("İ\u212a", "ik")
	f("a\x1fb", "a b")
	f("a\xffb", "a\ufffdb")
	f(strings.Repeat("x", 300), strings.Repeat("x", 256))
	f("x"+strings.Repeat("中", 100), "x"+strings.Repeat("中", 85))
}

// TestFoldIdempotent: folding again changes nothing, so a value copied from an answer is found.
func TestFoldIdempotent(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if once := foldRune(r); foldRune(once) != once {
			t.Errorf("%U folds to %U, that to %U", r, once, foldRune(once))
		}
	}
}

// TestClassesAgainstOracle holds the class of every rune to the oracle's.
func TestClassesAgainstOracle(t *testing.T) {
	names := map[runeClass]string{classSpace: "space", classWord: "word", classMark: "mark", classConnector: "connector",
		classUnspaced: "char", classSymbol: "symbol", classSkip: "skip"}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r >= 0xd800 && r <= 0xdfff || r >= 0x20000 && r <= 0x3ffff && r%64 != 0 || r >= 0xf0000 {
			continue
		}
		if got, want := names[classOf(r)], oracleKind(r); got != want {
			t.Errorf("%U is %s, want %s", r, got, want)
		}
	}
}

func TestTokensAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20000 {
		checkTokens(t, randomText(r, 6))
	}
}

func FuzzTokens(f *testing.F) {
	for _, p := range pieces {
		f.Add(p + "." + p)
	}
	f.Fuzz(checkTokens)
}

// checkTokens holds the tokens of text to the oracle's, and to what the index relies on.
func checkTokens(t *testing.T, text string) {
	got, want := tokensOf(text), oracleTake(text).tokens
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%q: %q, want %q", text, got, want)
	}
	for _, tok := range got {
		if tok == "" || len(tok) > MaxToken || !utf8.ValidString(tok) {
			t.Fatalf("%q has the token %q of %d bytes", text, tok, len(tok))
		}
		if again := tokensOf(tok); len(tok) < MaxToken-utf8.UTFMax && !slices.Contains(again, tok) {
			t.Fatalf("%q has the token %q, whose tokens are %q", text, tok, again)
		}
	}
	if folded := FoldValue(text); FoldValue(folded) != folded || len(folded) > MaxTermValue || !utf8.ValidString(folded) {
		t.Fatalf("%q folds to %q", text, folded)
	}
}
