package windows

import (
	"strconv"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// The bit of Keywords that Windows sets on failed audits.
const auditFailure = 1 << 52

// failures are the events that tell of failures by their very kind, for records without keywords.
var failures = map[string]bool{"4625": true, "4771": true, "4649": true, "5031": true, "5152": true, "5157": true, "5159": true, "4957": true}

// statuses are the common ones of NTSTATUS in logons, in words.
var statuses = map[string]string{
	"0xc0000064": "user name does not exist",
	"0xc000006a": "wrong password",
	"0xc000006d": "bad user name or password",
	"0xc000006e": "account restriction",
	"0xc000006f": "outside permitted hours",
	"0xc0000070": "workstation not permitted",
	"0xc0000071": "password expired",
	"0xc0000072": "account disabled",
	"0xc000015b": "logon type not granted",
	"0xc0000193": "account expired",
	"0xc0000224": "password must be changed",
	"0xc0000234": "account locked out",
}

func result(o record.Object, id string) (string, *engine.EventError) {
	if !failed(o, id) {
		return engine.Success, nil
	}
	code := strings.ToLower(o.Str("SubStatus"))
	if code == "" || code == "0x0" {
		code = strings.ToLower(record.First(value(o, "Status"), value(o, "ReturnCode")))
	}
	message := statuses[code]
	// Reasons such as %%2313 are numbers of texts that only Windows has.
	if reason := value(o, "FailureReason"); message == "" && !strings.HasPrefix(reason, "%%") {
		message = reason
	}
	return engine.Failure, &engine.EventError{Code: code, Message: record.First(message, title(o.Str("Message")))}
}

// failed reads the audit's outcome. Keywords are a signed or hexadecimal number, or words.
func failed(o record.Object, id string) bool {
	switch keywords := o.Str("Keywords"); {
	case o.Str("EventType") == "AUDIT_FAILURE" || strings.Contains(keywords, "Audit Failure"):
		return true
	case o.Str("EventType") == "AUDIT_SUCCESS" || strings.Contains(keywords, "Audit Success"):
		return false
	case keywords == "":
		return failures[id]
	default:
		if n, err := strconv.ParseInt(keywords, 10, 64); err == nil {
			return n&auditFailure != 0
		}
		n, err := strconv.ParseUint(keywords, 0, 64)
		return err == nil && n&auditFailure != 0
	}
}

// title returns the first sentence of an event's message, without its full stop.
func title(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	line, _, _ = strings.Cut(line, ". ")
	return record.Cut(strings.TrimRight(strings.TrimSpace(line), ".:"), 120)
}
