package azure

import (
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// The claims of a token that name a user.
const (
	claimEmail  = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
	claimUPN    = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
	claimObject = "http://schemas.microsoft.com/identity/claims/objectidentifier"
)

// actor looks where each kind of record names who it was: initiatedBy of audit records, Actor of Intune's, the user or service principal of
// a sign-in, the token's claims of an activity, and at last whatever the record calls its caller or identity.
func (v viewed) actor() engine.Actor {
	for _, found := range []func() engine.Actor{v.initiator, v.intune, v.signedIn, v.claims} {
		if a := found(); a != (engine.Actor{}) {
			return a
		}
	}
	return named("", v.o.Or("caller", "Caller", "identity", "Identity"), "", "")
}

// named fills an actor whose login name is an e-mail address as a rule.
func named(id, login, display, kind string) engine.Actor {
	a := engine.Actor{ID: id, Name: record.First(login, display), Email: record.Email(login), Type: kind}
	if _, domain, ok := strings.Cut(a.Email, "@"); ok {
		a.Domain = domain
	}
	if a.ID == "" && a.Name == "" {
		return engine.Actor{}
	}
	return a
}

func (v viewed) initiator() engine.Actor {
	if user := v.by.Obj("user"); user.Raw != nil {
		return named(user.Str("id"), user.Str("userPrincipalName"), user.Str("displayName"), "user")
	}
	app := v.by.Obj("app")
	return named(app.Or("servicePrincipalId", "appId"), app.Or("displayName", "servicePrincipalName"), "", "app")
}

func (v viewed) intune() engine.Actor {
	a := v.props.Obj("Actor")
	if upn := a.Str("UPN"); upn != "" {
		return named(a.Str("ObjectId"), upn, "", "user")
	}
	return named(a.Or("ObjectId", "Application"), a.Str("ApplicationName"), "", "app")
}

func (v viewed) signedIn() engine.Actor {
	if v.props.Has("userPrincipalName") || v.props.Has("UserPrincipalName") {
		return named(v.props.Or("userId", "UserId"), v.props.Or("userPrincipalName", "UserPrincipalName"),
			v.props.Or("userDisplayName", "UserDisplayName"), "user")
	}
	return named(v.props.Or("servicePrincipalId", "ServicePrincipalId"), v.props.Or("servicePrincipalName", "ServicePrincipalName"), "",
		"servicePrincipal")
}

func (v viewed) claims() engine.Actor {
	c := v.o.Obj("identity", "claims")
	if c.Raw == nil {
		c = embedded(v.o, "Claims")
	}
	login := c.Or(claimUPN, claimEmail, "upn", "email", "unique_name")
	if login == "" && record.Email(c.Str("name")) != "" {
		login = c.Str("name")
	}
	kind := "user"
	if login == "" && c.Str("appid") != "" {
		kind = "app"
	}
	return named(c.Or(claimObject, "oid", "appid"), login, record.First(c.Str("name"), c.Str("appid")), kind)
}
