package layer7

import (
	"errors"
	"net/http"
	"strings"

	"annals/engine"
	"annals/httpapi/reply"
)

// What WWW-Authenticate says with a 401 or 403: RFC 6750, section 3.
const (
	bearer            = `Bearer realm="layer7"`
	invalidToken      = bearer + `, error="invalid_token"`
	expiredToken      = invalidToken + `, error_description="The access token expired"`
	insufficientScope = bearer + `, error="insufficient_scope"`
)

// refusal is an error that says in the portal's way what is wrong. Every text is for the client.
type refusal struct {
	status    int
	code      string // for the server's own log
	user, dev string
	fields    []mistake // parameters that are wrong
	challenge string
}

type mistake struct{ field, text string }

func (e *refusal) Error() string {
	if len(e.fields) > 0 {
		return e.fields[0].field + ": " + e.fields[0].text
	}
	return e.user
}

// wrong refuses parameters.
func wrong(fields ...mistake) error {
	return &refusal{status: http.StatusBadRequest, code: "parameter", user: "The request is not valid.", fields: fields}
}

// fail answers with the error in the shape that the portal's own pages read.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	e := refusalOf(r, err)
	body := errorReply{UserErrorMessage: e.user, DevErrorMessage: e.dev}
	for _, m := range e.fields {
		if body.ValidationErrors == nil {
			body.ValidationErrors = map[string]fieldError{}
		}
		body.ValidationErrors[m.field] = fieldError{m.text}
	}
	if e.challenge != "" {
		w.Header().Set("WWW-Authenticate", e.challenge)
	}
	reply.Failed(w, e.status, err, body)
}

// refusalOf is what the client is told of an error. What it is not told goes to the log with the request's ID.
func refusalOf(r *http.Request, err error) *refusal {
	if e, ok := errors.AsType[*refusal](err); ok {
		return e
	}
	p := reply.Fill(r, err)
	e := &refusal{status: p.Status, user: p.Title + ".", dev: p.Detail + " (request " + p.RequestID + ")"}
	if f, ok := errors.AsType[*engine.FieldError](err); ok { // in the engine's words, which are not the portal's
		switch f.Field {
		case "page":
			e.user, e.dev, e.fields = "The request is not valid.", "", []mistake{{"page", "This page is too deep. Narrow startTs and endTs, or leave sort out."}}
		}
	}
	return e
}

// failureOf is an error as the server's own log tells it.
func failureOf(err error) *engine.EventError {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*refusal](err); ok {
		return &engine.EventError{Code: e.code, Message: strings.ToValidUTF8(e.Error(), "\ufffd")}
	}
	if e, ok := errors.AsType[*tokenError](err); ok {
		return &engine.EventError{Code: e.Code, Message: e.Description}
	}
	p := reply.ProblemOf(err)
	return &engine.EventError{Code: p.Code(), Message: p.Detail}
}

// tokenError is an error of the token endpoint: RFC 6749, section 5.2.
type tokenError struct {
	status      int
	unknown     bool   // who asks is not known, which the status does not say
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *tokenError) Error() string { return e.Code + ": " + e.Description }

// tell tells the server's own log of who gets no token, as far as the status does not.
func (e *tokenError) tell(r *http.Request, told reply.Asked) {
	switch {
	case e.unknown:
		told = reply.Asked{Action: "access.refused", Operation: engine.OpOther, Failure: &engine.EventError{Code: "unauthorized", Message: e.Description}}
	case e.status == http.StatusUnauthorized:
		return
	default:
		told.Failure = failureOf(e)
	}
	reply.Tell(r.Context(), told)
}

func invalidRequest(text string) error {
	return &tokenError{status: http.StatusBadRequest, Code: "invalid_request", Description: text}
}

// invalidClient does not tell an unknown client from a wrong secret.
func invalidClient() *tokenError {
	return &tokenError{status: http.StatusUnauthorized, Code: "invalid_client", Description: "the client's credentials are not valid"}
}

// failToken answers with the error in the shape of RFC 6749.
func failToken(w http.ResponseWriter, r *http.Request, err error) {
	e := tokenErrorOf(r, err)
	if e.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="layer7"`)
	}
	w.Header().Set("Pragma", "no-cache")
	reply.Failed(w, e.status, err, e)
}

// failLogin answers with the error in the shape of RFC 6749, and in that of the portal's calls for signing in besides: its clients read either.
func failLogin(w http.ResponseWriter, r *http.Request, err error) {
	e := tokenErrorOf(r, err)
	w.Header().Set("Pragma", "no-cache")
	reply.Failed(w, e.status, err, loginFailure{e.Code, e.Description, respReply{e.status, e.Description}})
}

// failResp answers with the error in the shape of the portal's calls for signing in.
func failResp(w http.ResponseWriter, r *http.Request, err error) {
	e := refusalOf(r, err)
	reply.Failed(w, e.status, err, respReply{e.status, e.user})
}

// tokenErrorOf is what the client is told of an error. What it is not told goes to the log with the request's ID.
func tokenErrorOf(r *http.Request, err error) *tokenError {
	if e, ok := errors.AsType[*tokenError](err); ok {
		return e
	}
	p := reply.Fill(r, err)
	e := &tokenError{status: p.Status, Code: "server_error", Description: p.Detail + " (request " + p.RequestID + ")"}
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		e.Code = "temporarily_unavailable"
	}
	return e
}
