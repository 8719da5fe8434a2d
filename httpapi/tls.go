package httpapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// TLSFiles name what a server identifies itself with, as PEM. They are read again when they change.
type TLSFiles struct {
	Cert, Key string // certificate chain and private key
	ClientCA  string // who signs the clients' certificates, which every client then must have; "" asks for none
}

// LoadTLS returns the configuration of a server with the files: TLS 1.2 or later, otherwise as Go has it. At every handshake it looks
// whether a file has changed, which costs microseconds. Changed files that cannot be used are told to the log once, and
// the old ones go on serving: a mistake in a renewal must not take the server down.
func LoadTLS(files TLSFiles, logger *slog.Logger) (*tls.Config, error) {
	l := &tlsLoader{files: files, logger: logger}
	config, stamps, err := l.load()
	if err != nil {
		return nil, err
	}
	l.config, l.stamps = config, stamps
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return l.current(), nil },
	}, nil
}

type tlsLoader struct {
	files  TLSFiles
	logger *slog.Logger

	mu     sync.Mutex // guards what follows
	config *tls.Config
	stamps [3]stamp // of the files when they were last read, well or not
}

// stamp tells one state of a file from another. A renewal usually is another file in the same place, or behind the same link.
type stamp struct {
	info os.FileInfo // nil: there is none
}

func (s stamp) same(o stamp) bool {
	if s.info == nil || o.info == nil {
		return s.info == nil && o.info == nil
	}
	return os.SameFile(s.info, o.info) && s.info.ModTime().Equal(o.info.ModTime()) && s.info.Size() == o.info.Size()
}

func (l *tlsLoader) look() (now [3]stamp) {
	for i, name := range []string{l.files.Cert, l.files.Key, l.files.ClientCA} {
		if name != "" {
			now[i].info, _ = os.Stat(name)
		}
	}
	return now
}

// current returns the configuration of the files as they are, or as they last were when they could be used.
func (l *tlsLoader) current() *tls.Config {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.look()
	if now[0].same(l.stamps[0]) && now[1].same(l.stamps[1]) && now[2].same(l.stamps[2]) {
		return l.config
	}
	config, stamps, err := l.load()
	l.stamps = stamps
	if err != nil {
		l.logger.Error("the changed TLS files cannot be used, the old certificate stays", "error", err)
		return l.config
	}
	l.config = config
	l.logger.Info("TLS files read again", "expires", config.Certificates[0].Leaf.NotAfter)
	return config
}

// load reads the files. The stamps are from before, so that a change in between is seen the next time.
func (l *tlsLoader) load() (*tls.Config, [3]stamp, error) {
	stamps := l.look()
	pair, err := tls.LoadX509KeyPair(l.files.Cert, l.files.Key)
	if err != nil {
		return nil, stamps, fmt.Errorf("load TLS certificate: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{pair}}
	if l.files.ClientCA == "" {
		return config, stamps, nil
	}
	pem, err := os.ReadFile(l.files.ClientCA)
	if err != nil {
		return nil, stamps, fmt.Errorf("load TLS client CA: %w", err)
	}
	config.ClientCAs = x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, stamps, fmt.Errorf("load TLS client CA: %w", errors.New(l.files.ClientCA+" holds no certificate"))
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	return config, stamps, nil
}

// ServerURL returns the base URL under which clients on this machine reach a server that listens at addr. With TLS, the host is one that the
// certificate is for, where that can be.
func ServerURL(addr net.Addr, config *tls.Config) string {
	if config == nil {
		return "http://" + addr.String()
	}
	host, port, _ := net.SplitHostPort(addr.String())
	current, err := config.GetConfigForClient(nil)
	if err != nil {
		return "https://" + addr.String()
	}
	leaf := current.Certificates[0].Leaf
	candidates := append([]string{host, "localhost", "127.0.0.1", "::1"}, leaf.DNSNames...)
	if ip := net.ParseIP(host); ip != nil && !ip.IsLoopback() && !ip.IsUnspecified() { // then nothing listens on loopback
		candidates = append([]string{host}, leaf.DNSNames...)
	}
	for _, candidate := range candidates {
		if leaf.VerifyHostname(candidate) == nil {
			return "https://" + net.JoinHostPort(candidate, port)
		}
	}
	return "https://" + addr.String()
}

// hstsAge is how long a browser remembers to come with TLS only.
const hstsAge = 365 * 24 * time.Hour

// strictTransport tells browsers to come with TLS only. Over plain HTTP the header would mean nothing.
func strictTransport(h http.Header, r *http.Request) {
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", fmt.Sprintf("max-age=%d", int(hstsAge.Seconds())))
	}
}
