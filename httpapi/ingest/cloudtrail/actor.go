package cloudtrail

import (
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// actor is userIdentity. Whoever took on a role is named role/session, which is what an ARN ends in.
func actor(o record.Object) engine.Actor {
	id := o.Obj("userIdentity")
	a := engine.Actor{
		ID:     record.First(id.Str("arn"), id.Str("principalId"), id.Str("invokedBy")),
		Name:   id.Str("userName"),
		Domain: id.Str("accountId"),
		Type:   id.Str("type"),
	}
	if a.Name == "" {
		a.Name = sessionName(id.Str("arn"))
	}
	switch {
	case a.Name != "":
	case a.Type == "Root":
		a.Name = "root"
	case a.Type != "":
		a.Name = record.First(id.Str("sessionContext", "sessionIssuer", "userName"), id.Str("invokedBy"), id.Str("principalId"))
	case o.Str("eventType") == "AwsServiceEvent":
		a = engine.Actor{ID: o.Str("eventSource"), Name: o.Str("eventSource"), Type: "AWSService"}
	}
	// The last part of a session's name is chosen by whoever opens it; single sign-on puts the e-mail address there.
	if i := strings.LastIndexByte(a.Name, '/'); i >= 0 {
		a.Email = record.Email(a.Name[i+1:])
	} else {
		a.Email = record.Email(a.Name)
	}
	return a
}

// sessionName returns what follows the type of resource in the ARN of a session, federated user or user.
func sessionName(arn string) string {
	for _, kind := range []string{":assumed-role/", ":federated-user/", ":user/"} {
		if _, after, ok := strings.Cut(arn, kind); ok {
			return after
		}
	}
	return ""
}
