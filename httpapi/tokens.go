package httpapi

import (
	"net/http"

	"github.com/gorilla/mux"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// newTokenReply is the only answer that ever has a token's text.
type newTokenReply struct {
	auth.Token
	Text string `json:"token"`
}

// postToken answers POST /api/v1/tokens.
func (a *API) postToken(w http.ResponseWriter, r *http.Request) error {
	var wish auth.Wish
	if err := readJSON(w, r, "the token", &wish); err != nil {
		return err
	}
	token, text, err := a.access.Make(auth.From(r.Context()), wish)
	if err != nil {
		return err
	}
	recordThing(r.Context(), "token", token.ID, token.Name)
	return reply.JSON(w, http.StatusCreated, newTokenReply{token, text})
}

type tokensReply struct {
	Tokens []auth.Token `json:"tokens"`
}

// listTokens answers GET /api/v1/tokens.
func (a *API) listTokens(w http.ResponseWriter, r *http.Request) error {
	return reply.JSON(w, http.StatusOK, tokensReply{a.access.Tokens(auth.From(r.Context()))})
}

// deleteToken answers DELETE /api/v1/tokens/{id} with the token, revoked now or before.
func (a *API) deleteToken(w http.ResponseWriter, r *http.Request) error {
	token, err := a.access.Revoke(auth.From(r.Context()), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	recordThing(r.Context(), "token", token.ID, token.Name)
	return reply.JSON(w, http.StatusOK, token)
}
