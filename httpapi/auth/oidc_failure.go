package auth

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/oauth2"

	"annals/engine"
	"annals/httpapi/reply"
)

// failure is why a sign-in did not succeed: the event has the code and the cause, the browser is told the problem only.
type failure struct {
	code  string // a word out of a closed set, behind "oidc/"
	told  *reply.Problem
	cause error // nil: the problem says it all
}

// Error is one line and not long, whatever the provider has sent.
func (f *failure) Error() string {
	if f.cause == nil {
		return f.told.Detail
	}
	return oneLine(f.cause.Error())
}

// Unwrap gives the problem only: what the cause is to others, such as a request that was too large, it is not here.
func (f *failure) Unwrap() error { return f.told }

const startAgain = "the sign-in was not started in this browser, took longer than 10 minutes or has come back before: start it again"

func badAnswer(field, detail string) *failure {
	return &failure{"request", reply.BadParameter(field, "%s", detail), nil}
}

func notOurs(cause string) *failure {
	return &failure{"state", reply.Unauthorized(startAgain), errors.New(cause)}
}

func untrusted(code string, cause error) *failure {
	return &failure{code, reply.Unauthorized("what the sign-in provider sent could not be trusted; the administrator finds why in the log"), cause}
}

func providerDown(cause error) *failure {
	return &failure{"provider", reply.SignInUnavailable("the sign-in provider cannot be reached or does not work as it should; try again in a while"), cause}
}

func noRole() *failure {
	return &failure{"no-role", reply.Forbidden("you are signed in at the provider, but that gives you no role here: ask the administrator of this server"), nil}
}

// providerErrors are the words of OAuth 2.0 and OpenID Connect for why a provider does not sign someone in. Nothing else that came in the
// address is shown or kept: anyone may have written it.
var providerErrors = []string{"access_denied", "account_selection_required", "consent_required", "interaction_required", "invalid_request",
	"invalid_request_object", "invalid_request_uri", "invalid_scope", "login_required", "registration_not_supported", "request_not_supported",
	"request_uri_not_supported", "server_error", "temporarily_unavailable", "unauthorized_client", "unsupported_response_type"}

func refusedByProvider(word string) *failure {
	if !slices.Contains(providerErrors, word) {
		word = "for a reason that has no name"
	}
	if word == "server_error" || word == "temporarily_unavailable" {
		return providerDown(errors.New("the provider answered " + word))
	}
	return &failure{"refused", reply.Unauthorized("the sign-in provider refused: " + word), nil}
}

// exchangeFailed tells a code that the provider does not take from a provider that does not work, or not with us. The answer's body stays
// unread: it is nobody's to keep.
func exchangeFailed(err error) *failure {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok:
		return providerDown(fmt.Errorf("exchange the code: %w", err))
	case answer.ErrorCode == "invalid_grant":
		return untrusted("code", errors.New("the provider does not take the code: invalid_grant"))
	case slices.Contains([]string{"invalid_client", "invalid_request", "unauthorized_client", "unsupported_grant_type"}, answer.ErrorCode):
		return providerDown(fmt.Errorf("exchange the code: the provider answered %d %s; are client ID, secret and redirect URL right?", answer.Response.StatusCode, answer.ErrorCode))
	}
	return providerDown(fmt.Errorf("exchange the code: the provider answered %d", answer.Response.StatusCode))
}

// refuse records a failed sign-in and returns what the browser is told.
func (o *OIDC) refuse(r *http.Request, who Identity, f *failure) error {
	e := &engine.Event{Action: actionSignIn, Operation: engine.OpLogin, Result: engine.Failure,
		Error: &engine.EventError{Code: "oidc/" + f.code, Message: f.Error()}}
	if acc := o.access.accounts.identified(who.Issuer, who.Subject); acc != nil {
		e.Actor = acc.value.Load().actor(acc.id)
	} else if who.Subject != "" {
		e.Actor = engine.Actor{ID: who.Subject, Name: who.Login, Email: who.Email, Domain: who.Issuer, Type: "account"}
	}
	o.access.record(r.Context(), e)
	return f
}

// maxCauseBytes bounds what a provider's answer can put into an event.
const maxCauseBytes = 300

func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return strings.ToValidUTF8(s[:min(len(s), maxCauseBytes)], "")
}
