package httpapi

import (
	"net/http"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

type signIn struct {
	Login    string `json:"login"` // or e-mail address
	Password string `json:"password"`
}

// signInReply says who has signed in, or that a second factor is asked for first.
type signInReply struct {
	Account      *auth.Account `json:"account,omitempty"`
	SecondFactor bool          `json:"second_factor"`
}

// postSession answers POST /api/v1/session.
func (a *API) postSession(w http.ResponseWriter, r *http.Request) error {
	var s signIn
	if err := readJSONUpTo(w, r, maxFormBytes, "the sign-in", &s); err != nil {
		return err
	}
	account, secondFactor, err := a.access.SignIn(w, r, s.Login, s.Password)
	if err != nil {
		return err
	}
	if secondFactor {
		return reply.JSON(w, http.StatusOK, signInReply{SecondFactor: true})
	}
	return reply.JSON(w, http.StatusOK, signInReply{Account: &account})
}

// codeBody is a code of the authenticator app, or, where a factor is asked for, a recovery code.
type codeBody struct {
	Code string `json:"code"`
}

// postSessionTOTP answers POST /api/v1/session/totp.
func (a *API) postSessionTOTP(w http.ResponseWriter, r *http.Request) error {
	var s codeBody
	if err := readJSONUpTo(w, r, maxFormBytes, "the code", &s); err != nil {
		return err
	}
	account, err := a.access.SecondFactor(w, r, auth.From(r.Context()), s.Code)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, signInReply{Account: &account})
}

// getSession answers GET /api/v1/session with who asks.
func (a *API) getSession(w http.ResponseWriter, r *http.Request) error {
	return reply.JSON(w, http.StatusOK, a.access.Me(auth.From(r.Context())))
}

// deleteSession answers DELETE /api/v1/session.
func (a *API) deleteSession(w http.ResponseWriter, r *http.Request) error {
	if err := a.access.SignOut(w, r, auth.From(r.Context())); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type sessionsReply struct {
	Sessions []auth.Session `json:"sessions"`
}

// listSessions answers GET /api/v1/sessions.
func (a *API) listSessions(w http.ResponseWriter, r *http.Request) error {
	return reply.JSON(w, http.StatusOK, sessionsReply{a.access.Sessions(auth.From(r.Context()))})
}

// deleteSessions answers DELETE /api/v1/sessions.
func (a *API) deleteSessions(w http.ResponseWriter, r *http.Request) error {
	if err := a.access.SignOutEverywhere(w, r, auth.From(r.Context())); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
