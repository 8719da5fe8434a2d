package vault

import (
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// module is where the path leads: "sys", "auth/userpass", or the mount of a secrets engine.
func module(path string) string {
	first, rest, _ := strings.Cut(path, "/")
	if first == "auth" {
		second, _, _ := strings.Cut(rest, "/")
		return strings.TrimSuffix("auth/"+second, "/")
	}
	return first
}

// operation maps Vault's verb. A login is an update of a path below auth; revoking one's own token is the logout.
func operation(verb, path string) string {
	switch parts := strings.Split(path, "/"); {
	case path == "auth/token/revoke-self":
		return engine.OpLogout
	case len(parts) >= 3 && parts[0] == "auth" && parts[1] != "token" && verb != "read" && verb != "list" && parts[2] == "login":
		return engine.OpLogin
	case strings.Contains(path, "/revoke"):
		return engine.OpDelete
	case verb == "help" || verb == "alias-lookahead":
		return engine.OpRead
	case verb == "rollback":
		return engine.OpOther
	}
	return record.OperationOf(verb)
}

// dangerous are the calls that blind the audit, seal the vault, or drop a whole mount.
func dangerous(verb, path string) bool {
	switch {
	case path == "sys/seal" || path == "sys/step-down" || strings.HasPrefix(path, "sys/generate-root"):
		return verb == "update" || verb == "create"
	case strings.HasPrefix(path, "sys/audit/"), strings.HasPrefix(path, "sys/mounts/"), strings.HasPrefix(path, "sys/auth/"):
		return verb == "delete"
	}
	return false
}
