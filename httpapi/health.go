package httpapi

import (
	"errors"
	"net/http"

	"annals/engine"
	"annals/httpapi/reply"
)

// healthz answers GET /healthz: the process is alive.
func (a *API) healthz(w http.ResponseWriter, _ *http.Request) error {
	reply.Body(w, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}

// readyz answers GET /readyz: the log takes writes and answers searches completely. The reason is given to everyone, as whoever
// watches a server has no token; so it tells nothing out of an event, and the server's log has the rest.
func (a *API) readyz(w http.ResponseWriter, _ *http.Request) error {
	err := a.log.Ready()
	if n, ok := errors.AsType[*engine.NotReady](err); ok {
		return reply.Unavailable(n.Public())
	}
	if err != nil {
		return err
	}
	reply.Body(w, http.StatusOK, "text/plain; charset=utf-8", []byte("ready\n"))
	return nil
}
