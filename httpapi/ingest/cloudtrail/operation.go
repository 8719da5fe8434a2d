package cloudtrail

import (
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// dangerous are the actions that blind an account's audit or lose its data or keys for good.
var dangerous = map[string]bool{
	"StopLogging": true, "DeleteTrail": true, "DeleteEventDataStore": true, "DeleteFlowLogs": true, "DeleteDetector": true,
	"DeleteConfigRule": true, "DeleteConfigurationRecorder": true, "StopConfigurationRecorder": true, "DeleteLogGroup": true,
	"LeaveOrganization": true, "ScheduleKeyDeletion": true, "DeactivateMFADevice": true, "DeleteBucket": true,
	"DeleteDBInstance": true, "DeleteDBCluster": true, "DeleteTable": true,
}

// operation trusts readOnly where the record has it set; it tells more than a verb does. Taking on a role begins a session.
func operation(action string, readOnly bool) string {
	op := record.OperationOf(action)
	switch {
	case strings.HasPrefix(action, "AssumeRole"):
		return engine.OpLogin
	case op == engine.OpLogin || op == engine.OpLogout:
	case readOnly:
		return engine.OpRead
	case action == "ScheduleKeyDeletion":
		return engine.OpDelete
	case strings.HasPrefix(action, "PutObject"), action == "PutItem", strings.HasPrefix(action, "PutRecord"):
		return engine.OpCreate
	}
	return op
}
