package ingest

import (
	"annals/httpapi/ingest/auditd"
	"annals/httpapi/ingest/auth0"
	"annals/httpapi/ingest/azure"
	"annals/httpapi/ingest/cloudtrail"
	"annals/httpapi/ingest/gcp"
	"annals/httpapi/ingest/generic"
	"annals/httpapi/ingest/github"
	"annals/httpapi/ingest/kubernetes"
	"annals/httpapi/ingest/native"
	"annals/httpapi/ingest/o365"
	"annals/httpapi/ingest/slack"
	"annals/httpapi/ingest/syslog"
	"annals/httpapi/ingest/teleport"
	"annals/httpapi/ingest/vault"
	"annals/httpapi/ingest/windows"
)

// formats is the table, in the order of the names.
var formats = []Format{
	{"auditd", "Linux audit log", auditd.Detect, auditd.Read},
	{"auth0", "Auth0 tenant log", auth0.Detect, auth0.Read},
	{"azure", "Azure activity, Entra ID and Intune", azure.Detect, azure.Read},
	{"cloudtrail", "AWS CloudTrail", cloudtrail.Detect, cloudtrail.Read},
	{"gcp", "Google Cloud audit log", gcp.Detect, gcp.Read},
	{"generic", "JSON objects in no other form, by guessing", generic.Detect, generic.Read},
	{"github", "GitHub audit log", github.Detect, github.Read},
	{"kubernetes", "Kubernetes audit", kubernetes.Detect, kubernetes.Read},
	{"native", "Annals' own events", native.Detect, native.Read},
	{"o365", "Microsoft 365 audit log", o365.Detect, o365.Read},
	{"slack", "Slack audit log", slack.Detect, slack.Read},
	{"syslog", "syslog and auth.log", syslog.Detect, syslog.Read},
	{"teleport", "Teleport audit log", teleport.Detect, teleport.Read},
	{"vault", "HashiCorp Vault audit", vault.Detect, vault.Read},
	{"windows", "Windows Security event log", windows.Detect, windows.Read},
}
