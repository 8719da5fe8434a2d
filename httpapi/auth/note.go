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

// note makes an event of what somebody did, or failed to do.
func (a *Auth) note(ctx context.Context, action, operation string, who engine.Actor, err error) {
	e := &engine.Event{Action: action, Operation: operation, Result: engine.Success, Actor: who}
	if err != nil {
		p := reply.ProblemOf(err)
		e.Result, e.Error = engine.Failure, &engine.EventError{Code: p.Code(), Message: p.Detail}
	}
	a.record(ctx, e)
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
