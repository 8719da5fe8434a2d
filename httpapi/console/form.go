package console

import (
	"errors"
	"net/http"

	"annals/engine"
	"annals/httpapi/reply"
)

// fault is what somebody sent wrong with a form, which shows it where it was typed. The zero value: nothing.
type fault struct {
	Field   string // of the form; "": none in particular
	Message string
}

// faultOf returns what a form shall say of an error, and the status of the answer. An error that is not the typist's is returned.
func faultOf(err error) (fault, int, error) {
	p := reply.ProblemOf(err)
	if f, ok := errors.AsType[*engine.FieldError](err); ok {
		return fault{f.Field, f.Message}, p.Status, nil
	}
	switch p.Status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusConflict, http.StatusUnauthorized, http.StatusTooManyRequests:
		return fault{p.Field, p.Detail}, p.Status, nil
	}
	return fault{}, 0, err
}

// At reports whether the field is the wrong one.
func (f fault) At(field string) bool { return f.Message != "" && f.Field == field }

// chinese has the catalogue's Chinese texts, to tell whether there is one.
var chinese, _ = readChinese() // printers have seen to the error

// done are the words in a page's address that have it say, after a form, what was done. Any other word says nothing.
var done = map[string]string{
	"view-saved":         msg("The view is saved."),
	"view-changed":       msg("The view is changed."),
	"view-deleted":       msg("The view is deleted."),
	"token-revoked":      msg("The token is revoked. Whoever uses it is refused from now on."),
	"credential-revoked": msg("The key pair is revoked, and its secret removed."),
	"account-changed":    msg("The account is changed."),
	"account-closed":     msg("The account is disabled, and signed out everywhere."),
	"account-open":       msg("The account is enabled."),
	"password":           msg("The password is changed. All other sessions are signed out."),
	"factor-removed":     msg("The second factor is removed."),
}

// notice is what a page's address has it say.
func notice(r *http.Request) string { return done[r.URL.Query().Get("done")] }
