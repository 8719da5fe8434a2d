package generic

import (
	"slices"
	"strconv"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// bad are the words that make a result, a status or an action's name a failure's; none are those that take it back: LOGIN_NO_ERROR.
var (
	bad = []string{"fail", "failed", "failure", "failing", "error", "errored", "denied", "deny", "rejected", "refused", "unauthorized",
		"forbidden", "invalid", "unsuccessful", "blocked", "false", "no", "ko"}
	badActions = []string{"failed", "failure", "unsuccessful", "denied"}
	none       = []string{"", "0", "none", "null", "ok", "false", "success", "[]", "{}"}
)

// outcome goes by the first result that says which it is, then by errors, then by the action's name. Without any of these it is success.
func (f *fields) outcome(action string) (string, *engine.EventError) {
	code, message := f.errors()
	for _, s := range f.shallow {
		for _, name := range resultNames {
			word := record.First(s.text(name), s.inner(name).first([]string{"result", "status", "code", "message"}))
			if word != "" && isFailure(word) {
				return engine.Failure, fault(record.First(code, word), record.First(message, s.inner(name).first([]string{"reason", "message"})))
			}
		}
	}
	if n := f.httpStatus(); n >= 400 {
		return engine.Failure, &engine.EventError{Code: strconv.Itoa(n), Message: message}
	}
	if result, err := record.Failed(code, message); err != nil {
		return result, err
	}
	for _, w := range record.Words(action) {
		if slices.Contains(badActions, w) {
			return engine.Failure, nil
		}
	}
	return engine.Success, nil
}

// fault leaves out a code that only says that it failed.
func fault(code, message string) *engine.EventError {
	if slices.Contains(bad, strings.ToLower(code)) {
		code = ""
	}
	if code == "" && message == "" {
		return nil
	}
	return &engine.EventError{Code: code, Message: message}
}

func isFailure(word string) bool {
	if n, err := strconv.Atoi(word); err == nil {
		return n >= 400 && n < 600
	}
	words := record.Words(word)
	for i, w := range words {
		if slices.Contains(bad, w) && !(w == "no" && len(words) > 1) && (i == 0 || words[i-1] != "no" && words[i-1] != "not") {
			return true
		}
	}
	return false
}

// httpStatus returns the status code of the answer that a record keeps under response.
func (f *fields) httpStatus() int {
	for _, s := range f.shallow {
		for _, name := range []string{"response", "responsestatus", "httpresponse"} {
			text := s.inner(name).first([]string{"statuscode", "status", "code"})
			if n, err := strconv.Atoi(text); err == nil {
				return n
			}
		}
	}
	return 0
}

// errors returns an error's code and message. A "reason" alone is none: good things have reasons too.
func (f *fields) errors() (code, message string) {
	for _, s := range f.shallow {
		c := record.First(s.first(errorCodeNames), s.inner("error").first([]string{"code", "type"}))
		if code == "" && !slices.Contains(none, strings.ToLower(c)) {
			code = c
		}
		for _, name := range errorMessageNames {
			if name == "reason" && code == "" {
				continue
			}
			text := record.First(s.text(name), s.inner(name).first([]string{"message", "reason", "description"}))
			if message == "" && !slices.Contains(none, strings.ToLower(text)) {
				message = text
			}
		}
		for _, name := range []string{"response", "error"} {
			if m := s.inner(name).first([]string{"errormessage"}); message == "" && m != "" {
				message = m
			}
		}
	}
	return code, message
}
