package client

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// DefaultServer is where a server listens when nothing says otherwise.
const DefaultServer = "http://127.0.0.1:8600"

// ServerFile and TokenFile are the names, in the data directory, of the files by which commands on the same machine find the
// server: a line with its base URL, and the token that the server made at its first start.
const (
	ServerFile = "server.addr"
	TokenFile  = "admin.token"
)

// connection says how to reach the server. Its flags are settings.
type connection struct {
	server, token, data    string
	tlsCA, tlsCert, tlsKey string

	base      *url.URL
	baseFrom  string // what named the server
	tokenFrom string // what gave the token; without a token, why there is none
	http      *http.Client
}

func (c *connection) register(f *Flags) {
	f.StringVar(&c.server, "server", "", "base `URL` of the server; else the address in the data directory, else "+DefaultServer)
	f.StringVar(&c.token, "token", "", "access `TOKEN`; else the one in the data directory")
	f.StringVar(&c.data, "data", "./annals-data", "the server's data `DIR`, when it is on this machine")
	f.StringVar(&c.tlsCA, "tls-ca", "", "trust the certificates that those in `FILE` have signed, instead of the system's")
	f.StringVar(&c.tlsCert, "tls-client-cert", "", "certificate `FILE` to show to a server that asks for one")
	f.StringVar(&c.tlsKey, "tls-client-key", "", "private key `FILE` of that certificate")
	f.Setting("server", "token", "data", "tls-ca", "tls-client-cert", "tls-client-key")
}

// resolve finds address and token. It reads files but makes no request.
func (c *connection) resolve(f *Flags) error {
	local := readLine(filepath.Join(c.data, ServerFile))
	address, from := c.server, f.Source("server")
	if address == "" {
		address, from = local, filepath.Join(c.data, ServerFile)
	}
	if address == "" {
		address, from = DefaultServer, "the default"
	}
	base, err := baseURL(address)
	if err != nil {
		return usagef("server address %q from %s: %v", address, from, err)
	}
	c.base, c.baseFrom = base, from
	if localURL, err := baseURL(local); c.token == "" {
		c.findToken(loopback(base) || err == nil && local != "" && localURL.Host == base.Host)
	} else {
		c.tokenFrom = f.Source("token")
	}
	trust, err := c.tls()
	if err != nil {
		return err
	}
	c.http = newHTTPClient(base, trust)
	return nil
}

// findToken takes the token from the data directory, but only for a server on this machine: it opens everything, and must
// not be shown to whatever answers at another address.
func (c *connection) findToken(sameMachine bool) {
	path := filepath.Join(c.data, TokenFile)
	if !sameMachine {
		c.tokenFrom = fmt.Sprintf("none was given, and %s is only used for a server on this machine", path)
		return
	}
	data, err := os.ReadFile(path)
	switch token, _, _ := strings.Cut(strings.TrimSpace(string(data)), "\n"); {
	case err != nil:
		c.tokenFrom = "none was given, and none was found: " + err.Error()
	case token == "":
		c.tokenFrom = fmt.Sprintf("none was given, and %s is empty", path)
	default:
		c.token, c.tokenFrom = strings.TrimSpace(token), path
	}
}

func readLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(data)), "\n")
	return strings.TrimSpace(line)
}

// baseURL reads "http://host:port", with or without the scheme and with or without a path before /api/v1.
func baseURL(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(strings.TrimRight(s, "/"))
	if err != nil {
		return nil, fmt.Errorf("is not a URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("want http://HOST:PORT or https://HOST:PORT")
	}
	return u, nil
}

func loopback(u *url.URL) bool {
	if u.Hostname() == "localhost" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}

// newHTTPClient has no overall deadline: tails and exports run as long as they run. A server on the same machine is spared compressing.
func newHTTPClient(base *url.URL, trust *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:     trust,
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 8,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  loopback(base),
		ForceAttemptHTTP2:   true,
	}}
}
