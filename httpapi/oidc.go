package httpapi

import (
	"net/http"

	"annals/httpapi/auth"
)

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

// providerPath is where the console's sign-in page leads who signs in at a provider; "": nowhere.
func (a *API) providerPath() string {
	if a.oidc == nil {
		return ""
	}
	return auth.OIDCStartPath
}
