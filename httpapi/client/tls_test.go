package client_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// testTLS: commands find a server with TLS by themselves, and say what is missing when they cannot trust it or it them.
func testTLS(t *testing.T, program string) {
	s := script{t: t, program: program, dir: t.TempDir()}
	writeCertificate(t, s.dir)
	s.serve("--tls-cert", "own.crt", "--tls-key", "own.key", "--tls-client-ca", "own.crt")
	s.run(`
annals stats
status 1
err address from annals-data/server.addr
err with --tls-ca or ANNALS_TLS_CA
annals stats --tls-ca own.crt
status 1
err wants a client certificate
annals stats --tls-ca own.crt --tls-client-cert own.crt
status 2
err go together
annals stats --tls-ca own.crt --tls-client-cert own.crt --tls-client-key own.key
out events
annals token show --tls-ca own.crt --tls-client-cert own.crt --tls-client-key own.key
out https://localhost:
out accepted yes
annals stats --tls-ca own.key
status 1
err holds no certificate`)
}

// testListen: nothing but loopback without TLS, unless that is what was said.
func testListen(t *testing.T, program string) {
	s := script{t: t, program: program, dir: t.TempDir()}
	writeCertificate(t, s.dir)
	s.run(`
annals serve --listen 0.0.0.0:0
status 2
err --insecure-listen
err --tls-cert
annals serve --tls-cert own.crt
status 2
err go together
annals serve --tls-client-ca own.crt
status 2
err needs --tls-cert
annals serve --tls-cert own.crt --tls-key own.crt
status 1
err load TLS certificate
annals serve --trusted-proxies proxy.example
status 2
err --trusted-proxies`)
	if _, err := os.Stat(filepath.Join(s.dir, "annals-data")); !os.IsNotExist(err) {
		t.Errorf("a server that may not listen has opened its log: %v", err)
	}
	s.serve("--listen", "0.0.0.0:0", "--insecure-listen")
	s.run("annals stats\nout events")
}

// writeCertificate writes own.crt and own.key: a certificate for localhost that is its own authority, and can be shown by clients too.
func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"own.crt": {Type: "CERTIFICATE", Bytes: der}, "own.key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
