package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/mux"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/recorder"
	"annals/httpapi/reply"
)

// newTokenReply is the only answer that ever has a token's text.
type newTokenReply struct {
	auth.Token
	Text string `json:"token"`
}

// postToken answers POST /api/v1/tokens.
func (a *API) postToken(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	var wish auth.Wish
	if err := json.Unmarshal(body, &wish, json.RejectUnknownMembers(true)); err != nil {
		return notAWish("token", err)
	}
	token, text, err := a.access.Make(auth.From(r.Context()), wish)
	if err != nil {
		return err
	}
	recorder.Edit(r.Context(), onToken(token))
	return reply.JSON(w, http.StatusCreated, newTokenReply{token, text})
}

// notAWish names the member that cannot be read.
func notAWish(what string, err error) error {
	var at jsontext.Pointer
	if s, ok := errors.AsType[*json.SemanticError](err); ok {
		at, err = s.JSONPointer, s.Err
		if err == nil {
			err = errors.New("is of the wrong kind")
		}
	} else if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at = s.JSONPointer
	}
	p := reply.BadBody("the %s cannot be read: %v", what, err)
	p.Field = strings.ReplaceAll(strings.TrimPrefix(string(at), "/"), "/", ".")
	return p
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
	recorder.Edit(r.Context(), onToken(token))
	return reply.JSON(w, http.StatusOK, token)
}

// onToken says in the server's own log which token it was.
func onToken(t auth.Token) func(*engine.Event) {
	return func(e *engine.Event) { e.Resources = []engine.Resource{{Type: "token", ID: t.ID, Name: t.Name}} }
}
