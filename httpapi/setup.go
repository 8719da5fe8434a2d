package httpapi

import (
	_ "embed"
	"net/http"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// The page of a set-up link. Its code is behind the # of the address, which browsers do not send, so that it ends in no log; the script takes
// it from there and posts it.
var (
	//go:embed setup/setup.html
	setupPage []byte
	//go:embed setup/setup.js
	setupScript []byte
	//go:embed setup/setup.css
	setupStyle []byte
)

const setupPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; " +
	"base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// getSetup answers GET /setup.
func (a *API) getSetup(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Security-Policy", setupPolicy)
	reply.Body(w, http.StatusOK, "text/html; charset=utf-8", setupPage)
	return nil
}

// getSetupScript answers GET /setup.js.
func (a *API) getSetupScript(w http.ResponseWriter, _ *http.Request) error {
	reply.Body(w, http.StatusOK, "text/javascript; charset=utf-8", setupScript)
	return nil
}

// getSetupStyle answers GET /setup.css.
func (a *API) getSetupStyle(w http.ResponseWriter, _ *http.Request) error {
	reply.Body(w, http.StatusOK, "text/css; charset=utf-8", setupStyle)
	return nil
}

// lookSetup answers POST /api/v1/setup/look with what a link is for. It is no GET, whose address would have the code.
func (a *API) lookSetup(w http.ResponseWriter, r *http.Request) error {
	var s codeBody
	if err := readJSONUpTo(w, r, maxFormBytes, "the code", &s); err != nil {
		return err
	}
	setup, err := a.access.LookSetup(s.Code)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, setup)
}

type accountReply struct {
	Account auth.Account `json:"account"`
}

// postSetup answers POST /api/v1/setup.
func (a *API) postSetup(w http.ResponseWriter, r *http.Request) error {
	var wish auth.SetupWish
	if err := readJSONUpTo(w, r, maxFormBytes, "the choice", &wish); err != nil {
		return err
	}
	account, err := a.access.UseSetup(r, wish)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, accountReply{account})
}
