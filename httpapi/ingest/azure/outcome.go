package azure

import (
	"slices"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// failed are the words for it in resultType, result and status; good, those for the opposite.
var (
	failed = []string{"failed", "failure", "fail", "clienterror", "servererror", "authorizationerror", "timeout", "error", "unauthorized"}
	good   = []string{"", "0", "success", "succeeded", "successful", "start", "started", "accept", "accepted", "active", "none", "true",
		"created", "ok"}
)

// setOutcome reads the result where each kind of record has it. A sign-in's resultType is its error code, 0 for none.
func (v viewed) setOutcome(e *engine.Event) {
	e.Result = engine.Success
	reason := record.First(v.o.Or("resultDescription", "ResultDescription"), v.props.Str("status", "failureReason"),
		v.props.Or("resultReason", "ResultReason"), v.o.Str("statusText"))
	if reason == "None" {
		reason = ""
	}
	kind := record.First(v.props.Or("result", "Result"), v.o.Or("resultType", "resulttype", "ResultType", "ActivityStatusValue", "result"))
	if kind == "" {
		kind = v.o.Str("status", "value")
	}
	status := v.httpStatus()
	signIn := v.props.Str("status", "errorCode")
	switch word := strings.ToLower(kind); {
	case signIn != "" && signIn != "0":
		e.Result, e.Error = engine.Failure, &engine.EventError{Code: signIn, Message: reason}
	case slices.Contains(failed, word):
		e.Result, e.Error = engine.Failure, &engine.EventError{Code: record.First(status, telling(kind)), Message: reason}
	case isError(word) || isError(status):
		e.Result, e.Error = engine.Failure, &engine.EventError{Code: record.First(errorCode(word), status), Message: reason}
	case !slices.Contains(good, word) && e.Operation == engine.OpLogin:
		e.Result, e.Error = engine.Failure, &engine.EventError{Code: telling(kind), Message: reason}
	}
	if e.Error != nil && *e.Error == (engine.EventError{}) {
		e.Error = nil
	}
}

// telling returns a result's word if it tells more than that it failed: AuthorizationError.
func telling(word string) string {
	if len(word) <= len("failure") {
		return ""
	}
	return word
}

// isError reports whether s is a status of 400 or more, or a sign-in's error code such as 50126.
func isError(s string) bool { return len(s) >= 3 && s >= "4" && strings.Trim(s, "0123456789") == "" }

func errorCode(s string) string {
	if isError(s) {
		return s
	}
	return ""
}

func (v viewed) httpStatus() string {
	return errorCode(v.o.Or("statusCode", "resultSignature", "resultsignature", "ResultSignature"))
}

// operation takes the sign-in log and Entra's own type of operation first, then the last part of the action:
// Microsoft.Compute/disks/write, …/listKeys/action.
func (v viewed) operation(action string) string {
	category := v.o.Or("category", "Category", "Type")
	if strings.Contains(category, "SignIn") || strings.HasPrefix(action, "Sign-in") {
		return engine.OpLogin
	}
	switch v.props.Or("operationType", "AADOperationType", "OperationType") {
	case "Add", "Create":
		return engine.OpCreate
	case "Update", "Assign":
		return engine.OpEdit
	case "Delete":
		return engine.OpDelete
	}
	switch category {
	case "StorageRead":
		return engine.OpRead
	case "StorageDelete":
		return engine.OpDelete
	}
	if !strings.Contains(action, "/") {
		return nameOperation(action)
	}
	parts := strings.Split(strings.ToLower(action), "/")
	switch last := parts[len(parts)-1]; last {
	case "write":
		return engine.OpEdit
	case "delete":
		return engine.OpDelete
	case "read":
		return engine.OpRead
	case "action":
		return nameOperation(parts[len(parts)-2])
	default:
		return nameOperation(last)
	}
}

func nameOperation(name string) string {
	if op := record.OperationOf(name); op != engine.OpOther {
		return op
	}
	return runTogether(strings.ToLower(name))
}

// runTogether reads a name whose words are not told apart: listkeys, regeneratekey, poweroff, deleteblob.
func runTogether(name string) string {
	for _, p := range [...]struct{ prefix, op string }{
		{"list", engine.OpRead}, {"get", engine.OpRead}, {"read", engine.OpRead}, {"export", engine.OpRead}, {"validate", engine.OpRead},
		{"poweroff", engine.OpStop}, {"deallocate", engine.OpStop}, {"stop", engine.OpStop}, {"suspend", engine.OpStop},
		{"delete", engine.OpDelete}, {"purge", engine.OpDelete}, {"revoke", engine.OpDelete}, {"remove", engine.OpDelete},
		{"create", engine.OpCreate}, {"generate", engine.OpCreate}, {"add", engine.OpCreate}, {"publish", engine.OpPublish},
		{"update", engine.OpEdit}, {"regenerate", engine.OpEdit}, {"set", engine.OpEdit}, {"reset", engine.OpEdit}, {"restart", engine.OpEdit},
		{"start", engine.OpEdit}, {"join", engine.OpEdit}, {"elevateaccess", engine.OpEdit}, {"move", engine.OpEdit}, {"assign", engine.OpEdit},
		{"put", engine.OpEdit}, {"recover", engine.OpEdit}, {"extend", engine.OpEdit}, {"refresh", engine.OpEdit}, {"beginget", engine.OpRead},
	} {
		if strings.HasPrefix(name, p.prefix) {
			return p.op
		}
	}
	return engine.OpOther
}
