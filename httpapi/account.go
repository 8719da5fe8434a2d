package httpapi

import (
	"net/http"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

type passwordChange struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// putPassword answers PUT /api/v1/account/password.
func (a *API) putPassword(w http.ResponseWriter, r *http.Request) error {
	var p passwordChange
	if err := readJSONUpTo(w, r, maxFormBytes, "the passwords", &p); err != nil {
		return err
	}
	if err := a.access.ChangePassword(w, r, auth.From(r.Context()), p.Old, p.New); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// proof is what somebody who is signed in says again.
type proof struct {
	Password string `json:"password,omitempty"`
	Code     string `json:"code,omitempty"`
}

// postTOTP answers POST /api/v1/account/totp with a second factor for an authenticator app.
func (a *API) postTOTP(w http.ResponseWriter, r *http.Request) error {
	var p struct {
		Password string `json:"password"`
	}
	if err := readJSONUpTo(w, r, maxFormBytes, "the password", &p); err != nil {
		return err
	}
	key, err := a.access.BeginTOTP(r, auth.From(r.Context()), p.Password)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, key)
}

type recoveryReply struct {
	Recovery []string `json:"recovery_codes"`
}

// putTOTP answers PUT /api/v1/account/totp with the recovery codes, this once.
func (a *API) putTOTP(w http.ResponseWriter, r *http.Request) error {
	var p codeBody
	if err := readJSONUpTo(w, r, maxFormBytes, "the code", &p); err != nil {
		return err
	}
	codes, err := a.access.ConfirmTOTP(r, auth.From(r.Context()), p.Code)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, recoveryReply{codes})
}

// deleteTOTP answers DELETE /api/v1/account/totp.
func (a *API) deleteTOTP(w http.ResponseWriter, r *http.Request) error {
	var p proof
	if err := readJSONUpTo(w, r, maxFormBytes, "the proof", &p); err != nil {
		return err
	}
	if err := a.access.RemoveTOTP(r, auth.From(r.Context()), p.Password, p.Code); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
