package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"annals/engine"
)

// ListenOptions say where a server listens.
type ListenOptions struct {
	Address  string
	TLS      TLSFiles // the zero value: without TLS
	Insecure bool     // without TLS listen on an address that is not loopback too
}

// Listen listens, and returns the configuration for TLS, or nil. Without TLS tokens and events would cross a network readable and changeable,
// which nobody gets by oversight. A mistake in the options is an *engine.FieldError that names the setting.
func Listen(o ListenOptions, logger *slog.Logger) (listener net.Listener, secure *tls.Config, err error) {
	switch {
	case (o.TLS.Cert == "") != (o.TLS.Key == ""):
		return nil, nil, &engine.FieldError{Field: "tls-key", Message: "it and --tls-cert go together"}
	case o.TLS.ClientCA != "" && o.TLS.Cert == "":
		return nil, nil, &engine.FieldError{Field: "tls-client-ca", Message: "needs --tls-cert and --tls-key"}
	case o.TLS.Cert != "":
		if secure, err = LoadTLS(o.TLS, logger); err != nil {
			return nil, nil, err
		}
	}
	if listener, err = net.Listen("tcp", o.Address); err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	at := listener.Addr().(*net.TCPAddr)
	switch {
	case secure != nil || at.IP.IsLoopback():
		return listener, secure, nil
	case !o.Insecure:
		mistake := &engine.FieldError{Field: "listen", Message: at.String() + " can be reached from other machines, and without TLS they would send " +
			"tokens and events in the clear: give --tls-cert and --tls-key, or listen on 127.0.0.1, or, behind a proxy that has TLS, say --insecure-listen"}
		return nil, nil, errors.Join(mistake, listener.Close())
	}
	logger.Warn("listening without TLS on an address that other machines can reach: tokens and events are sent in the clear", "address", at.String())
	return listener, nil, nil
}

// grace is how long requests under way may take to finish when a server stops.
const grace = 10 * time.Second

// Serve answers until ctx ends, then lets requests under way finish for a while.
func Serve(ctx context.Context, listener net.Listener, server *http.Server, logger *slog.Logger) error {
	failed := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			failed <- server.ServeTLS(listener, "", "")
			return
		}
		failed <- server.Serve(listener)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	logger.Info("stopping")
	patience, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
	}
	return nil
}
