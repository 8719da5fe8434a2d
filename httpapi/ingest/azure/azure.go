// Package azure translates Azure's activity and resource logs, Entra ID's audit and sign-in logs and Intune's audit log, as diagnostic
// settings write them (event hub, storage account) and as rows of Log Analytics tables.
package azure

import (
	"errors"
	"io"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const format = "azure"

var errNoOperation = errors.New("no operationName")

// Detect looks for an operation with what Azure writes beside it in every record, in either form.
func Detect(head []byte, _ string) int {
	o := record.Head(head, "records", "value")
	if !o.Has("operationName") && !o.Has("operationname") && !o.Has("OperationName") {
		return 0
	}
	marks := 0
	for _, name := range []string{"resourceId", "resourceid", "ResourceId", "category", "Category", "correlationId", "correlationid",
		"CorrelationId", "callerIpAddress", "calleripaddress", "tenantId", "tenantid", "TenantId", "operationVersion", "AADTenantId",
		"TimeGenerated", "resultType", "time"} {
		if o.Has(name) {
			marks++
		}
	}
	return min(95, marks*20)
}

// Read translates every record of r.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, translate, "records", "value")
}

func translate(o record.Object) (*engine.Event, error) {
	v := view(o)
	t, err := record.Time(v.o.Or("time", "TimeGenerated", "eventTimestamp", "ActivityDateTime", "CreatedDateTime"), nil)
	if err != nil {
		return nil, err
	}
	action := strings.TrimSpace(record.First(v.o.Or("operationName", "operationname", "OperationName"), v.o.Str("operationName", "value"),
		v.props.Or("activityDisplayName", "operationName")))
	if action == "" {
		return nil, errNoOperation
	}
	e := &engine.Event{
		ID:        v.id(),
		Time:      t,
		Actor:     v.actor(),
		Action:    action,
		Operation: v.operation(action),
		Module:    v.module(action),
		Project:   v.project(),
		Resources: v.resources(),
		Source:    v.source(),
	}
	v.setOutcome(e)
	unknown := e.Operation == engine.OpOther && strings.HasSuffix(strings.ToLower(action), "/action")
	e.Write = record.Flag(record.IsWrite(e.Operation) || unknown)
	e.Description = record.Digest(e)
	return e, nil
}

// viewed is a record and the parts of it that the two forms keep in different places: rows keep as JSON in a string what diagnostic
// records keep as an object under properties.
type viewed struct {
	o     record.Object
	props record.Object // properties, or the row itself
	by    record.Object // who began it: of audit records {user} or {app}
}

func view(o record.Object) viewed {
	v := viewed{o: o, props: o.Obj("properties")}
	if v.props.Raw == nil {
		v.props = o
		if inner, err := record.Parse([]byte(o.Str("properties"))); err == nil {
			v.props = inner
		}
	}
	if v.by = v.props.Obj("initiatedBy"); v.by.Raw == nil {
		v.by = embedded(o, "InitiatedBy")
	}
	return v
}

// embedded returns the object at name, also when it is there as text.
func embedded(o record.Object, name string) record.Object {
	if obj := o.Obj(name); obj.Raw != nil {
		return obj
	}
	obj, err := record.Parse([]byte(o.Str(name)))
	if err != nil {
		return record.Object{}
	}
	return obj
}

// id is the record's own where it has one. The correlation ID is no such thing: all records of one request share it.
func (v viewed) id() string {
	if v.isRow() {
		return record.RowID(v.o.Or("Id", "EventDataId"), format, v.o.Raw)
	}
	return record.OwnID(record.First(v.props.Or("id", "AuditEventId", "eventDataId"), v.o.Or("eventDataId", "id")), format, v.o.Raw)
}

func (v viewed) isRow() bool { return v.o.Has("TimeGenerated") }

func (v viewed) source() engine.Source {
	s := engine.Source{Channel: v.o.Or("category", "Category")}
	for _, ip := range []string{v.o.Or("callerIpAddress", "calleripaddress", "CallerIpAddress", "IPAddress", "ipAddress"),
		v.props.Or("ipAddress", "callerIpAddress"), v.by.Str("user", "ipAddress"), v.o.Str("identity", "claims", "ipaddr")} {
		if s.IP = record.IP(ip); s.IP != "" {
			break
		}
	}
	s.UserAgent = record.First(v.props.Or("userAgent", "userAgentHeader"), v.o.Str("UserAgent"))
	for _, d := range v.props.Objs("additionalDetails") {
		if s.UserAgent == "" && d.Str("key") == "User-Agent" {
			s.UserAgent = d.Str("value")
		}
	}
	return s
}

// module is the resource provider (Microsoft.Compute), or the service that logged it.
func (v viewed) module(action string) string {
	if s := v.props.Or("loggedByService", "LoggedByService"); s != "" {
		return s
	}
	if provider, rest, ok := strings.Cut(action, "/"); ok && rest != "" && !strings.Contains(provider, " ") {
		return strings.ToLower(provider) // Azure spells it in every way there is
	}
	if v.props.Has("AuditEventId") {
		return "Microsoft Intune"
	}
	_, after, _ := strings.Cut(strings.ToLower(v.resourceID()), "/providers/")
	provider, _, _ := strings.Cut(after, "/")
	return record.First(provider, v.o.Or("category", "Category"))
}

func (v viewed) resourceID() string {
	return v.o.Or("resourceId", "resourceid", "ResourceId", "_ResourceId")
}

// project is the subscription, or the directory's tenant.
func (v viewed) project() engine.Ref {
	parts := strings.Split(v.resourceID(), "/")
	for i, part := range parts {
		if i+1 < len(parts) && strings.EqualFold(part, "subscriptions") {
			return engine.Ref{ID: parts[i+1]}
		}
	}
	return engine.Ref{ID: v.o.Or("tenantId", "tenantid", "AADTenantId", "TenantId")}
}
