package gcp

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

var (
	errNotAudit = errors.New("no protoPayload: it is a log entry, but not of an audit log")
	errNoMethod = errors.New("no protoPayload.methodName")
)

// codes are the names of google.rpc.Code by number.
var codes = [...]string{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL",
	"UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}

// setOutcome takes the status's code for it; absent it is 0, which is success, whatever the message. A permission that was refused is a
// failure without a status too.
func setOutcome(e *engine.Event, o, p record.Object) {
	e.Result = engine.Success
	status := p.Obj("status")
	if code := status.Str("code"); code != "" && codeName(code) != "OK" {
		e.Result, e.Error = engine.Failure, &engine.EventError{Code: codeName(code), Message: status.Str("message")}
		return
	}
	if permission := denied(p); permission != "" {
		e.Result, e.Error = engine.Failure, &engine.EventError{Code: "PERMISSION_DENIED", Message: permission + " not granted"}
		return
	}
	if slices.Contains([]string{"ERROR", "CRITICAL", "ALERT", "EMERGENCY"}, o.Str("severity")) {
		e.Result = engine.Failure
	}
}

// denied returns a permission that was asked for and refused, if none was granted beside it.
func denied(p record.Object) string {
	permission := ""
	for _, info := range p.Objs("authorizationInfo") {
		switch granted, ok := info.Bool("granted"); {
		case granted:
			return ""
		case ok && permission == "":
			permission = record.First(info.Str("permission"), "permission")
		}
	}
	return permission
}

func codeName(code string) string {
	if n, err := strconv.Atoi(code); err == nil && n >= 0 && n < len(codes) {
		return codes[n]
	}
	return code
}

// operation reads the method's last part: v1.compute.disks.setIamPolicy, google.iam.admin.v1.CreateRole.
func operation(method string) string {
	verb := method[strings.LastIndexAny(method, "./")+1:]
	switch verb {
	case "testIamPermissions":
		return engine.OpRead
	case "insert":
		return engine.OpCreate
	}
	return record.OperationOf(verb)
}

// isWrite goes by the log, which Google splits that way, where the operation does not say: all of the activity log changes something.
func isWrite(o, p record.Object, op string) bool {
	if record.IsWrite(op) {
		return true
	}
	for _, info := range p.Objs("authorizationInfo") {
		if strings.HasSuffix(info.Str("permissionType"), "_WRITE") {
			return true
		}
	}
	return op == engine.OpOther && strings.HasSuffix(o.Or("logName", "logname"), "cloudaudit.googleapis.com%2Factivity")
}
