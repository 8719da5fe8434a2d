// Package o365 translates the Microsoft 365 audit log: records of the Office 365 Management Activity API, of the audit search's export, and
// rows of Log Analytics' OfficeActivity table.
package o365

import (
	"errors"
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const format = "o365"

var errNoOperation = errors.New("no Operation")

// names are the members that this package reads, as the API spells them and then as others do: rows, and lower-cased copies.
var names = struct{ time, operation, user, key, kind, ip, workload, result, object, id, org, agent []string }{
	time:      []string{"CreationTime", "TimeGenerated", "creationtime", "CreationDate"},
	operation: []string{"Operation", "operation"},
	user:      []string{"UserId", "UserId_", "userid"},
	key:       []string{"UserKey", "userkey"},
	kind:      []string{"UserType", "usertype"},
	ip:        []string{"ClientIP", "ClientIPAddress", "Client_IPAddress", "ActorIpAddress", "clientip"},
	workload:  []string{"Workload", "OfficeWorkload", "workload"},
	result:    []string{"ResultStatus", "resultstatus"},
	object:    []string{"ObjectId", "OfficeObjectId", "objectid"},
	id:        []string{"Id", "OfficeId", "id"},
	org:       []string{"OrganizationId", "organizationid"},
	agent:     []string{"UserAgent", "useragent", "ClientInfoString"},
}

// userTypes are the names of the API's user types by number.
var userTypes = map[string]string{"0": "Regular", "1": "Reserved", "2": "Admin", "3": "DcAdmin", "4": "System", "5": "Application",
	"6": "ServicePrincipal", "7": "CustomPolicy", "8": "SystemPolicy"}

// Detect looks for an operation by a user with a workload or record type.
func Detect(head []byte, _ string) int {
	o := record.Head(head)
	if o.Str("Type") == "OfficeActivity" || o.Has("OfficeWorkload") {
		return 95
	}
	if o.Or(names.operation...) == "" || o.Or("CreationTime", "creationtime") == "" {
		return 0
	}
	marks := 0
	for _, any := range [][]string{names.user, names.key, names.workload, names.org, {"RecordType", "recordtype"}} {
		if o.Or(any...) != "" {
			marks++
		}
	}
	return min(95, 20*marks)
}

// Read translates every record of r.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, translate)
}

func translate(o record.Object) (*engine.Event, error) {
	t, err := record.Time(o.Or(names.time...), nil)
	if err != nil {
		return nil, err
	}
	action := o.Or(names.operation...)
	if action == "" {
		return nil, errNoOperation
	}
	e := &engine.Event{
		ID:        id(o),
		Time:      t,
		Actor:     actor(o),
		Action:    action,
		Operation: operation(action),
		Project:   engine.Ref{ID: o.Or(names.org...), Name: o.Or("OrganizationName", "organizationname")},
		Module:    o.Or(names.workload...),
		Resources: resources(o),
		Source: engine.Source{
			IP:        record.IP(o.Or(names.ip...)),
			UserAgent: record.First(o.Or(names.agent...), property(o, "ExtendedProperties", "UserAgent")),
			Channel:   o.Or("EventSource", "ClientAppId"),
		},
	}
	setResult(e, o)
	e.Write = record.Flag(record.IsWrite(e.Operation))
	e.Description = record.Digest(e)
	return e, nil
}

func id(o record.Object) string {
	own := o.Or(names.id...)
	if o.Has("TimeGenerated") {
		return record.RowID(own, format, o.Raw)
	}
	return record.OwnID(own, format, o.Raw)
}

func actor(o record.Object) engine.Actor {
	a := engine.Actor{ID: o.Or(names.key...), Name: o.Or(names.user...), Type: o.Or(names.kind...)}
	a.Email = record.Email(a.Name)
	_, a.Domain, _ = strings.Cut(a.Email, "@")
	if name := userTypes[a.Type]; name != "" {
		a.Type = name
	}
	return a
}

// setResult distrusts a ResultStatus of success where the record carries a logon error or its operation says that it failed: Entra ID
// writes such records.
func setResult(e *engine.Event, o record.Object) {
	status, logon := o.Or(names.result...), o.Or("LogonError", "logonerror")
	e.Result = engine.Success
	switch strings.ToLower(status) {
	case "failed", "false", "failure", "fail", "error":
		e.Result = engine.Failure
	}
	if logon != "" || strings.HasSuffix(e.Action, "Failed") {
		e.Result = engine.Failure
	}
	if e.Result == engine.Failure && logon+o.Str("ErrorNumber") != "" {
		e.Error = &engine.EventError{Code: o.Str("ErrorNumber"), Message: logon}
	}
}

func resources(o record.Object) []engine.Resource {
	var all []engine.Resource
	if id := o.Or(names.object...); id != "" {
		name := record.First(o.Str("SourceFileName"), id[strings.LastIndexAny(strings.TrimRight(id, `/\`), `/\`)+1:])
		all = append(all, engine.Resource{Type: o.Or("ItemType", "itemtype"), ID: id, Name: name})
	}
	if box := o.Str("MailboxOwnerUPN"); box != "" {
		all = append(all, engine.Resource{Type: "Mailbox", ID: o.Str("MailboxGuid"), Name: box})
	}
	if to := o.Str("TargetUserOrGroupName"); to != "" {
		all = append(all, engine.Resource{Type: o.Str("TargetUserOrGroupType"), Name: to})
	}
	return all
}

// property returns the value of that name in a list of {Name, Value}.
func property(o record.Object, list, name string) string {
	for _, p := range o.Objs(list) {
		if p.Str("Name") == name {
			return p.Str("Value")
		}
	}
	return ""
}

// operation knows the operations whose names begin otherwise than they mean; the others are verb-noun cmdlets or PastTense words.
func operation(action string) string {
	switch {
	case action == "UserLoggedIn" || action == "UserLoginFailed" || action == "MailboxLogin":
		return engine.OpLogin
	case strings.HasSuffix(action, "Accessed") || strings.HasSuffix(action, "Previewed") || strings.HasSuffix(action, "Downloaded"):
		return engine.OpRead
	case strings.HasSuffix(action, "Deleted") || strings.Contains(action, "Delete") || strings.HasSuffix(action, "Recycled"):
		return engine.OpDelete
	case strings.HasPrefix(action, "AddedTo") || action == "Send":
		return engine.OpEdit
	case strings.HasPrefix(action, "Enable-") || strings.HasPrefix(action, "Disable-"):
		return engine.OpEdit
	}
	return record.OperationOf(action)
}
