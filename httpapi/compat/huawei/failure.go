package huawei

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"annals/engine"
	"annals/httpapi/reply"
)

// Codes of the gateway in front of every service, and of the database service. The vendor's pages: "API Gateway error codes" and, for RDS,
// "Error Codes".
const (
	codeNoAPI      = "APIGW.0101"
	codeBadRequest = "APIGW.0201"
	codeIdentity   = "APIGW.0301"
	codeNotAllowed = "APIGW.0302"
	codeThrottled  = "APIGW.0308"

	codeParameter     = "DBS.280001"
	codeRange         = "DBS.200461"
	codeInstanceID    = "DBS.280404"
	codeKeepDays      = "DBS.280250"
	codeNoInstance    = "DBS.200002"
	codeNoResource    = "DBS.280015"
	codeInvalidToken  = "DBS.280056"
	codeServerFailure = "DBS.108000"
)

// refusal is an error as the vendor tells it. Its text is for the client.
type refusal struct {
	status     int
	code, text string
}

func (e *refusal) Error() string { return e.text }

func wrongParameter(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, codeParameter, "Parameter error. " + fmt.Sprintf(format, args...)}
}

func outOfRange(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, codeRange, "The parameter value is out of range. " + fmt.Sprintf(format, args...)}
}

// noInstance says the same of an instance without events, of one that does not exist, and of every one in a project that the caller may not
// read: which of these it is, is not for the caller to know.
func noInstance() error {
	return &refusal{http.StatusNotFound, codeNoInstance, "The DB instance does not exist."}
}

func noFile() error {
	return &refusal{http.StatusForbidden, codeNoResource, "Resource not found or permission denied."}
}

// notKnown refuses because of who asks, or does not say.
func notKnown(format string, args ...any) error {
	return &refusal{http.StatusUnauthorized, codeIdentity, "Incorrect IAM authentication information: " + fmt.Sprintf(format, args...)}
}

func badRequest(text string) error { return &refusal{http.StatusBadRequest, codeBadRequest, text} }

func noAPI(w http.ResponseWriter, r *http.Request) {
	fail(w, r, &refusal{http.StatusNotFound, codeNoAPI, "The API does not exist or has not been published in the environment."})
}

// badBody is why a body could not be read to its end.
func badBody(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &refusal{http.StatusRequestEntityTooLarge, codeBadRequest, "The request entity is too large."}
	}
	return badRequest("The request body cannot be read.")
}

// fail answers in the shape of the services. The gateway's answers have the request's ID besides.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	e := refusalOf(r, err)
	body := failureReply{Code: e.code, Message: e.text}
	if strings.HasPrefix(e.code, "APIGW.") {
		body.RequestID = reply.RequestID(r.Context())
	}
	reply.Failed(w, e.status, err, body)
}

// failIAM answers in the shape of the identity service.
func failIAM(w http.ResponseWriter, r *http.Request, err error) {
	e := refusalOf(r, err)
	reply.Failed(w, e.status, err, iamFailureReply{iamFailure{Code: e.status, Message: e.text, Title: http.StatusText(e.status)}})
}

// refusalOf is what the client is told of an error. What it is not told goes to the log with the request's ID.
func refusalOf(r *http.Request, err error) *refusal {
	if e, ok := errors.AsType[*refusal](err); ok {
		return e
	}
	p := reply.Fill(r, err)
	status := http.StatusInternalServerError
	switch {
	case p.Status == http.StatusTooManyRequests:
		return &refusal{p.Status, codeThrottled, "The throttling threshold has been reached."}
	case p.Status == http.StatusServiceUnavailable, p.Code() == "cancelled":
		status = p.Status
	case p.Status < http.StatusInternalServerError:
		reply.Keep(r, err) // what the log finds wrong with a question that we put is not the client's mistake
	}
	return &refusal{status, codeServerFailure, "Server failure."}
}

// failureOf is an error as the server's own log tells it.
func failureOf(err error) *engine.EventError {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*refusal](err); ok {
		return &engine.EventError{Code: e.code, Message: strings.ToValidUTF8(e.text, "\ufffd")}
	}
	p := reply.ProblemOf(err)
	return &engine.EventError{Code: p.Code(), Message: p.Detail}
}
