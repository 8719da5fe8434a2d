package auth

import (
	"strings"
	"testing"
)

func TestParseToken(t *testing.T) {
	id, secret := newToken()
	f := func(text, wantID string) {
		t.Helper()
		got, sec, ok := parseToken(text)
		if got != wantID || ok != (wantID != "") || ok == (sec == "") {
			t.Errorf("parseToken(%q) = %q, %q, %v", text, got, sec, ok)
		}
	}
	f(formatToken(id, secret), id)
	f(tokenPrefix+strings.Repeat("0123456789abcdef", 4), "0123456789abcdef") // as they were before
	f("", "")
	f(tokenPrefix, "")
	f(tokenPrefix+"_", "")
	f(formatToken(id, secret)+"0", "")
	f(formatToken(id, secret[1:]), "")
	f(formatToken(id[1:], secret+"0"), "")
	f(formatToken(strings.Repeat("A", 16), secret), "")
	f(" "+formatToken(id, secret), "")
}

// FuzzParseToken: what is taken for a token is written in one way only, and nothing else has an ID.
func FuzzParseToken(f *testing.F) {
	f.Add(formatToken(strings.Repeat("1", idDigits), strings.Repeat("2", secretDigits)))
	f.Add(tokenPrefix + strings.Repeat("a", oldDigits))
	f.Add("annals__")
	f.Fuzz(func(t *testing.T, text string) {
		id, secret, ok := parseToken(text)
		if !ok {
			if id != "" || secret != "" {
				t.Fatalf("%q is none, and has %q and %q", text, id, secret)
			}
			return
		}
		if text != formatToken(id, secret) && text != tokenPrefix+id+secret || len(id) != idDigits || !isHex(id+secret) || len(secret) < 48 {
			t.Fatalf("%q is read as %q and %q", text, id, secret)
		}
	})
}
