package httpapi

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority signs certificates for tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	made int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	der, key := a.sign(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, Subject: pkix.Name{CommonName: "test CA"}})
	a.key = key
	var err error
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) sign(c *x509.Certificate) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.made++
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(a.made), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	return der, key
}

// issue writes a certificate for the name and its key into dir; the files appear at once, as a renewal's do.
func (a *authority) issue(dir, name string, hosts ...string) (cert, key string) {
	a.t.Helper()
	c := &x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	der, private := a.sign(c)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	replace(a.t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	replace(a.t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	return cert, key
}

func (a *authority) file(dir string) string {
	name := filepath.Join(dir, "ca.crt")
	replace(a.t, name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
	return name
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func replace(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name+".new", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// logBuffer may be written by a server while a test reads it.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) count(text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.buf.String(), text)
}

// serveTLS serves the API with the files, through NewServer, and returns the base URL.
func serveTLS(t *testing.T, files TLSFiles) (url string, log *logBuffer) {
	t.Helper()
	log = new(logBuffer)
	config, err := LoadTLS(files, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer("", newServer(t, Options{}).api)
	server.TLSConfig = config
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return ServerURL(listener.Addr(), config), log
}

// visitTLS makes one request on a connection of its own.
func visitTLS(t *testing.T, url string, config *tls.Config) (*http.Response, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(r)
	if err == nil {
		resp.Body.Close()
	}
	return resp, err
}

func TestTLS(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	cert, key := ca.issue(dir, "first", "127.0.0.1")
	url, _ := serveTLS(t, TLSFiles{Cert: cert, Key: key})
	resp, err := visitTLS(t, url, &tls.Config{RootCAs: ca.pool()})
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.ProtoMajor != 2 || resp.TLS.Version != tls.VersionTLS13 || resp.Header.Get("Strict-Transport-Security") != "max-age=31536000" {
		t.Errorf("%d %s, TLS %x, %v", resp.StatusCode, resp.Proto, resp.TLS.Version, resp.Header)
	}
	if _, err := visitTLS(t, url, &tls.Config{RootCAs: ca.pool(), MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		t.Error("TLS 1.1 is served")
	}
	if _, err := visitTLS(t, url, nil); err == nil {
		t.Error("an unknown authority is trusted")
	}
	plain := newServer(t, Options{})
	if resp, _ := plain.do(t, plain.request(t, "GET", "/healthz", "")); resp.Header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS without TLS")
	}
}

// TestTLSReload: a renewed certificate is served from the next handshake on, a broken one never, and the log says so once.
func TestTLSReload(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	cert, key := ca.issue(dir, "first", "127.0.0.1")
	url, log := serveTLS(t, TLSFiles{Cert: cert, Key: key})
	name := func() string {
		t.Helper()
		resp, err := visitTLS(t, url, &tls.Config{RootCAs: ca.pool()})
		if err != nil {
			t.Fatal(err)
		}
		return resp.TLS.PeerCertificates[0].Subject.CommonName
	}
	if got := name(); got != "first" {
		t.Errorf("serves %q", got)
	}
	ca.issue(dir, "second", "127.0.0.1")
	if got := name(); got != "second" {
		t.Errorf("after a renewal: serves %q", got)
	}
	replace(t, cert, []byte("nonsense"))
	if a, b := name(), name(); a != "second" || b != "second" {
		t.Errorf("with a broken file: serves %q, %q", a, b)
	}
	if n := log.count("cannot be used"); n != 1 {
		t.Errorf("the log says %d times that the file is broken", n)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if got := name(); got != "second" {
		t.Errorf("without a key file: serves %q", got)
	}
	ca.issue(dir, "third", "127.0.0.1")
	if got := name(); got != "third" {
		t.Errorf("after the repair: serves %q", got)
	}
}

func TestTLSClientCertificate(t *testing.T) {
	ca, clients, strangers, dir := newAuthority(t), newAuthority(t), newAuthority(t), t.TempDir()
	cert, key := ca.issue(dir, "server", "127.0.0.1")
	url, _ := serveTLS(t, TLSFiles{Cert: cert, Key: key, ClientCA: clients.file(dir)})
	with := func(a *authority) error {
		config := &tls.Config{RootCAs: ca.pool()}
		if a != nil {
			pair, err := tls.LoadX509KeyPair(a.issue(t.TempDir(), "client"))
			if err != nil {
				t.Fatal(err)
			}
			// Whatever the server asks for: a stranger sends what it has.
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		_, err := visitTLS(t, url, config)
		return err
	}
	if err := with(clients); err != nil {
		t.Errorf("a known client: %v", err)
	}
	if with(nil) == nil || with(strangers) == nil {
		t.Error("an unknown client is served")
	}
	strangers.file(dir) // the authorities are files that change as well
	if err := with(strangers); err != nil || with(clients) == nil {
		t.Errorf("after a change of the authority: %v", err)
	}
}

func TestLoadTLSMistakes(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	cert, key := ca.issue(dir, "server", "127.0.0.1")
	_, otherKey := ca.issue(t.TempDir(), "other")
	f := func(files TLSFiles) {
		t.Helper()
		if _, err := LoadTLS(files, slog.Default()); err == nil {
			t.Errorf("%+v is taken", files)
		}
	}
	f(TLSFiles{Cert: cert, Key: otherKey})
	f(TLSFiles{Cert: cert, Key: cert})
	f(TLSFiles{Cert: cert, Key: key + "?"})
	f(TLSFiles{Cert: cert, Key: key, ClientCA: key})
	f(TLSFiles{Cert: cert, Key: key, ClientCA: dir})
}

func TestServerURL(t *testing.T) {
	ca := newAuthority(t)
	f := func(addr, want string, hosts ...string) {
		t.Helper()
		cert, key := ca.issue(t.TempDir(), "server", hosts...)
		config, err := LoadTLS(TLSFiles{Cert: cert, Key: key}, slog.Default())
		if err != nil {
			t.Fatal(err)
		}
		at, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := ServerURL(at, config); got != want {
			t.Errorf("%s for %v: %s, want %s", addr, hosts, got, want)
		}
	}
	f("127.0.0.1:8600", "https://127.0.0.1:8600", "127.0.0.1", "localhost")
	f("127.0.0.1:8600", "https://localhost:8600", "localhost")
	f("[::]:8600", "https://localhost:8600", "annals.example", "localhost")
	f("[::]:8600", "https://annals.example:8600", "annals.example")
	f("192.0.2.7:8600", "https://annals.example:8600", "annals.example", "localhost")
	f("192.0.2.7:8600", "https://192.0.2.7:8600")
	if got := ServerURL(&net.TCPAddr{IP: net.IPv4zero, Port: 8600}, nil); got != "http://0.0.0.0:8600" {
		t.Errorf("without TLS: %s", got)
	}
}
