package httpapi

import (
	"net/http"

	"github.com/gorilla/mux"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// linkReply is an account with the set-up link that its person gets, this once.
type linkReply struct {
	Account auth.Account   `json:"account"`
	Setup   auth.SetupLink `json:"setup"`
}

// postAccount answers POST /api/v1/accounts.
func (a *API) postAccount(w http.ResponseWriter, r *http.Request) error {
	var wish auth.AccountWish
	if err := readJSON(w, r, "the account", &wish); err != nil {
		return err
	}
	account, link, err := a.access.MakeAccount(auth.From(r.Context()), wish)
	if err != nil {
		return err
	}
	recordThing(r.Context(), "account", account.ID, account.Login)
	return reply.JSON(w, http.StatusCreated, linkReply{account, link})
}

type accountsReply struct {
	Accounts []auth.Account `json:"accounts"`
}

// listAccounts answers GET /api/v1/accounts.
func (a *API) listAccounts(w http.ResponseWriter, r *http.Request) error {
	return reply.JSON(w, http.StatusOK, accountsReply{a.access.Accounts(auth.From(r.Context()))})
}

// getAccount answers GET /api/v1/accounts/{id}.
func (a *API) getAccount(w http.ResponseWriter, r *http.Request) error {
	account, err := a.access.Account(auth.From(r.Context()), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, account)
}

// patchAccount answers PATCH /api/v1/accounts/{id}.
func (a *API) patchAccount(w http.ResponseWriter, r *http.Request) error {
	var change auth.AccountChange
	if err := readJSON(w, r, "the change", &change); err != nil {
		return err
	}
	account, err := a.access.ChangeAccount(auth.From(r.Context()), mux.Vars(r)["id"], change)
	if err != nil {
		return err
	}
	recordThing(r.Context(), "account", account.ID, account.Login)
	return reply.JSON(w, http.StatusOK, account)
}

// resetAccount answers POST /api/v1/accounts/{id}/reset.
func (a *API) resetAccount(w http.ResponseWriter, r *http.Request) error {
	var reset struct {
		SecondFactor bool `json:"second_factor,omitzero"` // takes that away too
	}
	if r.ContentLength != 0 {
		if err := readJSON(w, r, "the reset", &reset); err != nil {
			return err
		}
	}
	account, link, err := a.access.ResetAccount(auth.From(r.Context()), mux.Vars(r)["id"], reset.SecondFactor)
	if err != nil {
		return err
	}
	recordThing(r.Context(), "account", account.ID, account.Login)
	return reply.JSON(w, http.StatusOK, linkReply{account, link})
}

// postFirstSetup answers POST /api/v1/setup/first with a set-up link for the first administrator.
func (a *API) postFirstSetup(w http.ResponseWriter, _ *http.Request) error {
	link, err := a.access.RenewFirstSetup()
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusCreated, link)
}
