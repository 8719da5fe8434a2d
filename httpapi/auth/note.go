package auth

import (
	"context"
	"strings"
	"unicode"

	"annals/engine"
	"annals/httpapi/reply"
)

// Actions of the events that auth makes itself. What is done to accounts through the API is recorded as every write operation is.
const (
	actionSignIn            = "account.sign_in"
	actionSignOut           = "account.sign_out"
	actionSignOutEverywhere = "account.sign_out_everywhere"
	actionPassword          = "account.password"
	actionSecondFactorOn    = "account.second_factor_on"
	actionSecondFactorOff   = "account.second_factor_off"
	actionSetup             = "account.set_up"
)

// Codes of the errors of failed events.
const (
	codeCredentials  = "credentials"   // no such account, a wrong password, or an account that is disabled or not set up: which is not said
	codeLocked       = "locked"        // too many failures before; told once for every pause
	codeSecondFactor = "second_factor" // the password was right
	codeRefused      = "refused"       // the provider's word was good, and the account may not
)

// note makes an event of what somebody has done.
func (a *Auth) note(ctx context.Context, action, operation string, who engine.Actor) {
	a.record(ctx, &engine.Event{Action: action, Operation: operation, Result: engine.Success, Actor: who})
}

// noteFailure makes an event of what somebody has failed to do.
func (a *Auth) noteFailure(ctx context.Context, action, operation string, who engine.Actor, code string, err error) {
	a.record(ctx, &engine.Event{Action: action, Operation: operation, Result: engine.Failure, Actor: who,
		Error: &engine.EventError{Code: code, Message: reply.ProblemOf(err).Detail}})
}

// attempted is a name that somebody typed as an event may have it.
func attempted(name string) string {
	if len(name) > MaxNameBytes {
		name = name[:MaxNameBytes]
	}
	return strings.ToValidUTF8(name, "")
}

// shortName makes a name of what is not ours to refuse.
func shortName(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, attempted(name))
}
