package auth

import (
	"errors"
	"strings"
	"testing"

	"annals/engine"
)

func TestCheckPassword(t *testing.T) {
	f := func(password, want string) {
		t.Helper()
		err := checkPassword("new", password, &accountRecord{Login: "amelia.earhart", Email: "amelia@example.com", Name: "Amelia Mary Earhart"})
		if want == "" && err == nil {
			return
		}
		if e, ok := errors.AsType[*engine.FieldError](err); !ok || e.Field != "new" || !strings.Contains(e.Message, want) {
			t.Errorf("%.30q: %v, want %s", password, err, want)
		}
	}
	f("correct horse", "")
	f("密码密码一二三四五六七八", "")
	f("élevé, é ou è", "")
	f("", "0 characters")
	f("elevenchars", "11 characters")
	f("cafe\u0301cafe\u0301", "8 characters") // e with an accent is one
	f(strings.Repeat("x", MaxPasswordBytes+1), "1025 bytes, the limit is 1024")
	f("aaaaaaaaaaaaaaaaaaa", "1 different")
	f("121212121212", "2 different")
	f("AMELIA.earhart", "is the login")
	f("Amelia@example.com", "e-mail")
	f("amelia mary earhart", "name")
	f("with\x00 a control", "control")
	f("not UTF-8 \xff\xff\xff", "none to type")
}

func TestHash(t *testing.T) {
	h := newHasher()
	h.setCost(cheap)
	check := func(password, hash string) bool {
		t.Helper()
		ok, old, err := h.check(t.Context(), password, hash)
		if err != nil || old {
			t.Fatal(old, err)
		}
		return ok
	}
	one, err := h.make(t.Context(), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := h.make(t.Context(), goodPassword)
	if one == two || !check(goodPassword, one) || !check(goodPassword, two) || check(goodPassword+" ", one) || check("", one) {
		t.Errorf("%s, %s", one, two)
	}
	if check("", "") || check(goodPassword, "") {
		t.Error("something is the password of no hash")
	}
	accent, _ := h.make(t.Context(), "cafe\u0301 au lait, s'il vous plai\u0302t")
	if !check("café au lait, s'il vous plaît", accent) {
		t.Error("another keyboard's accents are another password")
	}
	if _, _, err := h.check(t.Context(), goodPassword, "$argon2id$v=19$m=4194304,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"); err == nil {
		t.Error("a record may ask for 4 GiB")
	}
	if c, _, _, err := parseHash("$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"); err != nil || c != (argonCost{65536, 3, 4}) {
		t.Errorf("%+v, %v", c, err)
	}
}

// FuzzParseHash: what is taken for a hash is written in one way only, and costs no more than may be.
func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=8,t=1,p=0$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2i$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, text string) {
		c, salt, sum, err := parseHash(text)
		if err != nil {
			return
		}
		if formatHash(c, salt, sum) != text || c.memoryKiB > maxHashMemoryKiB || c.lanes == 0 || c.passes == 0 || c.passes > maxHashPasses {
			t.Errorf("%q is %+v", text, c)
		}
	})
}

// BenchmarkPassword is what one hash takes, and so one sign-in. See cost.
func BenchmarkPassword(b *testing.B) {
	h := newHasher()
	for b.Loop() {
		if _, err := h.make(b.Context(), goodPassword); err != nil {
			b.Fatal(err)
		}
	}
}
