package httpapi

import (
	"net/http"

	"annals/httpapi/reply"
)

// checkpoint answers GET /api/v1/checkpoint with the signed note itself, byte for byte, and the key that verifies it beside it.
func (a *API) checkpoint(w http.ResponseWriter, _ *http.Request) error {
	note, err := a.log.Checkpoint()
	if err != nil {
		return err
	}
	w.Header().Set("Annals-Verifier-Key", a.log.VerifierKey())
	reply.Body(w, http.StatusOK, "text/plain; charset=utf-8", note)
	return nil
}
