package httpapi

import "net/http"

// startOIDC answers GET /auth/oidc/start by sending the browser to the sign-in provider.
func (a *API) startOIDC(w http.ResponseWriter, r *http.Request) error {
	if a.oidc == nil {
		return noSuchPath()
	}
	return a.oidc.Start(w, r)
}

// finishOIDC answers GET /auth/oidc/callback, where the provider sends the browser back to.
func (a *API) finishOIDC(w http.ResponseWriter, r *http.Request) error {
	if a.oidc == nil {
		return noSuchPath()
	}
	return a.oidc.Callback(w, r)
}
