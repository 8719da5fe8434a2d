package layer7

import (
	"encoding/hex"
	"net/http"
	"strings"

	"annals/engine"
	"annals/httpapi/reply"
)

// People sign in to the portal in two steps: they ask for the key of their tenant's application, and with that key their name and password are
// good for an access token. Here a user is a credential: the name is its key ID, the password its secret.

// application answers GET /login/application/{tenant}. Of a tenant that does not exist there is a key like of one that does, so that nobody learns
// here which there are.
func (h *Handler) application(w http.ResponseWriter, r *http.Request) error {
	name, _ := tenantOf(r)
	if name == "" || engine.CheckTenant(name) != nil {
		return &refusal{status: http.StatusNotFound, code: "not-found", user: "There is no such tenant."}
	}
	return reply.JSON(w, http.StatusOK, applicationReply{APIKey: applicationKey(name), Scope: "openid"})
}

const keyPrefix = "l7xx" // the vendor's

// applicationKey is the public key of a tenant's application. It says which tenant's it is, so nothing is kept of it.
func applicationKey(tenant string) string { return keyPrefix + hex.EncodeToString([]byte(tenant)) }

// tenantOfKey returns whose application has the key; "": none has.
func tenantOfKey(key string) string {
	digits, _ := strings.CutPrefix(key, keyPrefix)
	name, err := hex.DecodeString(digits)
	if tenant := string(name); err == nil && engine.CheckTenant(tenant) == nil && applicationKey(tenant) == key {
		return tenant
	}
	return ""
}

// login answers POST /login/auth/oauth/v2/token, for grant_type=password: RFC 6749, section 4.3.
func (h *Handler) login(w http.ResponseWriter, r *http.Request) error {
	user, err := readUser(w, r)
	if err != nil {
		return err
	}
	return h.giveToken(w, r, user, refuseUser)
}

// readUser reads who signs in, and where. Clients send a login_hint too, and no client_secret: neither is looked at.
func readUser(w http.ResponseWriter, r *http.Request) (p proof, err error) {
	form, err := readParameters(w, r, "password")
	if err != nil {
		return p, err
	}
	for _, name := range []string{"client_id", "username", "password"} {
		if form.Get(name) == "" {
			return p, invalidRequest(name + " is missing")
		}
	}
	tenant := tenantOfKey(form.Get("client_id"))
	if tenant == "" {
		return p, &tokenError{status: http.StatusBadRequest, Code: "invalid_client", Description: "client_id is not the key of an application"}
	}
	return proof{id: form.Get("username"), secret: form.Get("password"), tenant: tenant}, nil
}

// refuseUser says in the words of RFC 6749 why a user gets no token; nil: that is not because of who it is. A name that nobody has is told like a
// wrong password, and a tenant that does not exist like another's.
func refuseUser(err error) *tokenError {
	switch reply.ProblemOf(err).Status {
	case http.StatusUnauthorized:
		return &tokenError{status: http.StatusBadRequest, unknown: true, Code: "invalid_grant", Description: "the user name or the password is not right"}
	case http.StatusForbidden:
		return &tokenError{status: http.StatusBadRequest, Code: "invalid_grant", Description: "the user may not read this tenant's audits"}
	}
	return nil
}
