package flashduty

import "strings"

// label is what an operation is called. Flashduty's own are resource:read:verb or resource:write:verb, and are called by verb and resource, as far as
// both are known here. Every other action is called what it is.
func label(operation string, language int) string {
	resource, rest, _ := strings.Cut(operation, ":")
	access, verb, _ := strings.Cut(rest, ":")
	if access != "read" && access != "write" {
		return operation
	}
	v, knownVerb := verbs[verb]
	r, knownResource := resources[resource]
	switch {
	case !knownVerb || !knownResource:
		return operation
	case language == chinese:
		return v[chinese] + r[chinese]
	}
	return v[english] + " " + r[english]
}

var verbs = map[string]words{
	"acknowledge": {"Acknowledge", "认领"},
	"assign":      {"Assign", "分派"},
	"close":       {"Close", "关闭"},
	"create":      {"Create", "创建"},
	"delete":      {"Delete", "删除"},
	"disable":     {"Disable", "禁用"},
	"enable":      {"Enable", "启用"},
	"export":      {"Export", "导出"},
	"info":        {"View", "查看"},
	"invite":      {"Invite", "邀请"},
	"list":        {"List", "列出"},
	"merge":       {"Merge", "合并"},
	"preview":     {"Preview", "预览"},
	"reset":       {"Reset", "重置"},
	"update":      {"Update", "更新"},
}

var resources = map[string]words{
	"account":      {"account", "账户"},
	"alert":        {"alert", "告警"},
	"calendar":     {"calendar", "日历"},
	"channel":      {"channel", "协作空间"},
	"escalateRule": {"escalation rule", "分派策略"},
	"incident":     {"incident", "故障"},
	"integration":  {"integration", "集成"},
	"member":       {"member", "成员"},
	"monitRule":    {"monitor rule", "监控规则"},
	"role":         {"role", "角色"},
	"schedule":     {"schedule", "值班"},
	"team":         {"team", "团队"},
	"template":     {"template", "模板"},
}
