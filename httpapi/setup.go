package httpapi

import (
	"net/http"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// lookSetup answers POST /api/v1/setup/look with what a link is for. It is no GET, whose address would have the code.
func (a *API) lookSetup(w http.ResponseWriter, r *http.Request) error {
	var s codeBody
	if err := readJSONUpTo(w, r, maxFormBytes, "the code", &s); err != nil {
		return err
	}
	setup, err := a.access.LookSetup(r, s.Code)
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
