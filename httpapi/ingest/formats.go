package ingest

import (
	"annals/httpapi/ingest/auditd"
	"annals/httpapi/ingest/cloudtrail"
	"annals/httpapi/ingest/kubernetes"
	"annals/httpapi/ingest/syslog"
	"annals/httpapi/ingest/vault"
	"annals/httpapi/ingest/windows"
)

// formats is the table, in the order of the names.
var formats = []Format{
	{"auditd", "Linux audit log", auditd.Detect, auditd.Read},
	{"cloudtrail", "AWS CloudTrail", cloudtrail.Detect, cloudtrail.Read},
	{"kubernetes", "Kubernetes audit", kubernetes.Detect, kubernetes.Read},
	{"syslog", "syslog and auth.log", syslog.Detect, syslog.Read},
	{"vault", "HashiCorp Vault audit", vault.Detect, vault.Read},
	{"windows", "Windows Security event log", windows.Detect, windows.Read},
}
