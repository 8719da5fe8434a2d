package httpapi

import (
	"net/http"

	"annals/httpapi/reply"
)

// healthz answers GET /healthz: the process is alive.
func (a *API) healthz(w http.ResponseWriter, _ *http.Request) error {
	reply.Body(w, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}

// readyz answers GET /readyz: the log takes writes and answers searches completely. The reason is given to everyone, as whoever
// watches a server has no token.
func (a *API) readyz(w http.ResponseWriter, _ *http.Request) error {
	if err := a.log.Ready(); err != nil {
		return reply.Unavailable(err.Error())
	}
	reply.Body(w, http.StatusOK, "text/plain; charset=utf-8", []byte("ready\n"))
	return nil
}
