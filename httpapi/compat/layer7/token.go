package layer7

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

const (
	accessToken   = "layer7 access token" // what its pass is good for
	tokenLifetime = time.Hour
	maxTokenBytes = 64 << 10 // of a request's body
)

// tokenReply is the successful answer of RFC 6749, section 5.1.
type tokenReply struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
	Scope       string `json:"scope"`
}

// token answers POST /auth/oauth/v2/token, for grant_type=client_credentials: RFC 6749, section 4.4.
func (h *Handler) token(w http.ResponseWriter, r *http.Request) error {
	client, err := readClient(w, r)
	if err != nil {
		return err
	}
	return h.giveToken(w, r, client, refuseClient)
}

// proof is who asks for a token, and with what proof.
type proof struct {
	id, secret string
	tenant     string // that must be one of theirs; "": whichever are
}

// giveToken answers with an access token, or with what refuse makes of the reason why there is none. The scope is OOB, whichever is asked for.
func (h *Handler) giveToken(w http.ResponseWriter, r *http.Request, who proof, refuse func(error) *tokenError) error {
	credential, err := h.auth.Credential(auth.Layer7, who.id)
	if err != nil {
		return err
	}
	told := reply.Asked{Action: "access-token.create", Operation: engine.OpLogin}
	caller, err := credential.Check(r.Context(), credential.Secret.Equal(who.secret), auth.Read)
	if err == nil && who.tenant != "" && !caller.Tenants.Sees(who.tenant) {
		err = reply.Forbidden("the tenant is another's")
	}
	if err != nil {
		refused := refuse(err)
		if refused == nil {
			return err
		}
		refused.tell(r, told)
		return refused
	}
	reply.Tell(r.Context(), told)
	w.Header().Set("Pragma", "no-cache") // RFC 6749 wants it beside Cache-Control: no-store, which every answer has
	return reply.JSON(w, http.StatusOK, tokenReply{AccessToken: credential.MakePass(accessToken, h.now().Add(tokenLifetime)), TokenType: "Bearer",
		ExpiresIn: int64(tokenLifetime / time.Second), Scope: "OOB"})
}

// readParameters reads the parameters of a token request, from the body or, as one of the vendor's samples sends grant_type, from the query string,
// but secrets never from there, which ends in logs. The grant must be the one that is taken.
func readParameters(w http.ResponseWriter, r *http.Request, grant string) (url.Values, error) {
	form, err := readForm(w, r)
	if err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalidRequest("the query string cannot be read")
	}
	for _, name := range []string{"client_secret", "password"} {
		if query.Has(name) {
			return nil, invalidRequest(name + " may not stand in the URL, which ends in logs; send it in the body")
		}
	}
	all := url.Values{}
	for _, values := range []url.Values{form, query} {
		for name, list := range values {
			if all[name] = append(all[name], list...); len(all[name]) > 1 && slices.Contains(tokenParameters, name) {
				return nil, invalidRequest(name + " is given more than once")
			}
		}
	}
	switch all.Get("grant_type") {
	case grant:
		return all, nil
	case "":
		return nil, invalidRequest("grant_type is missing")
	}
	return nil, &tokenError{status: http.StatusBadRequest, Code: "unsupported_grant_type", Description: "grant_type must be " + grant}
}

// tokenParameters are those that RFC 6749 lets stand only once.
var tokenParameters = []string{"grant_type", "scope", "client_id", "client_secret", "username", "password"}

// readClient reads which client asks, which the Authorization header names, or the parameters.
func readClient(w http.ResponseWriter, r *http.Request) (p proof, err error) {
	form, err := readParameters(w, r, "client_credentials")
	if err != nil {
		return p, err
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	basicID, basicSecret, basic := r.BasicAuth()
	switch {
	case basic && (secret != "" || id != "" && id != basicID):
		return p, invalidRequest("the client is named both in Authorization and in the body")
	case basic:
		id, secret = basicID, basicSecret
	case r.Header.Get("Authorization") != "" && id == "":
		return p, invalidClient()
	}
	if id == "" {
		return p, invalidRequest("client_id, which is the client's key, is missing")
	}
	return proof{id: id, secret: secret}, nil
}

func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	body, err := reply.ReadBody(w, r, maxTokenBytes)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, &tokenError{status: http.StatusRequestEntityTooLarge, Code: "invalid_request",
			Description: "the body has more than " + strconv.Itoa(maxTokenBytes) + " bytes"}
	}
	if err != nil {
		return nil, invalidRequest("the body cannot be read to its end")
	}
	if len(body) == 0 {
		return nil, nil
	}
	if text := r.Header.Get("Content-Type"); text != "" {
		if media, _, err := mime.ParseMediaType(text); err != nil || media != "application/x-www-form-urlencoded" {
			return nil, invalidRequest("Content-Type must be application/x-www-form-urlencoded")
		}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, invalidRequest("the body cannot be read as a form")
	}
	return form, nil
}

// refuseClient says in the words of RFC 6749 why a client gets no token; nil: that is not because of who it is.
func refuseClient(err error) *tokenError {
	switch reply.ProblemOf(err).Status {
	case http.StatusUnauthorized:
		return invalidClient()
	case http.StatusForbidden:
		return &tokenError{status: http.StatusBadRequest, Code: "unauthorized_client", Description: "the client may not read audits"}
	}
	return nil
}
