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

// token answers POST /auth/oauth/v2/token, for grant_type=client_credentials: RFC 6749, section 4.4. The scope is OOB, whichever is asked for.
func (h *Handler) token(w http.ResponseWriter, r *http.Request) error {
	asked, err := readTokenRequest(w, r)
	if err != nil {
		return err
	}
	client, err := h.auth.Credential(auth.Layer7, asked.id)
	if err != nil {
		return err
	}
	told := reply.Asked{Action: "access-token.create", Operation: engine.OpLogin}
	if _, err := client.Check(r.Context(), client.Secret.Equal(asked.secret), auth.Read); err != nil {
		err = refuseClient(err)
		if told.Failure = failureOf(err); told.Failure.Code == unauthorizedClient {
			reply.Tell(r.Context(), told)
		}
		return err
	}
	reply.Tell(r.Context(), told)
	w.Header().Set("Pragma", "no-cache") // RFC 6749 wants it beside Cache-Control: no-store, which every answer has
	return reply.JSON(w, http.StatusOK, tokenReply{AccessToken: client.MakePass(accessToken, h.now().Add(tokenLifetime)), TokenType: "Bearer",
		ExpiresIn: int64(tokenLifetime / time.Second), Scope: "OOB"})
}

// tokenRequest is who asks for a token, and with what proof.
type tokenRequest struct{ id, secret string }

// readTokenRequest reads the parameters, from the body or, as one of the vendor's samples sends grant_type, from the query string, and the client's
// credentials: from the Authorization header or the body, and never from the query string, which ends in logs.
func readTokenRequest(w http.ResponseWriter, r *http.Request) (t tokenRequest, err error) {
	form, err := readForm(w, r)
	if err != nil {
		return t, err
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return t, invalidRequest("the query string cannot be read")
	}
	if query.Has("client_secret") {
		return t, invalidRequest("client_secret may not stand in the URL; send it as HTTP Basic, or in the body")
	}
	all := url.Values{}
	for _, values := range []url.Values{form, query} {
		for name, list := range values {
			if all[name] = append(all[name], list...); len(all[name]) > 1 && slices.Contains(tokenParameters, name) {
				return t, invalidRequest(name + " is given more than once")
			}
		}
	}
	switch all.Get("grant_type") {
	case "client_credentials":
	case "":
		return t, invalidRequest("grant_type is missing")
	default:
		return t, &tokenError{status: http.StatusBadRequest, Code: "unsupported_grant_type", Description: "grant_type must be client_credentials"}
	}
	return clientOf(r, all)
}

// tokenParameters are those that RFC 6749 lets stand only once.
var tokenParameters = []string{"grant_type", "scope", "client_id", "client_secret"}

func clientOf(r *http.Request, form url.Values) (t tokenRequest, err error) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	basicID, basicSecret, basic := r.BasicAuth()
	switch {
	case basic && (secret != "" || id != "" && id != basicID):
		return t, invalidRequest("the client is named both in Authorization and in the body")
	case basic:
		id, secret = basicID, basicSecret
	case r.Header.Get("Authorization") != "" && id == "":
		return t, invalidClient()
	}
	if id == "" {
		return t, invalidRequest("client_id, which is the client's key, is missing")
	}
	return tokenRequest{id, secret}, nil
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

// refuseClient says in the words of RFC 6749 why a client gets no token.
func refuseClient(err error) error {
	switch reply.ProblemOf(err).Status {
	case http.StatusUnauthorized:
		return invalidClient()
	case http.StatusForbidden:
		return &tokenError{status: http.StatusBadRequest, Code: unauthorizedClient, Description: "the client may not read audits"}
	}
	return err
}
