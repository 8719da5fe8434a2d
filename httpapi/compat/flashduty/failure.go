package flashduty

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

// failure is a request that is not answered as it was asked. Codes and statuses are the documentation's; programs branch on the code.
type failure struct {
	status     int
	code       string
	says       words
	parameter  string        // of InvalidParameter: which
	retryAfter time.Duration // 0: nothing is said of it
}

func (f *failure) Error() string { return f.code + ": " + f.text(english) }

// invalid refuses a parameter.
func invalid(parameter string, why words) *failure {
	return &failure{status: http.StatusBadRequest, code: "InvalidParameter", parameter: parameter, says: why}
}

var (
	badJSON     = &failure{status: http.StatusBadRequest, code: "BadRequest", says: notJSON}
	badType     = &failure{status: http.StatusBadRequest, code: "InvalidContentType", says: notJSONType}
	badTransfer = &failure{status: http.StatusBadRequest, code: "BadRequest", says: cutOff}
)

// failureOf turns an error into what the client is told. What it is not told goes to the log with the request's ID, once.
func failureOf(r *http.Request, err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if errors.Is(err, engine.ErrCursor) {
		return invalid("search_after_ctx", notThisCursor)
	}
	p := reply.Fill(r, err)
	switch p.Status {
	case http.StatusUnauthorized:
		return &failure{status: p.Status, code: "Unauthorized", says: unauthorized}
	case http.StatusForbidden:
		return &failure{status: p.Status, code: "AccessDenied", says: accessDenied}
	case http.StatusRequestEntityTooLarge:
		return &failure{status: p.Status, code: "EntityTooLarge", says: tooLarge}
	case http.StatusTooManyRequests:
		return &failure{status: p.Status, code: "RequestTooFrequently", says: tooFrequent, retryAfter: p.RetryAfter()}
	case http.StatusServiceUnavailable, http.StatusInsufficientStorage, statusClientGone:
		return &failure{status: http.StatusServiceUnavailable, code: "ServiceUnavailable", says: unavailable}
	}
	if p.Status < http.StatusInternalServerError {
		reply.Keep(r, err) // the log finds a mistake in what we have made of the request: it is not the client's
	}
	return &failure{status: http.StatusInternalServerError, code: "InternalError", says: internal}
}

// statusClientGone is what a request whose client has left ends with; nobody reads the answer.
const statusClientGone = 499

// fail answers with an error.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	h.refuse(w, r, failureOf(r, err))
}

// refuse answers with a failure, in the client's language. The SDK reads the rate-limit headers of a 429; of the limits themselves, which are the
// operator's, it is not told.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, f *failure) {
	if seconds := reply.SetRetryAfter(w.Header(), f.retryAfter); seconds > 0 {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(h.now().Unix()+seconds, 10))
	}
	h.write(w, r, f.status, envelope{Error: &failed{Code: f.code, Message: f.text(languageOf(r))}})
}
