package windows

import (
	"annals/engine"
	"annals/httpapi/ingest/record"
)

// resources are what the fields of the event's kind name.
func resources(o record.Object, k kind) []engine.Resource {
	var all []engine.Resource
	add := func(kind, id, name, content string) {
		if id != "" || name != "" {
			all = append(all, engine.Resource{Type: kind, ID: id, Name: name, Content: content})
		}
	}
	if k.target != "" {
		add(k.target, record.First(value(o, "TargetSid"), value(o, "TargetUserSid")), value(o, "TargetUserName"), "")
		add("member", value(o, "MemberSid"), value(o, "MemberName"), "")
	}
	add(record.First(value(o, "ObjectType"), "object"), "", objectName(o), value(o, "ObjectValueName"))
	add("directory object", value(o, "ObjectGUID"), value(o, "ObjectDN"), "")
	add("process", value(o, "NewProcessId"), value(o, "NewProcessName"), value(o, "CommandLine"))
	add("service", value(o, "ServiceSid"), value(o, "ServiceName"), value(o, "ServiceFileName"))
	add("task", "", value(o, "TaskName"), "")
	add("share", "", value(o, "ShareName"), value(o, "RelativeTargetName"))
	add("key", "", value(o, "KeyName"), "")
	add("filter", value(o, "FilterId"), value(o, "FilterName"), "")
	add("rule", value(o, "RuleId"), value(o, "RuleName"), "")
	if k.module == moduleCredential {
		add("credential", "", record.First(value(o, "TargetName"), value(o, "Resource")), "")
	}
	if k.module == moduleNetwork {
		if dest := value(o, "DestAddress"); dest != "" {
			add("address", "", dest+" port "+value(o, "DestPort"), "")
		}
		add("application", "", value(o, "Application"), "")
	}
	if process := value(o, "ProcessName"); len(all) == 0 && process != "" {
		add("process", value(o, "ProcessId"), process, "")
	}
	return all
}

func objectName(o record.Object) string {
	if name := value(o, "ObjectName"); name != "" {
		return name
	}
	return value(o, "PrivilegeList")
}
