package httpapi

import (
	"net/http"

	"github.com/gorilla/mux"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// newCredentialReply is the only answer that ever has a credential's secret.
type newCredentialReply struct {
	auth.CredentialInfo
	Secret string `json:"secret"`
	AppKey string `json:"app_key,omitzero"` // of Flashduty's: key ID and secret in one
}

// postCredential answers POST /api/v1/credentials.
func (a *API) postCredential(w http.ResponseWriter, r *http.Request) error {
	var wish auth.CredentialWish
	if err := readJSON(w, r, "the credential", &wish); err != nil {
		return err
	}
	made, secret, err := a.access.MakeCredential(auth.From(r.Context()), wish)
	if err != nil {
		return err
	}
	recordThing(r.Context(), "credential", made.ID, made.Name)
	answer := newCredentialReply{CredentialInfo: made, Secret: string(secret.Bytes())}
	if made.Kind == auth.Flashduty {
		answer.AppKey = made.ID + answer.Secret
	}
	return reply.JSON(w, http.StatusCreated, answer)
}

type credentialsReply struct {
	Credentials []auth.CredentialInfo `json:"credentials"`
}

// listCredentials answers GET /api/v1/credentials.
func (a *API) listCredentials(w http.ResponseWriter, r *http.Request) error {
	return reply.JSON(w, http.StatusOK, credentialsReply{a.access.Credentials(auth.From(r.Context()))})
}

// deleteCredential answers DELETE /api/v1/credentials/{id} with the credential, revoked now or before.
func (a *API) deleteCredential(w http.ResponseWriter, r *http.Request) error {
	credential, err := a.access.RevokeCredential(auth.From(r.Context()), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	recordThing(r.Context(), "credential", credential.ID, credential.Name)
	return reply.JSON(w, http.StatusOK, credential)
}

// rotateMasterKey answers POST /api/v1/master-key/rotate.
func (a *API) rotateMasterKey(w http.ResponseWriter, _ *http.Request) error {
	done, err := a.access.RotateMasterKey()
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, done)
}
