package windows

import (
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// kind is what is known of all events with one ID.
type kind struct {
	action    string
	operation string
	module    string
	target    string // type of what the target fields name, where they are not the actor
	byTarget  bool   // the account that acts is in the target fields
	dangerous bool   // it blinds the audit or hands out power over the machine
}

const (
	moduleLogon      = "logon"
	moduleAccount    = "account"
	moduleKerberos   = "kerberos"
	moduleObject     = "object access"
	moduleProcess    = "process"
	moduleShare      = "file share"
	moduleNetwork    = "network"
	modulePolicy     = "policy"
	modulePrivilege  = "privilege"
	moduleTask       = "scheduled task"
	moduleCredential = "credential"
	moduleKey        = "key"
	moduleDirectory  = "directory"
	moduleSystem     = "system"

	actionLogCleared = "Audit log cleared"
)

var logonTypes = map[string]string{
	"2": "interactive", "3": "network", "4": "batch", "5": "service", "7": "unlock", "8": "network cleartext",
	"9": "new credentials", "10": "remote interactive", "11": "cached interactive",
}

// kindOf returns what is known of the ID. Events of other logs and IDs that are not in the table are named by their message.
func kindOf(id string, o record.Object) kind {
	if k, ok := kinds[id]; ok && security(o) {
		return k
	}
	action := title(o.Str("Message"))
	if action == "" {
		action = "Event " + id
	}
	return kind{action: action, operation: engine.OpOther, module: strings.ToLower(record.First(o.Str("Category"), o.Str("Channel")))}
}

func security(o record.Object) bool {
	source := o.Str("SourceName")
	return strings.EqualFold(o.Str("Channel"), "Security") || strings.HasPrefix(source, "Microsoft-Windows-Security") ||
		source == "Microsoft-Windows-Eventlog"
}

var kinds = map[string]kind{
	"1100": {action: "Event logging service shut down", operation: engine.OpStop, module: moduleSystem, dangerous: true},
	"1102": {action: actionLogCleared, operation: engine.OpDelete, module: moduleSystem, dangerous: true},
	"4608": {action: "Windows started", operation: engine.OpOther, module: moduleSystem},
	"4611": {action: "Logon process registered", operation: engine.OpCreate, module: moduleSystem},
	"4616": {action: "System time changed", operation: engine.OpEdit, module: moduleSystem},

	"4624": {action: "Logon", operation: engine.OpLogin, module: moduleLogon, byTarget: true},
	"4625": {action: "Logon", operation: engine.OpLogin, module: moduleLogon, byTarget: true},
	"4627": {action: "Group membership at logon", operation: engine.OpOther, module: moduleLogon, byTarget: true},
	"4634": {action: "Logoff", operation: engine.OpLogout, module: moduleLogon, byTarget: true},
	"4647": {action: "Logoff by user", operation: engine.OpLogout, module: moduleLogon, byTarget: true},
	"4648": {action: "Logon with explicit credentials", operation: engine.OpLogin, module: moduleLogon, target: "account"},
	"4672": {action: "Special privileges assigned", operation: engine.OpOther, module: moduleLogon},
	"4776": {action: "Credentials validated", operation: engine.OpLogin, module: moduleLogon, byTarget: true},
	"4778": {action: "Session reconnected", operation: engine.OpLogin, module: moduleLogon},
	"4779": {action: "Session disconnected", operation: engine.OpLogout, module: moduleLogon},
	"4800": {action: "Workstation locked", operation: engine.OpOther, module: moduleLogon, byTarget: true},
	"4801": {action: "Workstation unlocked", operation: engine.OpLogin, module: moduleLogon, byTarget: true},

	"4768": {action: "Kerberos ticket requested", operation: engine.OpLogin, module: moduleKerberos, byTarget: true},
	"4769": {action: "Kerberos service ticket requested", operation: engine.OpOther, module: moduleKerberos, byTarget: true},
	"4770": {action: "Kerberos service ticket renewed", operation: engine.OpOther, module: moduleKerberos, byTarget: true},
	"4771": {action: "Kerberos pre-authentication", operation: engine.OpLogin, module: moduleKerberos, byTarget: true},

	"4656": {action: "Object handle requested", operation: engine.OpRead, module: moduleObject},
	"4657": {action: "Registry value changed", operation: engine.OpEdit, module: moduleObject},
	"4658": {action: "Object handle closed", operation: engine.OpOther, module: moduleObject},
	"4660": {action: "Object deleted", operation: engine.OpDelete, module: moduleObject},
	"4661": {action: "Object handle requested", operation: engine.OpRead, module: moduleObject},
	"4662": {action: "Directory object operation", operation: engine.OpOther, module: moduleDirectory},
	"4663": {action: "Object accessed", operation: engine.OpRead, module: moduleObject},
	"4670": {action: "Object permissions changed", operation: engine.OpEdit, module: moduleObject},
	"4690": {action: "Object handle duplicated", operation: engine.OpOther, module: moduleObject},
	"4985": {action: "Transaction state changed", operation: engine.OpOther, module: moduleObject},
	"5136": {action: "Directory object modified", operation: engine.OpEdit, module: moduleDirectory},
	"5137": {action: "Directory object created", operation: engine.OpCreate, module: moduleDirectory},
	"5141": {action: "Directory object deleted", operation: engine.OpDelete, module: moduleDirectory},

	"4673": {action: "Privileged service called", operation: engine.OpOther, module: modulePrivilege},
	"4674": {action: "Privileged object operation", operation: engine.OpOther, module: modulePrivilege},
	"4703": {action: "Token right adjusted", operation: engine.OpOther, module: modulePrivilege},
	"4704": {action: "User right assigned", operation: engine.OpEdit, module: modulePrivilege, dangerous: true},

	"4688": {action: "Process created", operation: engine.OpCreate, module: moduleProcess},
	"4689": {action: "Process exited", operation: engine.OpStop, module: moduleProcess},
	"4697": {action: "Service installed", operation: engine.OpCreate, module: moduleSystem, dangerous: true},
	"4698": {action: "Scheduled task created", operation: engine.OpCreate, module: moduleTask},
	"4699": {action: "Scheduled task deleted", operation: engine.OpDelete, module: moduleTask},
	"4700": {action: "Scheduled task enabled", operation: engine.OpEdit, module: moduleTask},
	"4701": {action: "Scheduled task disabled", operation: engine.OpEdit, module: moduleTask},
	"4702": {action: "Scheduled task updated", operation: engine.OpEdit, module: moduleTask},

	"4719": {action: "Audit policy changed", operation: engine.OpEdit, module: modulePolicy, dangerous: true},
	"4739": {action: "Domain policy changed", operation: engine.OpEdit, module: modulePolicy},
	"4912": {action: "Per-user audit policy changed", operation: engine.OpEdit, module: modulePolicy},
	"4946": {action: "Firewall rule added", operation: engine.OpCreate, module: modulePolicy},
	"4947": {action: "Firewall rule changed", operation: engine.OpEdit, module: modulePolicy},
	"4948": {action: "Firewall rule deleted", operation: engine.OpDelete, module: modulePolicy},
	"4954": {action: "Firewall settings applied", operation: engine.OpEdit, module: modulePolicy},
	"4957": {action: "Firewall rule not applied", operation: engine.OpOther, module: modulePolicy},
	"5447": {action: "Network filter changed", operation: engine.OpEdit, module: modulePolicy},

	"4720": {action: "User account created", operation: engine.OpCreate, module: moduleAccount, target: "user"},
	"4722": {action: "User account enabled", operation: engine.OpEdit, module: moduleAccount, target: "user"},
	"4723": {action: "Own password changed", operation: engine.OpEdit, module: moduleAccount, target: "user"},
	"4724": {action: "Password reset", operation: engine.OpEdit, module: moduleAccount, target: "user"},
	"4725": {action: "User account disabled", operation: engine.OpEdit, module: moduleAccount, target: "user"},
	"4726": {action: "User account deleted", operation: engine.OpDelete, module: moduleAccount, target: "user"},
	"4728": {action: "Member added to global group", operation: engine.OpEdit, module: moduleAccount, target: "group"},
	"4729": {action: "Member removed from global group", operation: engine.OpEdit, module: moduleAccount, target: "group"},
	"4731": {action: "Local group created", operation: engine.OpCreate, module: moduleAccount, target: "group"},
	"4732": {action: "Member added to local group", operation: engine.OpEdit, module: moduleAccount, target: "group"},
	"4733": {action: "Member removed from local group", operation: engine.OpEdit, module: moduleAccount, target: "group"},
	"4734": {action: "Local group deleted", operation: engine.OpDelete, module: moduleAccount, target: "group"},
	"4738": {action: "User account changed", operation: engine.OpEdit, module: moduleAccount, target: "user"},
	"4740": {action: "User account locked out", operation: engine.OpEdit, module: moduleAccount, target: "user"},
	"4756": {action: "Member added to universal group", operation: engine.OpEdit, module: moduleAccount, target: "group"},
	"4767": {action: "User account unlocked", operation: engine.OpEdit, module: moduleAccount, target: "user"},
	"4781": {action: "Account renamed", operation: engine.OpEdit, module: moduleAccount, target: "user"},
	"4797": {action: "Blank password queried", operation: engine.OpRead, module: moduleAccount, target: "user"},
	"4798": {action: "User's groups enumerated", operation: engine.OpRead, module: moduleAccount, target: "user"},
	"4799": {action: "Group's members enumerated", operation: engine.OpRead, module: moduleAccount, target: "group"},

	"5058": {action: "Key file operation", operation: engine.OpOther, module: moduleKey},
	"5059": {action: "Key migration", operation: engine.OpOther, module: moduleKey},
	"5061": {action: "Cryptographic operation", operation: engine.OpOther, module: moduleKey},
	"5379": {action: "Credentials read", operation: engine.OpRead, module: moduleCredential},
	"5381": {action: "Vault credentials read", operation: engine.OpRead, module: moduleCredential},
	"5382": {action: "Vault credentials read", operation: engine.OpRead, module: moduleCredential},

	"5140": {action: "Share accessed", operation: engine.OpRead, module: moduleShare},
	"5142": {action: "Share added", operation: engine.OpCreate, module: moduleShare},
	"5144": {action: "Share deleted", operation: engine.OpDelete, module: moduleShare},
	"5145": {action: "Share access checked", operation: engine.OpRead, module: moduleShare},

	"5154": {action: "Listen permitted", operation: engine.OpOther, module: moduleNetwork},
	"5156": {action: "Connection permitted", operation: engine.OpOther, module: moduleNetwork},
	"5157": {action: "Connection blocked", operation: engine.OpOther, module: moduleNetwork},
	"5158": {action: "Bind permitted", operation: engine.OpOther, module: moduleNetwork},
	"5159": {action: "Bind blocked", operation: engine.OpOther, module: moduleNetwork},
}
