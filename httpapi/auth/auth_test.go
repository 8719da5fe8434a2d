package auth

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"annals/engine"
)

func TestOpenMakesTokenOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	_, made, err := Open(dir)
	if err != nil || !strings.HasPrefix(made, "annals_") || len(made) < 60 {
		t.Fatalf("first Open = %q, %v", made, err)
	}
	info, err := os.Stat(filepath.Join(dir, TokenFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("token file: %v, %v", info.Mode(), err)
	}
	if _, again, err := Open(dir); err != nil || again != "" {
		t.Errorf("second Open = %q, %v, want no token", again, err)
	}
	if read, err := ReadToken(dir); err != nil || read != made {
		t.Errorf("ReadToken = %q, %v, want %q", read, err, made)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOpenRefusesDamagedToken(t *testing.T) {
	f := func(content string) {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, TokenFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Open(dir); err == nil {
			t.Errorf("Open took a token file with %q", content)
		}
	}
	f("")
	f("\n")
	f("annals_")
	f("annals_0123")
	f(strings.Repeat("x", 100))
}

func TestRequire(t *testing.T) {
	a, token, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var got Caller
	inner := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = From(r.Context()) })
	f := func(need Role, header string, want int) *httptest.ResponseRecorder {
		t.Helper()
		got = Caller{}
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		a.Require(need, inner).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: status %d, want %d", header, w.Code, want)
		}
		return w
	}
	f(None, "", 200)
	f(None, "Bearer wrong", 200)
	f(Read, "Bearer "+token, 200)
	f(Manage, "bearer  "+token, 200)
	if got.Role != Admin || !got.Tenants.All {
		t.Errorf("caller = %+v", got)
	}
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer " + token[1:], "Bearer " + token + "0", "Basic " + token, token} {
		w := f(Read, header, 401)
		if w.Header().Get("WWW-Authenticate") == "" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%q: header %v", header, w.Header())
		}
		if body := w.Body.String(); strings.Contains(body, token[8:]) {
			t.Errorf("%q: the answer shows the token: %s", header, body)
		}
	}
}

func TestCallerTenants(t *testing.T) {
	all := Caller{Tenants: engine.Tenants{All: true}}
	acme := Caller{Tenants: engine.Tenants{Names: []string{"acme"}}}
	write := func(c Caller, tenant string, want bool) {
		t.Helper()
		if got := c.MayWrite(tenant); got != want {
			t.Errorf("%+v MayWrite(%q) = %v", c.Tenants, tenant, got)
		}
	}
	write(all, "acme", true)
	write(all, "", true)
	write(all, engine.ReservedTenant, false)
	write(acme, "acme", true)
	write(acme, "", false)
	write(acme, "other", false)
	write(Caller{}, "", false)

	if got := all.Sees("acme"); got.All || len(got.Names) != 1 || got.Names[0] != "acme" {
		t.Errorf("all, narrowed: %+v", got)
	}
	if got := acme.Sees("other"); got.All || len(got.Names) != 0 {
		t.Errorf("acme sees other: %+v", got)
	}
	if got := acme.Sees(""); len(got.Names) != 1 {
		t.Errorf("acme sees %+v", got)
	}
}
