package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// tls says whom to trust and what to show; nil is Go's own way.
func (c *connection) tls() (*tls.Config, error) {
	if c.tlsCA == "" && c.tlsCert == "" && c.tlsKey == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.tlsCA != "" {
		pem, err := os.ReadFile(c.tlsCA)
		if err != nil {
			return nil, fmt.Errorf("read --tls-ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read --tls-ca: %s holds no certificate", c.tlsCA)
		}
	}
	if c.tlsCert == "" && c.tlsKey == "" {
		return config, nil
	}
	if c.tlsCert == "" || c.tlsKey == "" {
		return nil, usagef("--tls-client-cert and --tls-client-key go together")
	}
	pair, err := tls.LoadX509KeyPair(c.tlsCert, c.tlsKey)
	if err != nil {
		return nil, fmt.Errorf("read --tls-client-cert: %w", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// alertOf returns what the server says of a connection that it has cut, or else err. In TLS 1.3 it refuses a client's certificate only when the
// client may be writing already, and a write that fails hides the reason: a connection that only reads is told.
func (c *connection) alertOf(ctx context.Context, err error) error {
	transport, ok := c.http.Transport.(*http.Transport)
	if !ok || c.base.Scheme != "https" || !cutOff(err) {
		return err
	}
	address := c.base.Host
	if c.base.Port() == "" {
		address = net.JoinHostPort(c.base.Hostname(), "443")
	}
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: alertPatience}, Config: transport.TLSClientConfig}
	conn, dialErr := dialer.DialContext(ctx, "tcp", address)
	if dialErr != nil {
		return err
	}
	defer conn.Close()
	if conn.SetReadDeadline(time.Now().Add(alertPatience)) != nil {
		return err
	}
	if _, readErr := conn.Read(make([]byte, 1)); readErr != nil && tlsHint(readErr) != "" {
		return readErr
	}
	return err
}

// cutOff reports whether the server has closed the connection while the client was using it, or before it could. Go has no type for HTTP/2's.
func cutOff(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || strings.Contains(err.Error(), "http2: client conn could not be established")
}

// alertPatience is how long a server is waited for that may have something to say.
const alertPatience = 2 * time.Second

// tlsHint says what to do about a server that does not show what it should, or wants to see something; "" is another trouble.
func tlsHint(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "for a private certificate authority, name its certificate with --tls-ca or ANNALS_TLS_CA"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "name the server as its certificate does, with --server or ANNALS_SERVER"
	}
	// Go has no types for the two that follow.
	if text := err.Error(); strings.Contains(text, "remote error: tls: certificate required") || strings.Contains(text, "remote error: tls: bad certificate") ||
		strings.Contains(text, "remote error: tls: unknown certificate authority") {
		return "the server wants a client certificate that it knows: --tls-client-cert and --tls-client-key"
	}
	if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return "the server speaks plain HTTP: name it with http://"
	}
	return ""
}
