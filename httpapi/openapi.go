package httpapi

import (
	_ "embed"
	"net/http"

	"annals/httpapi/reply"
)

//go:embed openapi.json
var openAPIDocument []byte

// openAPI answers GET /api/v1/openapi.json.
func (a *API) openAPI(w http.ResponseWriter, _ *http.Request) error {
	reply.Body(w, http.StatusOK, "application/json", openAPIDocument)
	return nil
}
