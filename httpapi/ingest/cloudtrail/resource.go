package cloudtrail

import (
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// maxResources keeps a record that lists hundreds of instances readable; its details have them all.
const maxResources = 16

// suffixes are the endings of members that name a resource; what is before them says its type.
var suffixes = []string{"Name", "Id", "ID", "Arn", "ARN", "Identifier"}

// notResources end like names of resources and are not.
var notResources = map[string]bool{
	"roleSessionName": true, "clientRequestId": true, "requestId": true, "policySourceArn": true, "eventName": true, "sourceAccountId": true,
	"resourceOwnerId": true, "availabilityZoneId": true,
}

// resources are those that the record lists, else what the parameters of the request and the answer name.
func resources(o record.Object) []engine.Resource {
	var list resourceList
	for _, r := range o.Objs("resources") {
		arn := record.First(r.Str("ARN"), r.Str("arn"))
		list.add(strings.TrimPrefix(r.Str("type"), "AWS::"), arn, arn[strings.LastIndexByte(arn, ':')+1:])
	}
	if len(list.all) == 0 {
		list.parameters(o.Obj("requestParameters"))
		list.parameters(o.Obj("responseElements"))
	}
	return list.all
}

type resourceList struct{ all []engine.Resource }

func (l *resourceList) add(kind, id, name string) {
	if id == "" && name == "" || len(l.all) >= maxResources {
		return
	}
	r := engine.Resource{Type: kind, ID: id, Name: name}
	for _, have := range l.all {
		if have == r {
			return
		}
	}
	l.all = append(l.all, r)
}

// parameters adds the members of o that name a resource: userName, instanceId, instancesSet {items: [{instanceId}]}.
func (l *resourceList) parameters(o record.Object) {
	for _, member := range o.Names() {
		if strings.HasSuffix(member, "Set") {
			for _, item := range o.Objs(member, "items") {
				l.parameters(item)
			}
			continue
		}
		l.named(member, o.Str(member))
	}
	if key := o.Str("key"); key != "" && o.Has("bucketName") {
		l.add("object", o.Str("bucketName")+"/"+key, key)
	}
}

func (l *resourceList) named(member, value string) {
	if notResources[member] {
		return
	}
	for _, suffix := range suffixes {
		kind, ok := strings.CutSuffix(member, suffix)
		switch {
		case !ok || kind == "":
		case suffix == "Name":
			l.add(kind, "", value)
			return
		default:
			l.add(kind, value, "")
			return
		}
	}
}
