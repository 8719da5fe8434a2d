package auth

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is said of a provider is all there and right, or the first mistake is named with its setting; without a word there is no provider.
func TestOIDCSettings(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := func() *OIDCSettings {
		return &OIDCSettings{PublicURL: "https://annals.example/", Issuer: "https://id.example", ClientID: "annals", Scopes: "openid groups",
			SecretFile: write("secret", " s3cret\n"), Mapping: write("map", "staff = reader@*\n")}
	}
	o, err := whole().Options()
	if err != nil || o.ClientSecret != "s3cret" || len(o.Scopes) != 2 || o.Mapping == nil || o.Issuer != "https://id.example" {
		t.Fatalf("%+v, %v", o, err)
	}
	for _, none := range []OIDCSettings{{}, {PublicURL: "https://annals.example", Scopes: "openid", Secret: NewSecret("x")}} {
		if o, err := none.Options(); o != nil || err != nil {
			t.Errorf("%+v, %v", o, err)
		}
	}
	f := func(field, says string, spoil func(*OIDCSettings)) {
		t.Helper()
		s := whole()
		spoil(s)
		o, err := s.Options()
		if wantField(t, err, field); o != nil || err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v, %v", o, err)
		}
	}
	f("oidc-issuer", "also needs --oidc-issuer, --public-url", func(s *OIDCSettings) { s.Issuer, s.PublicURL = "", "" })
	f("oidc-issuer", "also needs --oidc-client-secret-file or ANNALS", func(s *OIDCSettings) { s.SecretFile = "" })
	f("oidc-issuer", "plain http", func(s *OIDCSettings) { s.Issuer = "http://id.example" })
	f("public-url", "more than scheme and host", func(s *OIDCSettings) { s.PublicURL = "https://annals.example/log" })
	f("public-url", "is not https://HOST", func(s *OIDCSettings) { *s = OIDCSettings{PublicURL: "annals.example"} })
	f("oidc-client-secret-file", "is empty", func(s *OIDCSettings) { s.SecretFile = write("empty", " \n") })
	f("oidc-map", "line 1", func(s *OIDCSettings) { s.Mapping = write("bad", "staff\n") })
	for _, spoil := range []func(*OIDCSettings){func(s *OIDCSettings) { s.SecretFile += "x" }, func(s *OIDCSettings) { s.Mapping += "x" }} {
		s := whole()
		spoil(s)
		if _, err := s.Options(); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
	}
}
