package auth

import (
	"slices"
	"strings"

	"annals/engine"
)

var exceptOwn = []string{engine.ReservedTenant}

// Asking returns the tenants whose events a question is about: the caller's, but where they are all of them, without the server's own unless the
// question asks for it. Who looks for what happened is not to find, each time, that they have looked. A caller whose tenants are named has that
// one because it was wanted.
func (c Caller) Asking(where engine.Expr) engine.Tenants {
	if !c.Tenants.Everything() || asksFor(where, engine.ReservedTenant) {
		return c.Tenants
	}
	return engine.Tenants{All: true, Except: exceptOwn}
}

// asksFor reports whether an expression has a tenant: that the tenant's name matches.
func asksFor(e engine.Expr, tenant string) bool {
	any := func(parts []engine.Expr) bool {
		return slices.ContainsFunc(parts, func(part engine.Expr) bool { return asksFor(part, tenant) })
	}
	switch e := e.(type) {
	case engine.And:
		return any(e.Parts)
	case engine.Or:
		return any(e.Parts)
	case engine.Not:
		return asksFor(e.Part, tenant)
	case engine.Field:
		return e.Name == "tenant" && slices.ContainsFunc(e.Values, func(v engine.Value) bool {
			text := engine.FoldValue(v.Text)
			return text == tenant || v.Prefix && strings.HasPrefix(tenant, text)
		})
	}
	return false
}
