package httpapi

import (
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestClientAddress(t *testing.T) {
	trusted, err := ParseProxies("10.0.0.0/8, 127.0.0.1,::1, fd00::/8,::ffff:192.168.7.0/120")
	if err != nil {
		t.Fatal(err)
	}
	f := func(peer, forwarded, want string) {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		for line := range strings.SplitSeq(forwarded, "\n") {
			r.Header.Add("X-Forwarded-For", line)
		}
		if got := proxies(trusted).client(r).String(); got != want {
			t.Errorf("%s, %q: %s, want %s", peer, forwarded, got, want)
		}
	}
	f("203.0.113.9:1", "", "203.0.113.9")
	f("203.0.113.9:1", "198.51.100.1", "203.0.113.9") // nobody to believe
	f("10.0.0.1:1", "", "10.0.0.1")
	f("10.0.0.1:1", "198.51.100.1", "198.51.100.1")
	f("10.0.0.1:1", "6.6.6.6, 198.51.100.1", "198.51.100.1") // the left is the client's own claim
	f("10.0.0.1:1", "6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1")
	f("10.0.0.1:1", "6.6.6.6\n198.51.100.1", "198.51.100.1") // lines are one list
	f("10.0.0.1:1", "10.0.0.7, 10.0.0.8", "10.0.0.7")
	f("10.0.0.1:1", "unknown, 10.0.0.8", "10.0.0.8")
	f("10.0.0.1:1", "198.51.100.1, garbage", "10.0.0.1")
	f("10.0.0.1:1", "198.51.100.1:4711", "198.51.100.1")
	f("10.0.0.1:1", "[2001:db8::1]:4711", "2001:db8::1")
	f("10.0.0.1:1", "[2001:db8::1]", "2001:db8::1")
	f("[::ffff:10.0.0.1]:1", "198.51.100.1", "198.51.100.1")
	f("10.0.0.1:1", "::ffff:198.51.100.1", "198.51.100.1")
	f("192.168.7.3:1", "198.51.100.1", "198.51.100.1")
	f("[::1]:1", "2001:db8::1", "2001:db8::1")
	f("[fd00::5%eth0]:1", "2001:db8::1", "2001:db8::1")
	f("@", "198.51.100.1", "invalid IP")
}

func TestParseProxies(t *testing.T) {
	f := func(list string, want int) {
		t.Helper()
		got, err := ParseProxies(list)
		if len(got) != want || err != nil {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
	f("", 0)
	f(" , ", 0)
	f("10.0.0.0/8,::1", 2)
	for _, bad := range []string{"10.0.0.0/33", "proxy.example", "10.0.0.1-10.0.0.9", "all"} {
		if got, err := ParseProxies(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

// FuzzClientAddress: no header makes an untrusted peer somebody else.
func FuzzClientAddress(f *testing.F) {
	f.Add("1.2.3.4, [::1]:80,, x")
	trusted, _ := ParseProxies("10.0.0.0/8")
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["X-Forwarded-For"] = []string{header}
		r.RemoteAddr = "203.0.113.9:1"
		if got := proxies(trusted).client(r).String(); got != "203.0.113.9" {
			t.Errorf("%q makes it %s", header, got)
		}
		r.RemoteAddr = "10.0.0.1:1"
		r.Header["X-Forwarded-For"] = []string{header, "198.51.100.1"}
		if got := proxies(trusted).client(r).String(); got != "198.51.100.1" {
			t.Errorf("%q before the proxy's entry makes it %s", header, got)
		}
	})
}

// Whether a browser came over TLS is a proxy's word only when the proxy is trusted.
func TestSecure(t *testing.T) {
	trusted, err := ParseProxies("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	f := func(peer, proto string, overTLS, want bool) {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		if overTLS {
			r.TLS = new(tls.ConnectionState)
		}
		if proto != "" {
			r.Header.Set("X-Forwarded-Proto", proto)
		}
		if got := proxies(trusted).secure(r); got != want {
			t.Errorf("%s, %q, TLS %v: %v", peer, proto, overTLS, got)
		}
	}
	f("203.0.113.9:1", "", true, true)
	f("203.0.113.9:1", "http", true, true)
	f("203.0.113.9:1", "https", false, false)
	f("10.1.2.3:1", "https", false, true)
	f("10.1.2.3:1", "HTTPS", false, true)
	f("10.1.2.3:1", "https, http", false, false) // the peer's own word is the last one
	f("10.1.2.3:1", "http, https", false, true)
	f("10.1.2.3:1", "", false, false)
	f("10.1.2.3:1", "httpsx", false, false)
}
