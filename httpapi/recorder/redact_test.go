package recorder

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestSensitive(t *testing.T) {
	f := func(want bool, names ...string) {
		t.Helper()
		for _, name := range names {
			if Sensitive(name) != want {
				t.Errorf("Sensitive(%q) = %v", name, !want)
			}
		}
	}
	f(true, "password", "PASSWORD", "newPassword", "pass-word", "user[password]", "db.passwd", "pwd", "passphrase", "clientSecret", "client_secret",
		"access_token", "Authorization", "proxy-authorization", "Cookie", "Set-Cookie", "key", "KEY", "api_key", "apiKey", "APIKey", "X-Api-Key",
		"APIKEY", "sshKeys", "mykey", "private_key_pem", "credentials", "otp", "user_pin", "basicAuth", "jwt", "SAMLResponse", "client_assertion",
		"密码", "user密码", "signature", "pass")
	f(false, "", "name", "author", "keyboard", "keyword", "monkey", "spinner", "passenger", "compass", "cookbook", "key_id", "turkey", "description")
}

func TestRedactJSON(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got, ok := redactor{Sensitive}.json([]byte(in), 0)
		if !ok && want != "" || ok && string(got) != want {
			t.Errorf("%s\nbecame %s, %v\nwant   %s", in, got, ok, want)
		}
	}
	f(`{"name":"amy","password":"x","n":[1,2.50,-3e400,true,null]}`, `{"name":"amy","password":"[redacted]","n":[1,2.50,-3e400,true,null]}`)
	f(`{"a":{"b":[{"Api-Key":{"k":"x"}}]}}`, `{"a":{"b":[{"Api-Key":"[redacted]"}]}}`)
	f(`{"a":1,"a":2,"password":"x","password":"y"}`, `{"a":1,"a (2)":2,"password":"[redacted]","password (2)":"[redacted]"}`)
	f(`{"payload":"{\"token\":\"x\",\"n\":1}"}`, `{"payload":"{\"token\":\"[redacted]\",\"n\":1}"}`)
	f(`{"dsn":"postgres://amy:s3cret@db/x","hook":"https://h.test/x?a=1&token=s3cret"}`,
		`{"dsn":"postgres://amy:redacted@db/x","hook":"https://h.test/x?a=1\u0026token=redacted"}`)
	f(`{"text":"see https://h.test/?key=s3cret for more"}`, `{"text":"see https://h.test/?key=redacted for more"}`)
	f(` "x" `, `"x"`)
	f(strings.Repeat("[", 100)+strings.Repeat("]", 100), strings.Repeat("[", 16)+`"[nested too deep]"`+strings.Repeat("]", 16))
	for _, bad := range []string{"", "{", `{"a":}`, `{"a":1}{`, `nope`, `[1,]`, `{"password":`} {
		f(bad, "")
	}
}

func TestRedactPath(t *testing.T) {
	r := httptest.NewRequest("POST", "/reset/s3cret/now", nil)
	r.Pattern = "POST /reset/{token}/{when}"
	r.SetPathValue("token", "s3cret")
	r.SetPathValue("when", "now")
	if got := (redactor{Sensitive}).path(r.URL.Path, r); got != "/reset/[redacted]/now" {
		t.Errorf("path %s", got)
	}
}

// FuzzRedact: whatever surrounds it, the value of a sensitive name is never in the output, and the output is JSON that an event can have.
func FuzzRedact(f *testing.F) {
	for _, seed := range []string{`1`, `{"a":[{"token":1}]}`, `{"a":1,"a":2}`, `"\"{}\""`, `{"\ud800":"","\ufffd":1}`, `"a://b:c@d?e=%"`, `"[\"{\\\"pwd\\\":1}\"]"`} {
		f.Add(seed, "password")
		f.Add(seed, "x")
	}
	const secret = "S3CRET-6f1c"
	f.Fuzz(func(t *testing.T, value, name string) {
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		in := `{` + string(quoted) + `:` + value + `,"user_Pass-Word":"` + secret + `","deep":[{"API key":["` + secret + `"]}],` +
			`"text":"{\"token\":\"` + secret + `\"}"}`
		out, ok := redactor{Sensitive}.json([]byte(in), 0)
		if !ok {
			if json.Valid([]byte(in)) {
				t.Fatalf("valid JSON is not read: %s", in)
			}
			return
		}
		if strings.Contains(string(out), secret) && !strings.Contains(value, "S3CRET") {
			t.Fatalf("the secret is in %s", out)
		}
		compact := jsontext.Value(out).Clone()
		if err := compact.Compact(); err != nil {
			t.Fatalf("the output is not what an event takes: %v\n%s", err, out)
		}
		assertRedacted(t, out)
	})
}

// assertRedacted walks through the output: no sensitive name has a value.
func assertRedacted(t *testing.T, out []byte) {
	var v any
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, x := range v {
				if Sensitive(name) && x != redacted {
					t.Fatalf("%q has the value %v", name, x)
				}
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(v)
}
