package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof" // into the default mux, which serves nothing else and is served here only
	"time"

	"annals/engine"
)

// ServeProfiles serves Go's profiles at an address, on loopback only: they show what is in memory. "" is none.
func ServeProfiles(address string, logger *slog.Logger) error {
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &engine.FieldError{Field: "debug", Message: fmt.Sprintf("%q is not a loopback address with a port", address)}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen for profiles: %w", err)
	}
	go func() {
		server := &http.Server{ReadHeaderTimeout: 10 * time.Second}
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("profiles", "err", err)
		}
	}()
	return nil
}
