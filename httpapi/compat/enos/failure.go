package enos

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

// The gateway's codes, from "Invoke API with the Access Token".
const (
	gatewayRepeated  = 1001 // the encryption was used before
	gatewayNoKey     = 1002
	gatewayBadSign   = 1003 // encryption or signature
	gatewayBadParam  = 1004
	gatewayInternal  = 1005
	gatewayEmpty     = 1202
	gatewayExpired   = 1203
	gatewayNoRefresh = 1204
)

// The portal's codes: 31400 is the audit log's own, 31401, 31404 and 31429 are those of the calls beside it. Of what is not the client's doing none
// is documented: 31500 goes on in their pattern.
const (
	portalBadParam = 31400
	portalBadToken = 31401
	portalNoOrg    = 31404
	portalTooMany  = 31429
	portalInternal = 31500
)

// failure is a request that is not answered as it was asked. Clients test the code in the body: the HTTP status is 200 unless the server itself is
// what fails.
type failure struct {
	gateway    int // the gateway's code; 0: the request has passed it
	portal     int // the portal's code, on the portal's paths
	message    string
	status     int           // of HTTP
	access     string        // why who asks is not let in, for the server's own log; "": it is not that
	retryAfter time.Duration // 0: nothing is said of it
}

func (f *failure) Error() string { return f.text() + ": " + f.message }

// text is the code as the server's own log has it.
func (f *failure) text() string {
	if f.gateway != 0 {
		return strconv.Itoa(f.gateway)
	}
	return strconv.Itoa(f.portal)
}

// wrong refuses what a request says. The gateway's calls have a code of their own for it.
func wrong(format string, args ...any) *failure {
	return &failure{portal: portalBadParam, message: fmt.Sprintf(format, args...), status: http.StatusOK}
}

// gatewayRefuses is what the gateway refuses, on the portal's paths as what the portal calls an invalid token.
func gatewayRefuses(code int, message string) *failure {
	return &failure{gateway: code, portal: portalBadToken, message: message, status: http.StatusOK}
}

// notLetIn is a proof that does not hold.
func notLetIn(f *failure) *failure {
	f.access = "unauthorized"
	return f
}

// noOrg stands for an OU that does not exist, and for one that whoever asks may not see: they cannot be told apart.
func noOrg() *failure {
	return &failure{portal: portalNoOrg, message: "Can not find this organization", status: http.StatusOK}
}

// badToken refuses what people are signed in with.
func badToken(message string) *failure {
	return notLetIn(&failure{portal: portalBadToken, message: message, status: http.StatusOK})
}

// failureOf turns an error into what the client is told. What it is not told goes to the log with the request's ID, once.
func failureOf(r *http.Request, err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if f, ok := errors.AsType[*engine.FieldError](err); ok { // the engine's words are not the API's
		switch f.Field {
		case "page":
			return wrong("pagination: there is nothing so deep; narrow startTime and endTime")
		case "limit":
			return wrong("pagination: the page is too large; ask for a smaller pageSize")
		}
	}
	p := reply.Fill(r, err)
	switch p.Status {
	case http.StatusUnauthorized:
		return notLetIn(gatewayRefuses(gatewayBadSign, "The encryption is not valid"))
	case http.StatusForbidden: // the right is held for no OU, so there is none for whoever asks
		f := noOrg()
		f.access = "forbidden"
		return f
	case http.StatusTooManyRequests:
		return &failure{gateway: gatewayBadSign, portal: portalTooMany, message: "Too many attempts: " + p.Detail, status: http.StatusOK, retryAfter: p.RetryAfter()}
	}
	if p.Status == statusClientGone {
		p.Status = http.StatusServiceUnavailable
	}
	if p.Status < http.StatusInternalServerError {
		return wrong("%s", p.Detail)
	}
	return &failure{gateway: gatewayInternal, portal: portalInternal, message: p.Title + " (request " + p.RequestID + ")", status: p.Status}
}

// statusClientGone is what a request whose client has left ends with; nobody reads the answer.
const statusClientGone = 499
