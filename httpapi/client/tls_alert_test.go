package client

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"syscall"
	"testing"
)

// TestAlertOf: a write that failed does not hide that the server wants a certificate; where it has nothing to say, the failure stays.
func TestAlertOf(t *testing.T) {
	for _, lost := range []error{os.NewSyscallError("write", syscall.EPIPE), errors.New("http2: client conn could not be established")} {
		testAlertOf(t, lost)
	}
}

func testAlertOf(t *testing.T, lost error) {
	for _, wants := range []tls.ClientAuthType{tls.NoClientCert, tls.RequireAnyClientCert} {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.TLS = &tls.Config{ClientAuth: wants}
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		if wants == tls.NoClientCert {
			s.Config.ReadHeaderTimeout = 1 // closes the connection without a word
		}
		s.StartTLS()
		base, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		c := &connection{base: base, http: s.Client()}
		switch got := c.alertOf(t.Context(), lost); {
		case wants == tls.NoClientCert && got != lost:
			t.Errorf("a server that wants none: %v", got)
		case wants != tls.NoClientCert && tlsHint(got) == "":
			t.Errorf("a server that wants one: %v", got)
		}
		if other := errors.New("other"); c.alertOf(t.Context(), other) != other {
			t.Error("another failure is not its own")
		}
		s.Close()
		if got := c.alertOf(t.Context(), lost); got != lost {
			t.Errorf("a server that is gone: %v", got)
		}
	}
}
